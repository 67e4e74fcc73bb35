/** Swagger 2.0 and OpenAPI 3 documents → definitions of APIs, by the vendor's extensions `x-aliyun-apigateway-…` (help page 88956). */
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { invalid } from '../errors.ts'

export interface Described {
  /** As the document has it: `/users/{id}`. */
  path: string
  httpMethod: string
  /** Parameters of CreateApi. */
  parameters: ReadonlyMap<string, string>
}

const EXTENSION = 'x-aliyun-apigateway-'
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const
/** Of one document. */
const APIS_MAX = 200

const member = z.record(z.string(), z.unknown())
const document = z.looseObject({
  swagger: z.union([z.string(), z.number()]).optional(),
  openapi: z.union([z.string(), z.number()]).optional(),
  basePath: z.string().optional(),
  paths: z.record(z.string().startsWith('/'), member),
})
const parameter = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'formData', 'body', 'cookie']),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema: member.optional(),
})
const operation = z.looseObject({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  schemes: z.array(z.string()).optional(),
  parameters: z.array(member).max(200).optional(),
  requestBody: member.optional(),
})

type Operation = z.output<typeof operation>

/** Throws `ApiError`. What of a single API makes no sense is found when its definition is read. */
export function apisIn(text: string): Described[] {
  let value: unknown
  try {
    // JSON is YAML. Aliases could make a small text a large document.
    value = parseYaml(text, { maxAliasCount: 100, logLevel: 'error' })
  } catch (error) {
    throw invalid('Data', error instanceof Error ? error.message.slice(0, 200) : undefined)
  }
  const { paths, basePath = '', ...whole } = shaped(document, value)
  if (!String(whole.swagger ?? whole.openapi ?? '').match(/^[23](\.|$)/))
    throw invalid('Data', 'It is neither Swagger 2.0 nor OpenAPI 3.')
  const base = basePath.replace(/\/$/, '')
  const found = Object.entries(paths).flatMap(([path, item]) => {
    const shared = Array.isArray(item['parameters']) ? item['parameters'] : []
    return Object.entries(item).flatMap(([key, given]): Described[] => {
      const isAny = key === `${EXTENSION}any-method`
      if (!isAny && !(methods as readonly string[]).includes(key)) return []
      const httpMethod = isAny ? 'ANY' : key.toUpperCase()
      const its = shaped(operation, given)
      const described = { ...its, parameters: [...shared, ...(its.parameters ?? [])] }
      return [{ path, httpMethod, parameters: definitionOf(described, httpMethod, base + path) }]
    })
  })
  if (found.length > APIS_MAX) throw invalid('Data', `It has more than ${APIS_MAX} APIs.`)
  return found
}

function shaped<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw invalid('Data', `${issue?.path.map(String).join('.')}: ${issue?.message}`)
}

const extension = (its: Record<string, unknown>, name: string): unknown => its[`${EXTENSION}${name}`]
const inBrackets = (path: string): string => path.replaceAll(/\{([^{}]+)\}/g, '[$1]')

