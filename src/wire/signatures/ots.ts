/** Checks Table Store's signatures of a request (what is signed: `lib/signing/ots.ts`), and signs the answer, without which SDKs take no answer at all. */
import { createHmac } from 'node:crypto'
import { constantTimeEqual } from '../../lib/checksums.ts'
import {
  OTS_SIGNATURE,
  OTS_SIGNATURE_V4,
  otsSignature,
  otsV4Key,
  otsV4Signature,
} from '../../lib/signing/ots.ts'
import { headerOf, type SignedRequest } from './compare.ts'

/** What an answer is signed with: the secret, or the key that version 4 derived from it, as text. */
export interface OtsSigner {
  accessKeyId: string
  key: string
}

/** The signer of the answer when the request is signed with this secret, else undefined. */
export function verifyOts(request: SignedRequest, secret: string): OtsSigner | undefined {
  const accessKeyId = headerOf(request, 'x-ots-accesskeyid') ?? ''
  const v4 = headerOf(request, OTS_SIGNATURE_V4)
  if (v4 !== undefined) {
    const date = headerOf(request, 'x-ots-signdate') ?? ''
    const key = otsV4Key(secret, { date, region: headerOf(request, 'x-ots-signregion') ?? '' })
    return constantTimeEqual(v4, otsV4Signature(request, key)) ? { accessKeyId, key } : undefined
  }
  const given = headerOf(request, OTS_SIGNATURE) ?? ''
  return constantTimeEqual(given, otsSignature(request, secret)) ? { accessKeyId, key: secret } : undefined
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
