/** The plugin jwtAuth: a token that callers show, and what of its claims the backend is told. */
import type { Clock } from '../../../../lib/clock.ts'
import type { JwtConfig } from '../../../../wire/jwt/jwt-config.ts'
import type { MappedRequest } from '../mapping.ts'
import type { Nonces } from '../nonces.ts'
import { verifiedClaims } from '../open-id.ts'
import { serviceBusy, tokenIdRequired, tokenReplayed, tokenRequired } from '../refusals.ts'
import { type GatewayRequest, headerOf } from '../request.ts'

export interface TokenRule {
  parameter: string
  location: 'header' | 'query'
  keys: JwtConfig
  claims: readonly { claim: string; name: string; location: 'header' | 'query' }[]
  preventsReplay: boolean
  /** A request without a token is let through, as nobody's. */
  bypassesEmpty: boolean
}

type Claims = Readonly<Record<string, unknown>>

/** Its claims; none of a request that needs no token. Throws `ApiError`. */
export async function checkToken(
  rule: TokenRule,
  request: GatewayRequest,
  { clock, nonces }: { clock: Clock; nonces: Nonces },
): Promise<Claims> {
  const given =
    rule.location === 'header'
      ? headerOf(request, rule.parameter.toLowerCase())
      : request.query.get(rule.parameter)
  const token = given?.replace(/^Bearer\s+/i, '').trim()
  if (!token) {
    if (rule.bypassesEmpty) return {}
    throw tokenRequired()
  }
  const claims = await verifiedClaims(token, rule.keys, clock)
  if (rule.preventsReplay) useOnce(claims, { clock, nonces })
  return claims
}

/** A token without an end would have to be remembered for ever: it is, for a day. */
const REMEMBERED_MS = 24 * 3_600_000

function useOnce(claims: Claims, { clock, nonces }: { clock: Clock; nonces: Nonces }): void {
  const { jti, iss, exp } = claims
  if (typeof jti !== 'string' || jti.length > 256) throw tokenIdRequired()
  const nowMs = clock.now()
  const untilMs = typeof exp === 'number' ? exp * 1000 : nowMs + REMEMBERED_MS
  switch (nonces.use(`jti ${JSON.stringify([iss, jti])}`, { nowMs, untilMs })) {
    case 'again':
      throw tokenReplayed()
    case 'full':
      throw serviceBusy()
  }
}

/** In the place of what the client said under those names: a backend must not take that for a claim. */
export function passClaims(rule: TokenRule, claims: Claims, mapped: MappedRequest): void {
  for (const { claim, name, location } of rule.claims) {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    const text =
      value === undefined || value === null
        ? undefined
        : typeof value === 'string'
          ? value
          : JSON.stringify(value)
    if (location === 'query') {
      mapped.query = mapped.query.filter(([each]) => each !== name)
      if (text !== undefined) mapped.query.push([name, text])
    } else {
      mapped.headers = withoutHeader(mapped.headers, name.toLowerCase())
      if (text !== undefined)
        mapped.headers.push(name, Buffer.from(text.replace(/[\0-\x1f\x7f]/g, ' ')).toString('latin1'))
    }
  }
}

function withoutHeader(headers: readonly string[], lowerName: string): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]!.toLowerCase() !== lowerName) kept.push(headers[index]!, headers[index + 1]!)
  return kept
}