function definitionOf(its: Operation, method: string, path: string): Map<string, string> {
  const all = (its.parameters ?? []).map((each) => shaped(parameter, each))
  const isMapped = extension(its, 'parameter-handling') === 'MAPPING'
  const named = all.filter((each) => each.in !== 'body' && each.in !== 'cookie')
  const fields: Record<string, unknown> = {
    ApiName: nameOf(its, method, path),
    Description: (its.summary ?? its.description ?? '').slice(0, 180),
    Visibility: 'PRIVATE',
    AuthType: extension(its, 'auth-type') ?? 'APP',
    ForceNonceCheck: String(extension(its, 'api-force-nonce-check') ?? false),
    RequestConfig: {
      RequestProtocol: (its.schemes ?? ['http', 'https']).join(',').toUpperCase(),
      RequestHttpMethod: method,
      RequestPath: inBrackets(path),
      RequestMode: isMapped ? 'MAPPING' : 'PASSTHROUGH',
      BodyFormat: all.some((each) => each.in === 'formData') ? 'FORM' : 'STREAM',
    },
    ServiceConfig: serviceOf(extension(its, 'backend'), method),
    RequestParameters: named.map(requestParameter),
    ServiceParameters: isMapped
      ? named.map((each) => ({ ServiceParameterName: backendName(each), Location: backendPlace(each) }))
      : [],
    ServiceParametersMap: isMapped
      ? named.map((each) => ({ ServiceParameterName: backendName(each), RequestParameterName: each.name }))
      : [],
    ConstantParameters: listOf(extension(its, 'constant-parameters')).map((each) => ({
      ServiceParameterName: each['backendName'],
      ConstantValue: each['value'],
      Location: each['location'],
    })),
    SystemParameters: listOf(extension(its, 'system-parameters')).map((each) => ({
      ParameterName: each['systemName'],
      ServiceParameterName: each['backendName'],
      Location: each['location'],
    })),
  }
  return new Map(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

type Parameter = z.output<typeof parameter>

const backendName = (each: Parameter): string => String(extension(each, 'backend-name') ?? each.name)
const backendPlace = (each: Parameter): string => String(extension(each, 'backend-location') ?? each.in)

const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []

/** Its `operationId`, made a name that an API may have; else its method and path. */
function nameOf({ operationId }: Operation, method: string, path: string): string {
  const text = operationId ?? `${method.toLowerCase()}${path}`
  const name = text
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .replace(/_$/, '')
  return name.slice(0, 50).padEnd(4, '_')
}

/** Swagger has the type in the parameter, OpenAPI in its schema. */
function requestParameter(each: Parameter): Record<string, unknown> {
  const schema = { ...each, ...each.schema } as Record<string, unknown>
  return {
    ApiParameterName: each.name,
    Location: each.in === 'formData' ? 'BODY' : each.in,
    ParameterType: typeOf(schema),
    Required: each.required || each.in === 'path' ? 'REQUIRED' : 'OPTIONAL',
    Description: each.description,
    DefaultValue: schema['default'],
    EnumValue: Array.isArray(schema['enum']) ? schema['enum'].join(',') : undefined,
    RegularExpression: schema['pattern'],
    MinValue: schema['minimum'],
    MaxValue: schema['maximum'],
    MinLength: schema['minLength'],
    MaxLength: schema['maxLength'],
  }
}

function typeOf({ type, format }: Record<string, unknown>): string {
  switch (type) {
    case 'integer':
      return format === 'int64' ? 'LONG' : 'INT'
    case 'number':
      return format === 'float' ? 'FLOAT' : 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'array':
      return 'ARRAY'
    case 'file':
      return 'FILE'
    default:
      return 'STRING'
  }
}

/** An API without a backend answers nothing until it is given one. */
function serviceOf(backend: unknown, method: string): Record<string, unknown> {
  const its = (typeof backend === 'object' && backend !== null ? backend : {}) as Record<string, unknown>
  switch (String(its['type'] ?? 'MOCK').toUpperCase()) {
    case 'MOCK':
      return {
        Mock: 'TRUE',
        MockResult: its['mockResult'] ?? '',
        MockStatusCode: its['mockStatusCode'],
        MockHeaders: listOf(its['mockHeaders']).map(({ name, value }) => ({
          HeaderName: name,
          HeaderValue: value,
        })),
      }
    case 'FC':
      return {
        ServiceProtocol: 'FunctionCompute',
        ServiceTimeout: its['timeout'],
        FunctionComputeConfig: {
          FcType: its['fcType'],
          RegionId: its['fcRegion'],
          FcVersion: its['fcVersion'],
          ServiceName: its['serviceName'],
          FunctionName: its['functionName'],
          Qualifier: its['qualifier'],
          FcBaseUrl: its['fcBaseUrl'],
          Path: typeof its['path'] === 'string' ? inBrackets(its['path']) : undefined,
          Method: its['method'],
          OnlyBusinessPath: its['onlyBusinessPath'],
          RoleArn: its['arn'] ?? its['roleArn'],
        },
      }
    case 'HTTP':
      return {
        ServiceProtocol: 'HTTP',
        ServiceAddress: its['address'],
        ServicePath: typeof its['path'] === 'string' ? inBrackets(its['path']) : '',
        ServiceHttpMethod: String(its['method'] ?? method).toUpperCase(),
        ServiceTimeout: its['timeout'],
      }
    default:
      // What it is called is refused by name where the definition is read.
      return { ServiceProtocol: String(its['type']) }
  }
}
