/**
 * Signature version 1.0 of the vendor's RPC APIs (HMAC-SHA1): parameters in the query, in a form, or in both.
 * Checking a request is in `wire/rpc/rpc-authentication.ts`; both sides share the canonical form written here.
 */
import { createHmac } from 'node:crypto'
import type { SigningCredentials } from './acs3.ts'
import { encodeRfc3986 } from './percent.ts'

/** The string that is signed: of all parameters but `Signature`. */
export function rpcStringToSign(method: string, parameters: Iterable<readonly [string, string]>): string {
  const items = [...parameters]
    .filter(([name]) => name !== 'Signature')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
  return `${method}&%2F&${encodeRfc3986(items.join('&'))}`
}

export const rpcSignature = (accessKeySecret: string, stringToSign: string): string =>
  createHmac('sha1', `${accessKeySecret}&`).update(stringToSign).digest('base64')

/** The parameters to send: those of the API and those of the signature. */
export function signRpc(
  { method, parameters }: { method: string; parameters: Readonly<Record<string, string>> },
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  { nowMs, nonce }: { nowMs: number; nonce: string },
): Record<string, string> {
  const all: Record<string, string> = {
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: nonce,
    Timestamp: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    AccessKeyId: accessKeyId,
    ...(securityToken === undefined ? {} : { SecurityToken: securityToken }),
    ...parameters,
  }
  const stringToSign = rpcStringToSign(method, Object.entries(all))
  return { ...all, Signature: rpcSignature(accessKeySecret, stringToSign) }
}
