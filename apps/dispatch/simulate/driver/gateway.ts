/** The platform through its gateway: sessions, retries, photos. Every call has an end, and each kind of call its figures. */
import { randomUUID } from 'node:crypto'
import type { Shop } from '../../model/shop.ts'
import type { Action, Answer, Person } from '../core/actions.ts'
import { createHistogram, type Histogram } from '../core/figures.ts'
import { type AppKey, appSignature } from './app-signature.ts'
import type { HttpClient, Reply } from './http-client.ts'
import { photo } from './photo.ts'
import { type ApiRequest, ordersOf, requestOf, type Times } from './requests.ts'

export type Caller = Person | { role: 'operations'; id: string }

export interface CallFigures {
  /** Of answered attempts. */
  ms: Histogram
  /** Attempts that were made again. */
  repeated: number
  /** Calls without any answer, in the end. */
  lost: number
  /** By status and code. */
  refused: Map<string, number>
}

export interface Gateway {
  perform(action: Action): Promise<Answer>
  shops(): Promise<Shop[]>
  /** @throws Error where there is no answer of success */
  get(caller: Caller, path: string): Promise<unknown>
  token(caller: Caller): Promise<string>
  figures: ReadonlyMap<string, CallFigures>
}

/** With pauses of 0.2, 0.4, … s, each up to twice as long by chance: some six seconds in all. */
const attempts = 5
const firstPauseMs = 200
/** A session is renewed so long before it ends. */
const renewBeforeMs = 60_000
/** More than this are no names of codes but something else. */
const mostCodes = 50

type Outcome = { kind: 'reply'; reply: Reply; body: unknown } | { kind: 'lost' }

