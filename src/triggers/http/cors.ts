/**
 * Cross-origin requests. A trigger's corsConfig is the platform's to apply: it then answers preflights itself and the
 * function's own `Access-Control-*` headers are not heard. Without one, cross-origin requests are allowed on the
 * functions' own domain, as with the vendor, unless the function answers them itself.
 */
import type { CorsConfig, HttpTrigger } from './needs.ts'

/** A preflight that the platform answers: the headers of that answer. Undefined: the request is the function's. */
export function preflightHeaders(
  { cors, methods }: HttpTrigger,
  request: { method: string; headers: Readonly<Record<string, string | string[] | undefined>> },
): string[] | undefined {
  if (request.method !== 'OPTIONS') return undefined
  const origin = one(request.headers['origin'])
  const method = one(request.headers['access-control-request-method'])
  if (origin === undefined || method === undefined) return undefined
  if (!cors && methods.includes('OPTIONS')) return undefined

  const rules = cors ?? { allowHeaders: ['*'] }
  const headers = originHeaders(rules, origin)
  headers.push('Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
  const allowMethods = (rules.allowMethods ?? methods).map((name) => name.toUpperCase())
  // Without the headers of consent the browser refuses, and says why to whoever looks.
  if (!hasOrigin(headers) || !(allowMethods.includes('*') || allowMethods.includes(method.toUpperCase())))
    return ['Vary', headers.at(-1)!]
  headers.push(
    'Access-Control-Allow-Methods',
    allowMethods.includes('*') ? method.toUpperCase() : allowMethods.join(', '),
  )
  const wanted = one(request.headers['access-control-request-headers'])
  const allowHeaders = rules.allowHeaders ?? []
  // `*` does not stand for Authorization, nor for anything when credentials are sent: name what is wanted.
  if (allowHeaders.includes('*')) {
    if (wanted !== undefined) headers.push('Access-Control-Allow-Headers', wanted)
  } else if (allowHeaders.length > 0) headers.push('Access-Control-Allow-Headers', allowHeaders.join(', '))
  if (rules.maxAgeS !== undefined) headers.push('Access-Control-Max-Age', String(rules.maxAgeS))
  return headers
}

/** The headers that a cross-origin request's answer is given. */
export function originHeaders(cors: CorsConfig | undefined, origin: string): string[] {
  const { allowOrigins = ['*'], allowCredentials = false } = cors ?? {}
  if (!allowOrigins.some((pattern) => matches(pattern, origin))) return []
  // An answer to credentials must name the origin.
  const anyone = allowOrigins.includes('*') && !allowCredentials
  const headers = ['Access-Control-Allow-Origin', anyone ? '*' : origin]
  if (allowCredentials) headers.push('Access-Control-Allow-Credentials', 'true')
  return headers
}

const hasOrigin = (headers: readonly string[]): boolean => headers[0] === 'Access-Control-Allow-Origin'

function matches(pattern: string, origin: string): boolean {
  if (pattern === '*' || pattern === origin) return true
  const star = pattern.indexOf('*')
  if (star < 0) return false
  const before = pattern.slice(0, star)
  const after = pattern.slice(star + 1)
  return origin.length > before.length + after.length && origin.startsWith(before) && origin.endsWith(after)
}

const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined
