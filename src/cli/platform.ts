/** The Function Compute API as the commands call it: signed requests, refusals as `PlatformRefused`. */
import type { IncomingMessage } from 'node:http'
import { signAcs3 } from '../lib/signing/acs3.ts'
import { signFc } from '../lib/signing/fc.ts'
import type { Arguments } from './command.ts'
import { type Connection, findConnection } from './connection.ts'
import { PlatformRefused } from './errors.ts'
import { exchange, wholeBody } from './http.ts'
import type { Terminal } from './terminal.ts'

export interface ApiCall {
  /** Name of the operation, for `x-acs-action`. */
  action: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Readonly<Record<string, string | undefined>>
  headers?: Readonly<Record<string, string>>
  body?: unknown
  timeoutMs?: number
}

export interface Platform extends Connection {
  /** The answer to a JSON call. A refusal throws `PlatformRefused`. */
  call<Answer>(call: ApiCall): Promise<Answer>
  /** As `call`, but undefined for a refusal with status 404. */
  find<Answer>(call: ApiCall): Promise<Answer | undefined>
  /** The answer as it comes, once it is known not to be a refusal. `body` goes as it is; no time limit unless given. */
  open(call: ApiCall & { body?: Uint8Array }): Promise<IncomingMessage>
  /** Every page of a list. */
  list<Item>(call: ApiCall, key: string): Promise<Item[]>
  /** A call of the API of 2016, which has its own signature. */
  callLegacy<Answer>(path: string): Promise<Answer>
}

export const API = '/2023-03-30'
const CALL_TIMEOUT_MS = 60_000
/** A list that has more pages than this is taken for a server that repeats itself. */
const PAGES_MAX = 1000

export async function connect(args: Arguments, terminal: Terminal): Promise<Platform> {
  const connection = await findConnection(args, terminal)
  const { endpoint, credentials } = connection
  const { clock, signal } = terminal

  async function send(call: ApiCall, body: Uint8Array | undefined): Promise<IncomingMessage> {
    const url = new URL(call.path, endpoint)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.append(name, value)
    }
    const headers = signAcs3(
      {
        method: call.method,
        rawPath: url.pathname,
        rawQuery: url.search.slice(1),
        headers: {
          host: url.host,
          'x-acs-action': call.action,
          'x-acs-version': '2023-03-30',
          ...(body ? { 'content-length': String(body.length) } : {}),
          ...call.headers,
        },
        body: body ?? '',
      },
      credentials,
      { nowMs: clock.now(), nonce: terminal.newNonce() },
    )
    const timeout = call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }
    return exchange({
      method: call.method,
      url,
      headers,
      ...(body ? { body } : {}),
      ...timeout,
      clock,
      signal,
    })
  }

  async function call<Answer>(request: ApiCall): Promise<Answer> {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
    const headers = {
      ...(body ? { 'content-type': 'application/json; charset=utf-8' } : {}),
      ...request.headers,
    }
    return answerOf<Answer>(await send({ timeoutMs: CALL_TIMEOUT_MS, ...request, headers }, body))
  }

  return {
    ...connection,
    call,

    find: (request) =>
      call<never>(request).catch((error: unknown) => {
        if (error instanceof PlatformRefused && error.status === 404) return undefined
        throw error
      }),

    async open(request) {
      const response = await send(request, request.body)
      if ((response.statusCode ?? 500) >= 400) await answerOf(response)
      return response
    },

    async list<Item>(request: ApiCall, key: string) {
      const items: Item[] = []
      let nextToken: string | undefined
      for (let page = 0; page < PAGES_MAX; page++) {
        const query = { limit: '100', ...request.query, nextToken }
        const answer: Record<string, unknown> = await call({ ...request, query })
        items.push(...((answer[key] as Item[] | undefined) ?? []))
        nextToken = (answer.nextToken as string | undefined) || undefined
        if (!nextToken) break
      }
      return items
    },

    async callLegacy(path) {
      const url = new URL(path, endpoint)
      const unsigned = { host: url.host, accept: 'application/json' }
      const headers = signFc(
        { method: 'GET', rawPath: url.pathname, headers: unsigned },
        credentials,
        clock.now(),
      )
      return answerOf(
        await exchange({ method: 'GET', url, headers, timeoutMs: CALL_TIMEOUT_MS, clock, signal }),
      )
    },
  }
}

async function answerOf<Answer>(response: IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 500
  const body = (await wholeBody(response)).toString()
  let answer: Record<string, unknown> = {}
  try {
    if (body !== '') answer = JSON.parse(body)
  } catch {
    // A proxy in between, or another server at this address: the status and the first line are all there is to say.
    throw new PlatformRefused({ status, code: `HTTP ${status}`, message: body.split('\n')[0]!.slice(0, 200) })
  }
  if (status < 400) return answer as Answer
  throw new PlatformRefused({
    status,
    code: String(answer.Code ?? answer.ErrorCode ?? `HTTP ${status}`),
    message: String(answer.Message ?? answer.ErrorMessage ?? ''),
    requestId: String(answer.RequestId ?? response.headers['x-fc-request-id'] ?? ''),
  })
}

export const functionPath = (functionName: string, rest = ''): string =>
  `${API}/functions/${encodeURIComponent(functionName)}${rest}`
