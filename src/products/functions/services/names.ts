import { invalidArgument } from '../errors.ts'
import { LATEST } from '../names.ts'

const SERVICE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/

/**
 * The function `f` of the service `s` is the function `s$f` of everything else: records, compute, logs. API 2023-03-30
 * names it so too (ListFunctions with `fcVersion=v2`), and no function of that API can have a `$` in its name.
 */
export const nameInService = (serviceName: string, functionName: string): string =>
  `${serviceName}$${functionName}`

export const isInService = (functionName: string): boolean => functionName.includes('$')

/** `s$f` → `s` and `f`. */
export function serviceAndFunction(name: string): { serviceName: string; functionName: string } {
  const dollar = name.indexOf('$')
  return { serviceName: name.slice(0, dollar), functionName: name.slice(dollar + 1) }
}

export function checkServiceName(serviceName: string): void {
  if (SERVICE_NAME.test(serviceName)) return
  throw invalidArgument(
    'ServiceName is set to an invalid value: it must be 1 to 128 characters in length, contain only letters, digits, ' +
      `underscores and hyphens, and not begin with a digit or a hyphen (actual: '${serviceName.slice(0, 160)}')`,
  )
}

export interface Located {
  serviceName: string
  qualifier: string
}

/** API 2016-08-15 writes the qualifier behind the service (`s.prod`), 2021-04-06 into the query; either may do either. */
export function locate(path: string, query: URLSearchParams): Located {
  const dot = path.indexOf('.')
  const serviceName = dot < 0 ? path : path.slice(0, dot)
  const qualifier = (dot < 0 ? query.get('qualifier') : path.slice(dot + 1)) || LATEST
  return { serviceName, qualifier }
}

/** Where something is changed: that is always LATEST. Throws `InvalidArgument` for a version or an alias. */
export function locateLatest(path: string): string {
  const { serviceName, qualifier } = locate(path, new URLSearchParams())
  if (qualifier !== LATEST) {
    throw invalidArgument(`qualifier '${qualifier}' of service '${serviceName}' cannot be changed`)
  }
  return serviceName
}

export const serviceArn = (region: string, accountId: string, serviceName: string): string =>
  `acs:fc:${region}:${accountId}:services/${serviceName}`

/** `services/s.LATEST/functions/f` */
export const resourceOf = (name: string, qualifier: string): string => {
  const { serviceName, functionName } = serviceAndFunction(name)
  return `services/${serviceName}.${qualifier}/functions/${functionName}`
}

/** Where the HTTP trigger of a function of a service is reached, on the endpoint of the API. */
export function servicePath(name: string, qualifier: string): string {
  const { serviceName, functionName } = serviceAndFunction(name)
  return `/2016-08-15/proxy/${serviceName}${qualifier === LATEST ? '' : `.${qualifier}`}/${functionName}/`
}
