/** An RPC request: parameters of the query and of the form are one set, whichever the SDK put where. */
import { queryItems } from '../../lib/signing/percent.ts'
import { collect } from '../body.ts'
import type { RequestHead } from '../product-server.ts'
import { malformedParameters, repeatedParameter } from './rpc-errors.ts'

/** A request of these APIs is a handful of names and at most a policy or two. */
export const RPC_BODY_BYTES_MAX = 256 * 1024

export interface RpcRequest {
  head: RequestHead
  body: Buffer
  /** Decoded. Names have no repeats: which of two was meant, nobody could say. */
  parameters: ReadonlyMap<string, string>
}

/** Throws `ApiError`, `BodyTooLarge` or `BodyCutOff`. */
export async function readRpcRequest(head: RequestHead): Promise<RpcRequest> {
  const body = await collect(head.message, RPC_BODY_BYTES_MAX)
  const type = head.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const form = type === 'application/x-www-form-urlencoded' ? body.toString('utf8') : ''
  const parameters = new Map<string, string>()
  for (const text of [head.rawQuery, form]) {
    const items = queryItems(text, { plusIsSpace: true })
    if (items === undefined) throw malformedParameters()
    for (const { key, value = '' } of items) {
      if (parameters.has(key)) throw repeatedParameter(key)
      parameters.set(key, value)
    }
  }
  return { head, body, parameters }
}

/** ACS3 names operation and version in headers, version 1.0 among the parameters. */
export const actionOf = ({ head, parameters }: RpcRequest): string | undefined =>
  parameters.get('Action') ?? textHeader(head, 'x-acs-action')

export const versionOf = ({ head, parameters }: RpcRequest): string | undefined =>
  parameters.get('Version') ?? textHeader(head, 'x-acs-version')

/** XML is what these APIs answer unless they are asked; SDKs that sign by ACS3 ask by `Accept`. */
export function wantsJson(head: RequestHead, parameters: ReadonlyMap<string, string> | undefined): boolean {
  const format = (
    parameters?.get('Format') ?? new URLSearchParams(head.rawQuery).get('Format')
  )?.toLowerCase()
  if (format) return format === 'json'
  const accept = head.headers.accept ?? ''
  return (
    /\bjson\b/i.test(accept) || (textHeader(head, 'x-acs-action') !== undefined && !/\bxml\b/i.test(accept))
  )
}

export function textHeader({ headers }: RequestHead, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
