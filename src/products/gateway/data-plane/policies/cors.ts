/** The plugin cors: which pages may call an API from a browser. The backend's own words on that are not heard. */
import { originForbidden } from '../refusals.ts'

export interface CorsRule {
  /** `*`, an origin, or a host, with `*.` for all below it. */
  allowOrigins: readonly string[]
  allowMethods: readonly string[]
  allowHeaders: readonly string[]
  exposeHeaders: readonly string[]
  allowCredentials: boolean
  maxAgeS: number
}

/** Of every answer to a request with an Origin. Throws `ApiError` where it is none of those that may. */
export function originHeaders(rule: CorsRule, origin: string, host: string): string[] {
  if (!isAllowed(rule, origin, host)) throw originForbidden(origin.slice(0, 256))
  const anyone = rule.allowOrigins.includes('*') && !rule.allowCredentials
  return [
    'Access-Control-Allow-Origin',
    anyone ? '*' : origin,
    ...(anyone ? [] : ['Vary', 'Origin']),
    ...(rule.allowCredentials ? ['Access-Control-Allow-Credentials', 'true'] : []),
    ...(rule.exposeHeaders.length > 0 ? ['Access-Control-Expose-Headers', rule.exposeHeaders.join(',')] : []),
  ]
}

/** Of the answer to a preflight. Throws `ApiError`. */
export const preflightHeaders = (rule: CorsRule, origin: string, host: string): string[] => [
  ...originHeaders(rule, origin, host),
  'Access-Control-Allow-Methods',
  rule.allowMethods.join(','),
  'Access-Control-Allow-Headers',
  rule.allowHeaders.join(','),
  'Access-Control-Max-Age',
  String(rule.maxAgeS),
]

export const isCorsHeader = (name: string): boolean => /^access-control-/i.test(name)

/** A page of the gateway's own host is of the same origin. */
function isAllowed({ allowOrigins }: CorsRule, origin: string, host: string): boolean {
  const ofOrigin = URL.canParse(origin) ? new URL(origin).host : ''
  if (ofOrigin !== '' && ofOrigin === host) return true
  return allowOrigins.some((each) => {
    if (each === '*' || each === origin || each === ofOrigin) return true
    const [scheme, pattern] = each.includes('://') ? each.split('://') : [undefined, each]
    if (scheme !== undefined && !origin.startsWith(`${scheme}://`)) return false
    return pattern!.startsWith('*.') && ofOrigin.endsWith(pattern!.slice(1))
  })
}
