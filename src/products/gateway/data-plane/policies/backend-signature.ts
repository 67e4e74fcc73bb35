/** How a backend knows that it was the gateway that called (api-gateway-demo-sign-backend-java, `Sign.java`). */
import { createHash, createHmac } from 'node:crypto'
import { headerIn } from '../answer.ts'
import type { BackendRequest } from '../backends/backend-request.ts'

export interface BackendSignature {
  key: string
  secret: string
}

const SIGNED = ['X-Ca-Request-Id']

/** The request with its signature. Fields of a form are signed as those of the query, any other body by its digest. */
export function withBackendSignature(
  request: BackendRequest,
  { key, secret }: BackendSignature,
): BackendRequest {
  const { method, target, headers, body } = request
  const [path = '', query = ''] = target.split('?')
  const isForm = /^application\/x-www-form-urlencoded/i.test(headerIn(headers, 'content-type') ?? '')
  const md5 = body.length === 0 || isForm ? '' : createHash('md5').update(body).digest('base64')
  const lines = SIGNED.map((name) => `${name.toLowerCase()}:${headerIn(headers, name.toLowerCase()) ?? ''}\n`)
  const text = `${method}\n${md5}\n${lines.join('')}${path}${fields(query, isForm ? body.toString() : '')}`
  return {
    ...request,
    headers: [
      ...headers,
      'X-Ca-Proxy-Signature',
      createHmac('sha256', secret).update(text).digest('base64'),
      'X-Ca-Proxy-Signature-Headers',
      SIGNED.join(','),
      'X-Ca-Proxy-Signature-Secret-Key',
      key,
    ],
  }
}

function fields(query: string, form: string): string {
  const values = new Map<string, string>()
  for (const [name, value] of [...new URLSearchParams(query), ...new URLSearchParams(form)])
    if (!values.has(name)) values.set(name, value)
  if (values.size === 0) return ''
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `?${sorted.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&')}`
}

export const signedBy = (signature: BackendSignature | undefined, request: BackendRequest): BackendRequest =>
  signature ? withBackendSignature(request, signature) : request