export function createGateway(options: {
  url: string
  app: AppKey
  http: HttpClient
  times: Times
  pause(ms: number): Promise<void>
  /** For latencies. */
  monotonicMs(): number
  /** In [0, 1). */
  chance(): number
}): Gateway {
  const { http, times, app } = options
  const base = options.url.replace(/\/$/, '')
  const figures = new Map<string, CallFigures>()
  const sessions = new Map<string, Promise<{ token: string; expiresAtMs: number }>>()

  function figuresOf(name: string): CallFigures {
    let of = figures.get(name)
    if (!of) {
      of = { ms: createHistogram(), repeated: 0, lost: 0, refused: new Map() }
      figures.set(name, of)
    }
    return of
  }

  /** Sends until there is an answer that will not be another one a moment later. */
  async function insist(name: string, send: () => Promise<Reply>): Promise<Outcome> {
    const of = figuresOf(name)
    for (let attempt = 1; ; attempt++) {
      const startedMs = options.monotonicMs()
      const reply = await send().catch(() => undefined)
      if (reply) of.ms.add(options.monotonicMs() - startedMs)
      const isBusy = reply !== undefined && [429, 502, 503, 504].includes(reply.status)
      if (reply && !isBusy) return { kind: 'reply', reply, body: json(reply.text) }
      if (attempt === attempts) {
        if (reply) return { kind: 'reply', reply, body: json(reply.text) }
        of.lost++
        return { kind: 'lost' }
      }
      of.repeated++
      await options.pause(firstPauseMs * 2 ** (attempt - 1) * (1 + options.chance()))
    }
  }

  async function open(caller: Caller): Promise<{ token: string; expiresAtMs: number }> {
    const url = new URL(`${base}/sessions`)
    const body = JSON.stringify(caller)
    const outcome = await insist('sessions', () => {
      // Each attempt has a nonce of its own: the gateway takes none twice.
      const signed = { method: 'POST', path: url.pathname, body, nowMs: times.nowMs(), nonce: randomUUID() }
      return http.send({ method: 'POST', url, headers: appSignature(app, signed), body })
    })
    if (outcome.kind === 'lost') throw new Error('no answer to POST /sessions')
    const { token, expiresAtMs } = (outcome.body ?? {}) as { token?: unknown; expiresAtMs?: unknown }
    if (outcome.reply.status >= 300 || typeof token !== 'string' || typeof expiresAtMs !== 'number')
      throw new Error(`POST /sessions was answered ${refusalOf(outcome.reply)}`)
    return { token, expiresAtMs }
  }

  async function token(caller: Caller): Promise<string> {
    const name = `${caller.role} ${caller.id}`
    const known = await sessions.get(name)
    if (known && known.expiresAtMs - renewBeforeMs > times.nowMs()) return known.token
    const opened = open(caller)
    sessions.set(name, opened)
    // Whoever comes next tries anew; this one hears of it below.
    opened.catch(() => sessions.delete(name))
    return (await opened).token
  }

  async function call(caller: Caller, request: ApiRequest): Promise<Outcome> {
    const url = new URL(base + request.path)
    const body = request.body === undefined ? '' : JSON.stringify(request.body)
    let isRenewed = false
    for (;;) {
      const authorization = `Bearer ${await token(caller)}`
      const headers: Record<string, string> = {
        accept: 'application/json',
        authorization,
        ...request.headers,
      }
      if (body !== '') headers['content-type'] = 'application/json; charset=utf-8'
      const outcome = await insist(request.name, () =>
        http.send({ method: request.method, url, headers, body }),
      )
      if (outcome.kind === 'lost' || !isExpired(outcome) || isRenewed) return outcome
      sessions.delete(`${caller.role} ${caller.id}`)
      isRenewed = true
    }
  }

  function refused(name: string, { reply, body }: Outcome & { kind: 'reply' }): Answer {
    const { code } = (body ?? {}) as { code?: unknown }
    const word = typeof code === 'string' ? code : String(reply.headers['x-ca-error-code'] ?? '')
    const { refused: counts } = figuresOf(name)
    const key = `${reply.status} ${word}`.trim()
    if (counts.size < mostCodes || counts.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1)
    return { kind: 'refused', status: reply.status, code: word }
  }

  async function perform(action: Action): Promise<Answer> {
    const request = requestOf(action, times)
    let outcome: Outcome
    try {
      outcome = await call(action.who, request)
    } catch {
      // Without a session nothing was asked of the platform; the figures of "sessions" say why.
      return { kind: 'lost' }
    }
    if (outcome.kind === 'lost') return outcome
    if (outcome.reply.status >= 300) return refused(request.name, outcome)
    if (action.kind === 'photo') return upload(outcome.body)
    const orders = ordersOf(outcome.body)
    // An answer of success that is no answer of the API counts like none, and is seen among the refusals.
    return orders ? { kind: 'done', orders } : refused(request.name, outcome)
  }

  /** To the object store itself, by the URL that was signed for it. */
  async function upload(body: unknown): Promise<Answer> {
    const { url } = (body ?? {}) as { url?: unknown }
    if (typeof url !== 'string' || !URL.canParse(url)) return { kind: 'lost' }
    const outcome = await insist('photo', () =>
      http.send({ method: 'PUT', url: new URL(url), headers: { 'content-type': 'image/jpeg' }, body: photo }),
    )
    if (outcome.kind === 'lost') return outcome
    return outcome.reply.status < 300 ? { kind: 'done', orders: [] } : refused('photo', outcome)
  }

  async function get(caller: Caller, path: string): Promise<unknown> {
    const outcome = await call(caller, { method: 'GET', path, name: `GET ${path.split('?')[0]}` })
    if (outcome.kind === 'lost') throw new Error(`no answer to GET ${path}`)
    if (outcome.reply.status >= 300) throw new Error(`GET ${path} was answered ${refusalOf(outcome.reply)}`)
    return outcome.body
  }

  return {
    perform,
    get,
    token,
    figures,
    async shops() {
      const { shops } = ((await get({ role: 'customer', id: 'simulator' }, '/shops')) ?? {}) as {
        shops?: Shop[]
      }
      if (!Array.isArray(shops)) throw new Error('GET /shops did not answer shops')
      return shops
    },
  }
}

/** Of the gateway: a token that it does not take (any more). The application's own 403 has a code. */
const isExpired = ({ reply, body }: Outcome & { kind: 'reply' }): boolean =>
  reply.status === 401 ||
  (reply.status === 403 && (body as { code?: unknown } | undefined)?.code === undefined)

const refusalOf = ({ status, headers, text }: Reply): string =>
  `${status} ${headers['x-ca-error-message'] ?? text.slice(0, 200)}`

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
