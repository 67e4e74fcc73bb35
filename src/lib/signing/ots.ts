/**
 * Table Store's signature of a request: version 2 by HMAC-SHA1, version 4 by HMAC-SHA256 with a key for the day and region,
 * which only the SDK for Java sends; the string that is signed, and signing by version 2.
 * Checking a request is in `wire/signatures/ots.ts`; both sides share the canonical form written here.
 */
import { createHmac, hash } from 'node:crypto'
import type { SigningCredentials } from './acs3.ts'

export const OTS_SIGNATURE = 'x-ots-signature'
export const OTS_SIGNATURE_V4 = 'x-ots-signaturev4'
/** Behind what version 4 signs. */
const PRODUCT = 'ots'

export interface OtsRequest {
  method: string
  rawPath: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The headers to send: those that Table Store asks for, and the signature. */
export function signOts(
  { operation, instance, body }: { operation: string; instance: string; body: Uint8Array },
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  nowMs: number,
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-ots-apiversion': '2015-12-31',
    'x-ots-accesskeyid': accessKeyId,
    'x-ots-contentmd5': hash('md5', body, 'base64'),
    'x-ots-date': new Date(nowMs).toISOString(),
    'x-ots-instancename': instance,
    ...(securityToken === undefined ? {} : { 'x-ots-ststoken': securityToken }),
  }
  const signature = otsSignature({ method: 'POST', rawPath: `/${operation}`, headers }, accessKeySecret)
  return { ...headers, [OTS_SIGNATURE]: signature }
}

export const otsSignature = (request: OtsRequest, secret: string): string =>
  createHmac('sha1', secret).update(stringToSign(request), 'latin1').digest('base64')

export const otsV4Signature = (request: OtsRequest, key: string): string =>
  createHmac('sha256', key)
    .update(`${stringToSign(request)}${PRODUCT}`, 'latin1')
    .digest('base64')

/** The text is the key, not the bytes that it encodes: read in the SDK for Java, not compared with the service. */
export function otsV4Key(secret: string, { date, region }: { date: string; region: string }): string {
  const steps = [date, region, PRODUCT, 'aliyun_v4_request']
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  return steps.reduce<string | Buffer>(hmac, `aliyun_v4${secret}`).toString('base64')
}

function stringToSign({ method, rawPath, headers }: OtsRequest): string {
  const lines = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ots-') && name !== OTS_SIGNATURE && name !== OTS_SIGNATURE_V4)
    .map(([name, value]) => `${name}:${String(value).trim()}`)
    .sort()
  return `${rawPath}\n${method}\n\n${lines.join('\n')}\n`
}
