import { z } from 'zod'
import { InvalidJwtConfig, type JwtConfig, parseJwtConfig } from '../../wire/jwt/jwt-config.ts'
import { invalidArgument, notImplemented } from './errors.ts'
import { withoutNulls } from './function-spec.ts'
import { isEmpty } from './not-built.ts'

export const httpMethods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'] as const
export type HttpMethod = (typeof httpMethods)[number]

/** What the edge needs to know of the HTTP trigger of one qualifier. */
export interface HttpTriggerSettings {
  accountId: string
  functionName: string
  qualifier: string
  triggerName: string
  triggerId: string
  authType: 'anonymous' | 'function' | 'jwt'
  jwt?: JwtConfig
  /** Those that are let through. */
  methods: readonly HttpMethod[]
  /** The public URL answers 403. */
  disableUrlInternet: boolean
  cors?: CorsSettings
}

/** Where an HTTP trigger is reached. */
export interface HttpTriggerUrls {
  urlInternet: string
  urlIntranet: string
}

export interface CorsSettings {
  allowOrigins: readonly string[]
  allowMethods: readonly string[]
  allowHeaders: readonly string[]
  exposeHeaders: readonly string[]
  allowCredentials: boolean
  maxAgeS?: number
}

const strings = z.array(z.string().min(1).max(256)).max(100)
/** Of HTTP triggers and of custom domains. */
export const corsConfig = z.object({
  allowOrigins: strings.optional(),
  allowMethods: strings.optional(),
  allowHeaders: strings.optional(),
  exposeHeaders: strings.optional(),
  allowCredentials: z.boolean().optional(),
  maxAge: z.int().min(0).max(86_400).optional(),
})
const httpTriggerConfig = z.preprocess(
  withoutNulls,
  z.looseObject({
    authType: z.string().optional(),
    authConfig: z.unknown().optional(),
    methods: z.array(z.string()).optional(),
    disableURLInternet: z.boolean().optional(),
    corsConfig: corsConfig.optional(),
  }),
)

const knownFields = new Set(['authType', 'authConfig', 'methods', 'disableURLInternet', 'corsConfig'])

export interface HttpTriggerConfig {
  settings: Pick<HttpTriggerSettings, 'authType' | 'jwt' | 'methods' | 'disableUrlInternet' | 'cors'>
  /** The `triggerConfig` that is answered. */
  text: string
}

/** Reads the `triggerConfig` of an HTTP trigger: a JSON document in a string. Throws `ApiError`. */
export function parseHttpTriggerConfig(triggerConfig: string): HttpTriggerConfig {
  let document: unknown
  try {
    document = triggerConfig.trim() === '' ? {} : JSON.parse(triggerConfig)
  } catch {
    throw invalidArgument('TriggerConfig is not a JSON document')
  }
  const read = httpTriggerConfig.safeParse(document)
  if (!read.success) {
    const [issue] = read.error.issues
    throw invalidArgument(
      `TriggerConfig is set to an invalid value: ${issue?.path.join('.')}: ${issue?.message}`,
    )
  }
  const config = read.data
  for (const [field, value] of Object.entries(config)) {
    if (!knownFields.has(field) && !isEmpty(value)) throw notImplemented(`the field 'triggerConfig.${field}'`)
  }
  const auth = authOf(config.authType || 'function', config.authConfig)
  const methods = config.methods && config.methods.length > 0 ? config.methods.map(methodOf) : httpMethods
  const disableUrlInternet = config.disableURLInternet ?? false
  const { corsConfig: cors } = config
  return {
    settings: {
      ...auth,
      methods: [...new Set(methods)],
      disableUrlInternet,
      ...(isEmpty(cors) || !cors
        ? {}
        : {
            cors: {
              allowOrigins: cors.allowOrigins ?? [],
              allowMethods: cors.allowMethods ?? [],
              allowHeaders: cors.allowHeaders ?? [],
              exposeHeaders: cors.exposeHeaders ?? [],
              allowCredentials: cors.allowCredentials ?? false,
              ...(cors.maxAge === undefined ? {} : { maxAgeS: cors.maxAge }),
            },
          }),
    },
    text: JSON.stringify({
      ...config,
      authType: auth.authType,
      disableURLInternet: disableUrlInternet,
      methods,
    }),
  }
}

/** Also of a custom domain. Throws `ApiError`. */
export function authOf(authType: string, authConfig: unknown): Pick<HttpTriggerSettings, 'authType' | 'jwt'> {
  if (authType === 'jwt') {
    try {
      return { authType, jwt: parseJwtConfig(authConfig) }
    } catch (error) {
      if (!(error instanceof InvalidJwtConfig)) throw error
      throw invalidArgument(`authConfig is set to an invalid value: ${error.message}`)
    }
  }
  if (authType !== 'anonymous' && authType !== 'function') {
    throw invalidArgument(
      `authType is set to an invalid value (allowed: anonymous, function, jwt; actual: '${authType}')`,
    )
  }
  if (!isEmpty(authConfig) && authConfig !== '{}' && authConfig !== 'null') {
    throw invalidArgument(`authConfig must be empty for authType '${authType}'`)
  }
  return { authType }
}

function methodOf(method: string): HttpMethod {
  const found = httpMethods.find((known) => known === method.toUpperCase())
  if (!found) throw invalidArgument(`methods is set to an invalid value (actual: '${method}')`)
  return found
}
