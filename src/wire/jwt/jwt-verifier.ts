import type { createLocalJWKSet, JWTPayload, JWTVerifyOptions } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import type { JwtConfig } from './jwt-config.ts'

/** Signatures by a private key only: with a public one an attacker could make those of `HS256`. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** The token is not good: signed by none of the keys, expired, not valid yet, or no token at all. */
export class InvalidToken extends Error {
  constructor(cause: unknown) {
    super('the token is not valid', { cause })
    this.name = 'InvalidToken'
  }
}

/** Made once for each configuration, with its keys read, and gone with it. */
const keySets = new WeakMap<JwtConfig, ReturnType<typeof createLocalJWKSet>>()

/** The claims of a token. Rejects with `InvalidToken`. */
export async function claimsOf(token: string, config: JwtConfig, clock: Clock): Promise<JWTPayload> {
  // Only who has such triggers needs it: it would be a twentieth of what a start loads.
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  let keys = keySets.get(config)
  if (!keys) {
    keys = createLocalJWKSet({ keys: [...config.keys] })
    keySets.set(config, keys)
  }
  const options: JWTVerifyOptions = { algorithms, currentDate: new Date(clock.now()) }
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw new InvalidToken(error)
    // Keys without an id: any of them may have signed it.
    let last: unknown = error
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (cause) {
        last = cause
        if (!(cause instanceof errors.JWSSignatureVerificationFailed)) break
      }
    }
    throw new InvalidToken(last)
  }
}
