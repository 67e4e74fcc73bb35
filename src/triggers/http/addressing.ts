/**
 * Which function a request is for: by Host (`hello.fcapp.localhost`, `prod.hello.fcapp.localhost`), or on any other
 * Host by path (`/proxy/hello/…`, `/proxy/hello.prod/…`), for clients that cannot choose a Host. A function of a service
 * has the path of API 2016-08-15: `/2016-08-15/proxy/{service}[.{qualifier}]/{function}/…`.
 */
export interface Address {
  functionName: string
  qualifier: string
  /** Hosts have no case: the name is then as good as any spelling of it. */
  match: 'exact' | 'anyCase'
  /** Path and query as the function sees them, still encoded. */
  target: string
  /** The Host without its port. */
  domainName: string
  /** Of a function of a service: what of the path came before `target`, `/2016-08-15/proxy/s.prod/f`. */
  basePath?: string
}

const servicesPrefix = '/2016-08-15/proxy/'
const proxyPrefix = '/proxy/'
const latest = 'LATEST'

/** Host, without its port and in lower case, and path and query of a request; undefined for `*` and the like. */
export function placeOf(hostHeader: string, url: string): { domainName: string; target: string } | undefined {
  let host = hostHeader
  let target = url
  if (url.charCodeAt(0) !== SLASH) {
    const absolute = /^http:\/\/([^/?#]*)(.*)$/i.exec(url)
    if (!absolute) return undefined
    host = absolute[1]!
    target = absolute[2]!
    if (target.charCodeAt(0) !== SLASH) target = `/${target}`
  }
  return { domainName: withoutPort(host).toLowerCase(), target }
}

/** `undefined`: not addressed to a function. `domain` in lower case: `fcapp.localhost`. */
export function addressOf(hostHeader: string, url: string, domain: string): Address | undefined {
  const place = placeOf(hostHeader, url)
  if (!place) return undefined
  const { domainName, target } = place
  if (isBelow(domainName, domain)) return byHost(domainName, domain, target)
  if (target.startsWith(servicesPrefix)) return byServicePath(domainName, target)
  return target.startsWith(proxyPrefix) ? byPath(domainName, target) : undefined
}

/** Whether a path is one of functions of services. */
export const isServicePath = (url: string): boolean => url.startsWith(servicesPrefix)

const SLASH = 0x2f
const DOT = 0x2e

export const isBelow = (name: string, domain: string): boolean =>
  name.length > domain.length + 1 &&
  name.endsWith(domain) &&
  name.charCodeAt(name.length - domain.length - 1) === DOT

function byHost(domainName: string, domain: string, target: string): Address | undefined {
  const labels = domainName.slice(0, -domain.length - 1)
  const dot = labels.indexOf('.')
  const functionName = dot < 0 ? labels : labels.slice(dot + 1)
  const qualifier = dot < 0 ? latest : labels.slice(0, dot)
  if (functionName === '' || qualifier === '' || functionName.includes('.')) return undefined
  return { functionName, qualifier: qualifierOf(qualifier), match: 'anyCase', target, domainName }
}

function byPath(domainName: string, target: string): Address | undefined {
  let end = proxyPrefix.length
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end++
  const name = target.slice(proxyPrefix.length, end)
  const rest = target.slice(end)
  const dot = name.indexOf('.')
  const functionName = dot < 0 ? name : name.slice(0, dot)
  const qualifier = dot < 0 ? latest : name.slice(dot + 1)
  if (functionName === '' || qualifier === '') return undefined
  return {
    functionName,
    qualifier: qualifierOf(qualifier),
    match: 'exact',
    target: rest.charCodeAt(0) === SLASH ? rest : `/${rest}`,
    domainName,
  }
}

const servicePath = /^\/2016-08-15\/proxy\/([^./?]+)(?:\.([^/?]+))?\/([^/?]+)(.*)$/s

function byServicePath(domainName: string, target: string): Address | undefined {
  const match = servicePath.exec(target)
  if (!match) return undefined
  const [, serviceName, qualifier = latest, functionName, rest = ''] = match
  return {
    functionName: `${serviceName}$${functionName}`,
    qualifier: qualifierOf(qualifier),
    match: 'exact',
    target: rest.charCodeAt(0) === SLASH ? rest : `/${rest}`,
    domainName,
    basePath: target.slice(0, target.length - rest.length),
  }
}

/** No alias may be called LATEST, in whatever case. */
const qualifierOf = (text: string): string => (text.toUpperCase() === latest ? latest : text)

/** `[::1]:8080`, `host:8080`, `host.` → the name alone. */
function withoutPort(host: string): string {
  const colon = host.startsWith('[') ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':')
  const name = colon < 0 ? host : host.slice(0, colon)
  return name.endsWith('.') ? name.slice(0, -1) : name
}
