import { createHmac, timingSafeEqual } from 'node:crypto'
import type { CodeReference } from '../../ports/invocation.ts'
import { accessDenied } from './errors.ts'

const VALID_FOR_S = 3600

/** Under this path a link alone is enough: no signature of the request is asked for. */
export const codeUrlPath = '/hanshu/code/'

/** A link to a package that anyone who has it can fetch for an hour, as the vendor's signed links to Object Storage. */
export function codeUrl(
  code: CodeReference,
  { baseUrl, secret, nowMs }: { baseUrl: string; secret: Uint8Array; nowMs: number },
): string {
  const facts = [code.blobId, code.sizeBytes, code.crc64, Math.floor(nowMs / 1000) + VALID_FOR_S]
  const payload = Buffer.from(JSON.stringify(facts)).toString('base64url')
  return `${baseUrl}${codeUrlPath}${payload}.${signature(payload, secret)}`
}

/** The package that a link is for. Throws `AccessDenied` for a link that is forged or too old. */
export function codeOfToken(
  token: string,
  { secret, nowMs }: { secret: Uint8Array; nowMs: number },
): CodeReference {
  const [payload = '', given = ''] = token.split('.')
  const expected = Buffer.from(signature(payload, secret))
  const actual = Buffer.from(given)
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    throw accessDenied('the link to the code package is not valid')
  }
  const [blobId, sizeBytes, crc64, expiresS] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
    string,
    number,
    string,
    number,
  ]
  if (nowMs / 1000 > expiresS) throw accessDenied('the link to the code package has expired')
  return { blobId, sizeBytes, crc64 }
}

const signature = (payload: string, secret: Uint8Array): string =>
  createHmac('sha256', secret).update(`code package link\n${payload}`).digest('base64url')
