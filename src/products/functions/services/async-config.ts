import { LATEST } from '../names.ts'
import { nameInService, resourceOf, serviceAndFunction } from './names.ts'

/**
 * The config of asynchronous invocations, from and to how API 2023-03-30 writes it. Some SDKs of these APIs write names with
 * a capital letter (`DestinationConfig`), which the vendor reads as well.
 */
export function toAsyncConfig(document: Record<string, unknown>): object {
  const { statefulInvocation, ...config } = withSmallLetters(document) as Record<string, unknown>
  return {
    ...mapDestinations(config, toFunction),
    ...(statefulInvocation === undefined ? {} : { asyncTask: statefulInvocation }),
  }
}

export function fromAsyncConfig(
  { functionArn: _, asyncTask, ...config }: Record<string, unknown>,
  name: string,
  qualifier: string,
): Record<string, unknown> {
  const { serviceName, functionName } = serviceAndFunction(name)
  return {
    service: serviceName,
    function: functionName,
    qualifier,
    ...mapDestinations(config, fromFunction),
    statefulInvocation: asyncTask ?? false,
  }
}

const IN_SERVICE = /^(acs:fc:[^:]*:[^:]*:)services\/([^./]+)(?:\.([^/]+))?\/functions\/([^/]+)$/
const OF_FUNCTION = /^(acs:fc:[^:]*:[^:]*:)functions\/([^/$]+\$[^/]+)(?:\/([^/]+))?$/

const toFunction = (arn: string): string =>
  arn.replace(
    IN_SERVICE,
    (_, start: string, service: string, qualifier: string | undefined, name: string) => {
      const at = qualifier === undefined || qualifier === LATEST ? '' : `/${qualifier}`
      return `${start}functions/${nameInService(service, name)}${at}`
    },
  )

const fromFunction = (arn: string): string =>
  arn.replace(
    OF_FUNCTION,
    (_, start: string, name: string, qualifier = LATEST) => `${start}${resourceOf(name, qualifier)}`,
  )

function mapDestinations(config: Record<string, unknown>, map: (arn: string) => string): object {
  const destinations = config['destinationConfig']
  if (typeof destinations !== 'object' || destinations === null) return config
  const mapped = Object.entries(destinations).map(([outcome, value]) => {
    const arn = (value as { destination?: unknown } | undefined)?.destination
    return [outcome, typeof arn === 'string' ? { destination: map(arn) } : value]
  })
  return { ...config, destinationConfig: Object.fromEntries(mapped) }
}

function withSmallLetters(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 4) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [
      key.slice(0, 1).toLowerCase() + key.slice(1),
      withSmallLetters(below, depth + 1),
    ]),
  )
}
