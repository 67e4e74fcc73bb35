/** What plugins say: JSON or YAML, read once and made ready. Names as the vendor's pages on each plugin have them. */
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { InvalidJwtConfig, parseJwtConfig } from '../../../../wire/jwt/jwt-config.ts'
import { invalid, notImplemented } from '../../errors.ts'
import { type PluginRecord, type PluginType, trafficUnits } from '../../records.ts'
import { type AddressRule, addressRule, isAddress } from './addresses.ts'
import type { BackendSignature } from './backend-signature.ts'
import type { CachingRule } from './caching.ts'
import type { CorsRule } from './cors.ts'
import type { TokenRule } from './token.ts'
import { type TrafficRule, trafficRule } from './traffic.ts'

export interface PluginRules {
  ipControl: AddressRule
  trafficControl: TrafficRule
  backendSignature: BackendSignature
  jwtAuth: TokenRule
  cors: CorsRule
  caching: CachingRule
}

/** Of a plugin, as the vendor limits it. */
const DATA_MAX = 50_000
const LIST_MAX = 200

/** With commas between them, or as a list. */
const names = z
  .union([z.string(), z.array(z.union([z.string(), z.number()]))])
  .nullish()
  .transform((value) =>
    (Array.isArray(value) ? value.map(String) : (value ?? '').split(','))
      .map((each) => each.trim())
      .filter((each) => each !== ''),
  )
  .refine((list) => list.length <= LIST_MAX, `more than ${LIST_MAX} items`)
  .refine((list) => list.every((each) => /^[\x21-\x7e]+$/.test(each)), 'not ASCII')
const identifier = z.union([z.string(), z.number()]).transform(String)
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)
const limit = z.number().int().min(1).max(100_000_000)
const place = z.enum(['header', 'query'])

const schemas = {
  ipControl: z.object({
    type: z.enum(['ALLOW', 'REFUSE']),
    items: z
      .array(
        z.object({
          blocks: z.array(z.string().refine(isAddress, 'no address')).max(100),
          appId: identifier.nullish(),
        }),
      )
      .max(100),
  }),
  trafficControl: z.object({
    unit: z.enum(trafficUnits),
    apiDefault: limit,
    userDefault: limit.nullish(),
    appDefault: limit.nullish(),
    specials: z
      .array(
        z.object({
          type: z.enum(['APP', 'USER']),
          policies: z.array(z.object({ key: identifier, value: limit })).max(LIST_MAX),
        }),
      )
      .max(10)
      .nullish(),
  }),
  backendSignature: z.object({
    type: z.literal('APIGW_BACKEND').nullish(),
    key: z.string().min(1).max(64),
    secret: z.string().min(1).max(128),
  }),
  jwtAuth: z.object({
    parameter: z.string().min(1).max(128),
    parameterLocation: place.default('header'),
    claimParameters: z
      .array(
        z.object({
          claimName: z.string().min(1).max(128),
          parameterName: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/),
          location: place.default('query'),
        }),
      )
      .max(16)
      .nullish(),
    preventJtiReplay: flag,
    bypassEmptyToken: flag,
    jwk: z.record(z.string(), z.unknown()).nullish(),
    jwks: z.array(z.record(z.string(), z.unknown())).max(10).nullish(),
  }),
  cors: z.object({
    allowOrigins: names,
    allowMethods: names,
    allowHeaders: names,
    exposeHeaders: names,
    allowCredentials: flag,
    maxAge: z.number().int().min(0).max(31_536_000).default(172_800),
  }),
  caching: z.object({
    varyByApp: flag,
    varyByParameters: names,
    varyByHeaders: names,
    clientCacheControl: z
      .object({ mode: z.enum(['off', 'app', 'all']).default('off'), apps: names })
      .nullish(),
    cacheableHeaders: names,
    duration: z.number().int().min(1).max(172_800),
  }),
} as const

/** What the vendor has and we have not: it would change what the rest means. */
const notBuilt: Partial<Record<PluginType, readonly string[]>> = {
  trafficControl: ['parameters', 'rules', 'limits', 'scope'],
  jwtAuth: ['claimConditions', 'parameters', 'rules'],
  caching: [],
}

/** Made once of each state of a plugin. */
const rules = new WeakMap<PluginRecord, unknown>()

