/** OSS signature V1 of a request without sub-resources, which is all that an upload needs. */
import { createHmac } from 'node:crypto'
import type { SigningCredentials } from '../../lib/signing/acs3.ts'

export interface OssRequest {
  method: string
  bucket: string
  /** Not encoded. */
  object: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
}

/** The headers to send: those of the request and those of the signature. */
export function signOssV1(
  { method, bucket, object, headers }: OssRequest,
  { accessKeyId, accessKeySecret, securityToken }: SigningCredentials,
  nowMs: number,
): Record<string, string> {
  const all: Record<string, string> = { ...headers, date: new Date(nowMs).toUTCString() }
  if (securityToken !== undefined) all['x-oss-security-token'] = securityToken
  const ossHeaders = Object.keys(all)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${all[name]!.trim()}\n`)
    .join('')
  const lines = [method, all['content-md5'] ?? '', all['content-type'] ?? '', all['date']]
  const stringToSign = `${lines.join('\n')}\n${ossHeaders}/${bucket}/${object}`
  const signature = createHmac('sha1', accessKeySecret).update(stringToSign).digest('base64')
  return { ...all, authorization: `OSS ${accessKeyId}:${signature}` }
}
