/**
 * InvokeFunction of Function Compute (2023-03-30), signed by ACS3-HMAC-SHA256. By hand, because the official SDK is 5 MB in a
 * thousand models with sixty packages below it, which an order would wait for.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Credentials } from './call-context.ts'

export interface Invocation {
  functionName: string
  payload: string
  /** Beyond it the call is given up; what it did stands. */
  deadlineMs: number
}

export interface InvokerOptions {
  /** `https://1234567890123456.cn-hangzhou.fc.aliyuncs.com` */
  endpoint: string
  credentials: Credentials
}

/** Answers the body. Throws for whatever is no success of the function. */
export async function invokeFunction(
  { functionName, payload, deadlineMs }: Invocation,
  { endpoint, credentials }: InvokerOptions,
): Promise<string> {
  const url = new URL(`/2023-03-30/functions/${encodeURIComponent(functionName)}/invocations`, endpoint)
  const headers: Record<string, string> = {
    host: url.host,
    'content-type': 'application/octet-stream',
    'x-acs-action': 'InvokeFunction',
    'x-acs-version': '2023-03-30',
    'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': sha256(payload),
  }
  if (credentials.securityToken) {
    headers['x-acs-accesskey-id'] = credentials.accessKeyId
    headers['x-acs-security-token'] = credentials.securityToken
  }
  const signedHeaders = Object.keys(headers).sort()
  const canonical = [
    'POST',
    url.pathname,
    '',
    ...signedHeaders.map((name) => `${name}:${headers[name]!.trim()}`),
    '',
    signedHeaders.join(';'),
    sha256(payload),
  ].join('\n')
  const signature = createHmac('sha256', credentials.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex')
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${credentials.accessKeyId},SignedHeaders=${signedHeaders.join(';')},Signature=${signature}`
  headers['content-length'] = String(Buffer.byteLength(payload))

  const { status, body, errorType } = await new Promise<Answer>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(
      url,
      { method: 'POST', headers, signal: AbortSignal.timeout(deadlineMs) },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 500,
            body: Buffer.concat(chunks).toString('utf8'),
            errorType: response.headers['x-fc-error-type'],
          }),
        )
      },
    )
    request.once('error', reject)
    request.end(payload)
  })
  if (status !== 200 || errorType !== undefined)
    throw new Error(`${functionName} answered ${status}: ${body.slice(0, 300)}`)
  return body
}

interface Answer {
  status: number
  body: string
  errorType: string | string[] | undefined
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
