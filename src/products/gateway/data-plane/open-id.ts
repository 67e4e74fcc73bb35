/** APIs whose callers show a JWT that an issuer of theirs has signed (AuthType OPENID and APPOPENID). */
import type { Clock } from '../../../lib/clock.ts'
import type { JwtConfig } from '../../../wire/jwt/jwt-config.ts'
import { claimsOf, InvalidToken } from '../../../wire/jwt/jwt-verifier.ts'
import type { ApiDefinition } from '../definition/definition.ts'
import { publicKeysOf } from '../definition/public-keys.ts'
import { invalidToken, tokenRequired } from './refusals.ts'
import { type GatewayRequest, headerOf } from './request.ts'

export interface OpenId {
  /** Header, query or form parameter that has the token. */
  parameterName: string
  keys: JwtConfig
}

/** Undefined: no token is asked for, as by an API that hands tokens out. */
export function openIdOf({ authType, openIdConnectConfig: config }: ApiDefinition): OpenId | undefined {
  const isAsked = (authType === 'OPENID' || authType === 'APPOPENID') && config?.OpenIdApiType === 'BUSINESS'
  if (!isAsked) return undefined
  return { parameterName: config.IdTokenParamName, keys: publicKeysOf(config) }
}

/** Throws `ApiError`. */
export async function checkOpenId(openId: OpenId, request: GatewayRequest, clock: Clock): Promise<void> {
  const { parameterName: name, keys } = openId
  const given = headerOf(request, name.toLowerCase()) ?? request.query.get(name) ?? request.form?.get(name)
  if (!given) throw tokenRequired()
  await verifiedClaims(given.replace(/^Bearer /i, ''), keys, clock)
}

/** Throws `ApiError`. */
export const verifiedClaims = (token: string, keys: JwtConfig, clock: Clock) =>
  claimsOf(token, keys, clock).catch((error: unknown) => {
    if (!(error instanceof InvalidToken)) throw error
    const { cause } = error
    throw invalidToken(cause instanceof Error ? cause.message : 'it is no JWT')
  })
