/**
 * Table Store's signatures: of a request (version 2 by HMAC-SHA1, version 4 by HMAC-SHA256 with a key for the day and
 * region, which only the SDK for Java sends), and of the answer, without which SDKs take no answer at all.
 */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import { headerOf, type SignedRequest } from './compare.ts'

const SIGNATURE = 'x-ots-signature'
const SIGNATURE_V4 = 'x-ots-signaturev4'
/** Behind what version 4 signs. */
const PRODUCT = 'ots'

/** What an answer is signed with: the secret, or the key that version 4 derived from it, as text. */
export interface OtsSigner {
  accessKeyId: string
  key: string
}

/** The signer of the answer when the request is signed with this secret, else undefined. */
export function verifyOts(request: SignedRequest, secret: string): OtsSigner | undefined {
  const accessKeyId = headerOf(request, 'x-ots-accesskeyid') ?? ''
  const v4 = headerOf(request, SIGNATURE_V4)
  if (v4 !== undefined) {
    const date = headerOf(request, 'x-ots-signdate') ?? ''
    const key = otsV4Key(secret, { date, region: headerOf(request, 'x-ots-signregion') ?? '' })
    return constantTimeEqual(v4, otsV4Signature(request, key)) ? { accessKeyId, key } : undefined
  }
  const given = headerOf(request, SIGNATURE) ?? ''
  return constantTimeEqual(given, otsSignature(request, secret)) ? { accessKeyId, key: secret } : undefined
}

export const otsSignature = (request: SignedRequest, secret: string): string =>
  createHmac('sha1', secret).update(stringToSign(request), 'latin1').digest('base64')

export const otsV4Signature = (request: SignedRequest, key: string): string =>
  createHmac('sha256', key)
    .update(`${stringToSign(request)}${PRODUCT}`, 'latin1')
    .digest('base64')

/** The text is the key, not the bytes that it encodes: read in the SDK for Java, not compared with the service. */
export function otsV4Key(secret: string, { date, region }: { date: string; region: string }): string {
  const steps = [date, region, PRODUCT, 'aliyun_v4_request']
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  return steps.reduce<string | Buffer>(hmac, `aliyun_v4${secret}`).toString('base64')
}

function stringToSign({ method, rawPath, headers }: SignedRequest): string {
  const lines = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ots-') && name !== SIGNATURE && name !== SIGNATURE_V4)
    .map(([name, value]) => `${name}:${String(value).trim()}`)
    .sort()
  return `${rawPath}\n${method}\n\n${lines.join('\n')}\n`
}

/** The Authorization of an answer. `headers`: all of it that begin with `x-ots-`. */
export function otsAuthorization(
  headers: Readonly<Record<string, string>>,
  rawPath: string,
  { accessKeyId, key }: OtsSigner,
): string {
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .sort()
  const signature = createHmac('sha1', key)
    .update(`${lines.join('')}${rawPath}`)
    .digest('base64')
  return `OTS ${accessKeyId}:${signature}`
}
