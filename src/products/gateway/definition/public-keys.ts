import { type JwtConfig, parseJwtConfig } from '../../../wire/jwt/jwt-config.ts'

/** The public key is a JWK in a JSON text; its id may be given beside it. Throws `InvalidJwtConfig`. */
export function publicKeysOf({
  PublicKey,
  PublicKeyId,
}: {
  PublicKey: string
  PublicKeyId: string
}): JwtConfig {
  let key: unknown
  try {
    key = JSON.parse(PublicKey)
  } catch {
    // It is refused as any other text that is no key.
  }
  const jwk = typeof key === 'object' && key !== null ? key : {}
  return parseJwtConfig({
    jwks: { keys: [{ ...(PublicKeyId === '' ? {} : { kid: PublicKeyId }), ...jwk }] },
    tokenLookup: 'header:unused',
  })
}
