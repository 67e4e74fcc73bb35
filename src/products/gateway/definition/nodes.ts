/**
 * The JSON nodes that an API is defined by, in the vendor's spelling (help pages 43985 to 43994, read in November 2026).
 * Clients spell names in different cases (`FcType`, `fcType`): they are compared without it.
 */
import { z } from 'zod'

/** Some clients send `""` where they mean nothing. */
const text = (max: number) =>
  z
    .union([z.string().max(max), z.number().transform(String), z.boolean().transform(String)])
    .nullish()
    .transform((value) => value ?? '')
const upper = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  fallback: Values[number],
) =>
  z
    .string()
    .nullish()
    .transform((value) => (value ? value.toUpperCase() : fallback))
    .pipe(z.enum(values))
const integer = (min: number, max: number, fallback: number) =>
  z.preprocess(
    (value) => (value === null || value === '' ? undefined : value),
    z.coerce.number().int().min(min).max(max).default(fallback),
  )
const bound = z.preprocess(
  (value) => (value === null || value === '' ? undefined : value),
  z.coerce.number().optional(),
)
const flag = z
  .union([z.boolean(), z.string()])
  .nullish()
  .transform((value) => String(value ?? '').toLowerCase() === 'true')

export const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'ANY'] as const
const locations = ['HEAD', 'QUERY', 'PATH', 'BODY'] as const
export type Location = (typeof locations)[number]
export const parameterTypes = [
  'STRING',
  'INT',
  'INTEGER',
  'LONG',
  'FLOAT',
  'DOUBLE',
  'BOOLEAN',
  'ARRAY',
  'FILE',
] as const

/** A place of a parameter; its older names are read, too. */
const location = z
  .string()
  .transform((value) => ({ HEADER: 'HEAD', FORMDATA: 'BODY' })[value.toUpperCase()] ?? value.toUpperCase())
  .pipe(z.enum(locations))
/** A name that can stand in a path, a query or a header. */
const name = z.string().regex(/^[^\s[\]{}/?#&=:]{1,200}$/)

export const requestConfig = z.object({
  RequestProtocol: z
    .string()
    .nullish()
    .transform((value) => (value || 'HTTP').toUpperCase().replaceAll(' ', '')),
  RequestHttpMethod: upper(methods, 'GET'),
  RequestPath: z.string().max(1024),
  RequestMode: upper(['MAPPING', 'PASSTHROUGH', 'MAPPING_PASSTHROUGH'], 'MAPPING'),
  BodyFormat: upper(['FORM', 'STREAM'], 'FORM'),
  PostBodyDescription: text(1000),
  BodyModel: text(1000),
  EscapePathParam: flag,
})

export const functionConfig = z.object({
  FcType: z
    .string()
    .nullish()
    .transform((value) => (/^httptrigger$/i.test(value ?? '') ? 'HttpTrigger' : value || 'FCEvent'))
    .pipe(z.enum(['FCEvent', 'HttpTrigger'])),
  FcVersion: text(10),
  RegionId: text(60),
  ServiceName: text(128),
  FunctionName: text(128),
  Qualifier: text(128),
  FcBaseUrl: text(1024),
  TriggerName: text(128),
  Path: text(1024),
  Method: text(10).transform((value) => value.toUpperCase()),
  OnlyBusinessPath: flag,
  RoleArn: text(256),
  ContentTypeCatagory: text(10),
  ContentTypeValue: text(256),
})

export const serviceConfig = z.object({
  ServiceProtocol: z
    .string()
    .nullish()
    .transform((value) => (value || 'HTTP').toUpperCase()),
  ServiceAddress: text(1024),
  ServicePath: text(1024),
  ServiceHttpMethod: z
    .string()
    .nullish()
    .transform((value) => (value ?? '').toUpperCase())
    .pipe(z.enum(['', ...methods])),
  /** Milliseconds. */
  ServiceTimeout: integer(1, 60_000, 10_000),
  ServiceVpcEnable: flag,
  ContentTypeCatagory: text(10).transform((value) => value.toUpperCase()),
  ContentTypeValue: text(256),
  Mock: flag,
  MockResult: text(65_536),
  MockStatusCode: integer(200, 599, 200),
  MockHeaders: z
    .array(z.object({ HeaderName: name, HeaderValue: text(4096) }))
    .max(50)
    .nullish()
    .transform((list) => list ?? []),
  FunctionComputeConfig: functionConfig.nullish(),
})

export const requestParameter = z.object({
  ApiParameterName: name,
  Location: location,
  ParameterType: upper(parameterTypes, 'STRING'),
  Required: upper(['REQUIRED', 'OPTIONAL'], 'OPTIONAL'),
  DefaultValue: text(4096),
  DemoValue: text(4096),
  MaxValue: bound,
  MinValue: bound,
  MaxLength: bound,
  MinLength: bound,
  RegularExpression: text(1024),
  JsonScheme: text(4096),
  EnumValue: text(4096),
  ArrayItemsType: text(20),
  DocShow: text(10),
  DocOrder: integer(-1_000_000, 1_000_000, 0),
  Description: text(1000),
})

export const serviceParameter = z.object({
  ServiceParameterName: name,
  Location: location,
  ParameterType: upper(parameterTypes, 'STRING'),
})

export const serviceParameterMap = z.object({ ServiceParameterName: name, RequestParameterName: name })

export const constantParameter = z.object({
  ServiceParameterName: name,
  ConstantValue: text(4096),
  Location: location,
  Description: text(1000),
})

export const systemParameterNames = [
  'CaClientIp',
  'CaDomain',
  'CaRequestHandleTime',
  'CaAppId',
  'CaAppKey',
  'CaRequestId',
  'CaHttpSchema',
  'CaProxy',
  'CaApiName',
  'CaClientUa',
  'CaStage',
] as const

export const systemParameter = z.object({
  ParameterName: z.enum(systemParameterNames),
  ServiceParameterName: name,
  Location: location,
  DemoValue: text(4096),
  Description: text(1000),
})

export const errorCodeSample = z.object({
  Code: text(256),
  Message: text(1000),
  Description: text(1000),
  Model: text(256),
})

export const openIdConnectConfig = z.object({
  OpenIdApiType: z
    .string()
    .nullish()
    .transform((value) => (value || 'BUSINESS').toUpperCase())
    .pipe(z.enum(['IDTOKEN', 'BUSINESS'])),
  IdTokenParamName: text(200),
  PublicKeyId: text(256),
  PublicKey: text(8192),
})

/** What a node is called where the reference calls it differently from what it shows. */
const aliases: Readonly<Record<string, string>> = {
  fcregionid: 'regionid',
  contenttypecategory: 'contenttypecatagory',
}

/** Names as the schema has them, whatever case they were written in. Unknown ones are left out. */
export function canonical(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrapped(schema)
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => canonical(inner.element as z.ZodType, item))
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value))
    return value
  const given = new Map(
    Object.entries(value).map(([key, member]) => {
      const lower = key.toLowerCase()
      return [aliases[lower] ?? lower, member]
    }),
  )
  return Object.fromEntries(
    Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, member]) => {
      const found = given.get(key.toLowerCase())
      return found === undefined ? [] : [[key, canonical(member, found)]]
    }),
  )
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrapped(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType)
  return schema
}