/** Throws `ApiError`. */
export function rulesOf<Type extends PluginType>(plugin: PluginRecord, type: Type): PluginRules[Type] {
  const known = rules.get(plugin) as PluginRules[Type] | undefined
  if (known !== undefined) return known
  const made = readPlugin(type, plugin.data, plugin.id)
  rules.set(plugin, made)
  return made
}

/** Throws `ApiError`. */
export function readPlugin<Type extends PluginType>(type: Type, data: string, id: string): PluginRules[Type] {
  if (data.length > DATA_MAX) throw invalid('PluginData', `It has more than ${DATA_MAX} characters.`)
  let document: unknown
  try {
    // JSON is YAML. Aliases could make a small text a large document.
    document = parseYaml(data, { maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    throw invalid('PluginData', error instanceof Error ? error.message.slice(0, 200) : undefined)
  }
  for (const name of notBuilt[type] ?? [])
    if (typeof document === 'object' && document !== null && name in document)
      throw notImplemented(`'${name}' of a plugin ${type}`)
  const read = schemas[type].safeParse(document)
  if (!read.success) {
    const [issue] = read.error.issues
    throw invalid('PluginData', `${issue?.path.map(String).join('.')}: ${issue?.message}`)
  }
  return makers[type](read.data as never, id) as PluginRules[Type]
}

type Read<Type extends PluginType> = z.output<(typeof schemas)[Type]>

const makers: { [Type in PluginType]: (data: Read<Type>, id: string) => PluginRules[Type] } = {
  ipControl: ({ type, items }) =>
    addressRule(
      type,
      items.map(({ blocks, appId }) => ({ addresses: blocks, appId: appId ?? '' })),
    ),
  trafficControl: ({ specials, userDefault, appDefault, ...data }, id) =>
    trafficRule(id, {
      ...data,
      userDefault: userDefault ?? undefined,
      appDefault: appDefault ?? undefined,
      specials: (specials ?? []).flatMap(({ type, policies }) =>
        policies.map(({ key, value }) => ({ type, key, value })),
      ),
    }),
  backendSignature: ({ key, secret }) => ({ key, secret }),
  jwtAuth: (data) => {
    const keys = data.jwks ?? (data.jwk ? [data.jwk] : [])
    return {
      parameter: data.parameter,
      location: data.parameterLocation,
      keys: jwtKeys(keys),
      claims: (data.claimParameters ?? []).map(({ claimName, parameterName, location }) => ({
        claim: claimName,
        name: parameterName,
        location,
      })),
      preventsReplay: data.preventJtiReplay,
      bypassesEmpty: data.bypassEmptyToken,
    }
  },
  cors: (data) => ({
    allowOrigins: data.allowOrigins.length > 0 ? data.allowOrigins : ['*'],
    allowMethods: data.allowMethods.length > 0 ? data.allowMethods : defaultMethods,
    allowHeaders: data.allowHeaders.length > 0 ? data.allowHeaders : defaultHeaders,
    exposeHeaders: data.exposeHeaders,
    allowCredentials: data.allowCredentials,
    maxAgeS: data.maxAge,
  }),
  caching: (data) => ({
    varyByApp: data.varyByApp,
    varyByParameters: data.varyByParameters,
    varyByHeaders: data.varyByHeaders,
    clientCacheControl: data.clientCacheControl ?? { mode: 'off', apps: [] },
    cacheableHeaders: data.cacheableHeaders.map((name) => name.toLowerCase()),
    durationMs: data.duration * 1000,
  }),
}

function jwtKeys(keys: readonly unknown[]) {
  try {
    return parseJwtConfig({ jwks: { keys }, tokenLookup: 'header:unused' })
  } catch (error) {
    if (error instanceof InvalidJwtConfig) throw invalid('PluginData', error.message)
    throw error
  }
}

const defaultMethods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']
const defaultHeaders = [
  'X-Requested-With',
  'X-Ca-Key',
  'X-Ca-Timestamp',
  'X-Ca-Nonce',
  'X-Ca-Stage',
  'X-Ca-Signature',
  'X-Ca-Signature-Headers',
  'X-Ca-Signature-Method',
  'Authorization',
  'Content-Type',
  'Content-MD5',
  'Accept',
  'Cache-Control',
  'Range',
  'Date',
]
