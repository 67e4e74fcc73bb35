/** An RPC API of the vendor as the commands call it: signature version 1.0, refusals as `PlatformRefused`. */
import { signRpc } from '../lib/signing/rpc.ts'
import { CommandFailed, PlatformRefused } from './errors.ts'
import { exchange, wholeBody } from './http.ts'
import type { ProductConnection } from './product.ts'
import type { Terminal } from './terminal.ts'

export type RpcParameters = Readonly<Record<string, string | number | undefined>>

/** Calls one operation; parameters that are undefined are not sent. Throws `PlatformRefused` or `CommandFailed`. */
export type Rpc = <Answer = Record<string, never>>(
  action: string,
  parameters?: RpcParameters,
) => Promise<Answer>

const CALL_TIMEOUT_MS = 60_000

/** `title`: what should be at the endpoint, for the message when something else is. */
export function rpcClient(
  { endpoint, credentials }: Pick<ProductConnection, 'endpoint' | 'credentials'>,
  { version, title }: { version: string; title: string },
  { clock, newNonce, signal }: Terminal,
): Rpc {
  return async <Answer>(action: string, given: RpcParameters = {}) => {
    const parameters = {
      Action: action,
      Version: version,
      Format: 'JSON',
      ...Object.fromEntries(
        Object.entries(given).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)]],
        ),
      ),
    }
    const signed = signRpc({ method: 'POST', parameters }, credentials, {
      nowMs: clock.now(),
      nonce: newNonce(),
    })
    const body = new URLSearchParams(signed).toString()
    const response = await exchange({
      method: 'POST',
      url: new URL('/', endpoint),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      },
      body,
      timeoutMs: CALL_TIMEOUT_MS,
      clock,
      signal,
    })
    const answer = documentOf((await wholeBody(response)).toString())
    const status = response.statusCode ?? 500
    if (!answer) {
      throw new CommandFailed(`${endpoint.origin} did not answer as ${title} does. Is the endpoint right?`)
    }
    if (status < 400) return answer as Answer
    const [Code = `HTTP ${status}`, Message = '', requestId = ''] = [
      answer.Code,
      answer.Message,
      answer.RequestId,
    ]
    throw new PlatformRefused({
      status,
      code: String(Code),
      message: String(Message),
      requestId: String(requestId),
    })
  }
}

function documentOf(body: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(body)
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>
  } catch {
    // What is no JSON is told by the caller, with whose answer it is.
  }
  return undefined
}
