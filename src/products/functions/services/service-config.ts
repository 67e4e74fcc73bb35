import { z } from 'zod'
import { notImplemented } from '../errors.ts'
import { checkRole } from '../function-config.ts'
import { logConfig, tracingConfig, withoutNulls } from '../function-spec.ts'
import { checkDescription } from '../names.ts'
import { isEmpty, refuseWhatIsNotBuilt } from '../not-built.ts'

/** What a service says for all of its functions. In API 2023-03-30 each function says it for itself. */
export interface ServiceConfig {
  description: string
  role: string
  internetAccess: boolean
  logConfig?: z.output<typeof logConfig>
  tracingConfig?: z.output<typeof tracingConfig>
  /** Empty forms of what is not built, or what API 2023-03-30 takes for a function. */
  asGiven: Record<string, unknown>
}

const asGiven = ['vpcConfig', 'nasConfig', 'ossMountConfig'] as const

const shape = z.looseObject({
  serviceName: z.string().optional(),
  description: z.string().optional(),
  role: z.string().optional(),
  internetAccess: z.boolean().optional(),
  logConfig: logConfig.optional(),
  tracingConfig: tracingConfig.optional(),
  vpcConfig: z.unknown().optional(),
  nasConfig: z.unknown().optional(),
  ossMountConfig: z.unknown().optional(),
})

export const serviceSpec = z.preprocess(withoutNulls, shape)
export type ServiceSpec = z.output<typeof shape>

const known: ReadonlySet<string> = new Set(Object.keys(shape.shape))
/** Fields of an answer that clients send back when they edit what they read. */
const answerOnly: ReadonlySet<string> = new Set(['serviceId', 'createdTime', 'lastModifiedTime', 'tags'])

/** The configuration that a specification asks for, on top of what there is. Throws `ApiError`. */
export function serviceConfigFrom(spec: ServiceSpec, base?: ServiceConfig): ServiceConfig {
  for (const [field, value] of Object.entries(spec)) {
    if (!known.has(field) && !answerOnly.has(field) && !isEmpty(value)) {
      throw notImplemented(`the field '${field}'`)
    }
  }
  const given: Record<string, unknown> = {}
  for (const field of asGiven) if (spec[field] !== undefined) given[field] = spec[field]
  refuseWhatIsNotBuilt(given)
  const config: ServiceConfig = {
    description: spec.description ?? base?.description ?? '',
    role: spec.role ?? base?.role ?? '',
    internetAccess: spec.internetAccess ?? base?.internetAccess ?? true,
    ...optional('logConfig', spec.logConfig ?? base?.logConfig),
    ...optional('tracingConfig', spec.tracingConfig ?? base?.tracingConfig),
    asGiven: { ...base?.asGiven, ...given },
  }
  checkDescription(config.description)
  checkRole(config.role)
  return config
}

const optional = (name: string, value: unknown): object => (value === undefined ? {} : { [name]: value })

/** The part that functions take over: fields of a specification of API 2023-03-30. */
export const forFunctions = ({ description: _, asGiven, ...config }: ServiceConfig): object => ({
  ...config,
  ...asGiven,
})
