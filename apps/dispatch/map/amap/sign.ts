/**
 * Signature of a request: MD5 of its parameters, sorted by name and joined as `name=value` by `&`, unencoded, followed by the
 * private key; by the official wording. (One client signs the path too; without a key of AMap's that cannot be decided.)
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export function signatureOf(parameters: Iterable<readonly [string, string]>, privateKey: string): string {
  const signed = [...parameters].filter(([name]) => name !== 'sig')
  signed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
  const text = signed.map(([name, value]) => `${name}=${value}`).join('&')
  return createHash('md5')
    .update(text + privateKey)
    .digest('hex')
}

export function isSigned(parameters: URLSearchParams, privateKey: string): boolean {
  const given = Buffer.from((parameters.get('sig') ?? '').toLowerCase())
  const wanted = Buffer.from(signatureOf(parameters, privateKey))
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
