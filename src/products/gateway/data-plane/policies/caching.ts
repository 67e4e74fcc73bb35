/** The plugin caching: answers to GET that are given again without asking the backend (help page 103231). */
import { type Answer, headerIn } from '../answer.ts'
import type { Caller } from '../authentication.ts'
import type { LiveApi } from '../live-api.ts'
import { type GatewayRequest, headerOf } from '../request.ts'

export interface CachingRule {
  varyByApp: boolean
  varyByParameters: readonly string[]
  varyByHeaders: readonly string[]
  /** Whose `Cache-Control` is heard. */
  clientCacheControl: { mode: 'off' | 'app' | 'all'; apps: readonly string[] }
  /** Lower case. */
  cacheableHeaders: readonly string[]
  durationMs: number
}

/** A larger answer is not kept. */
const BODY_BYTES_MAX = 128 * 1024
/** Of all answers; beyond it those that came first go. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024

/** Kept whatever the rule says, without which the body could not be read. */
const alwaysKept = ['content-type', 'content-encoding', 'content-language']
/** One caller's, however the rule is written. */
const neverKept = ['set-cookie']

interface Kept {
  status: number
  headers: string[]
  body: Buffer
  untilMs: number
  sizeBytes: number
}

export class AnswerCache {
  readonly #kept = new Map<string, Kept>()
  readonly #rules = new WeakMap<CachingRule, number>()
  #ruleCount = 0
  #bytes = 0

  /** Undefined: answers to this request are not kept. */
  keyOf(
    rule: CachingRule,
    api: LiveApi,
    version: string,
    request: GatewayRequest,
    { app }: Caller,
  ): string | undefined {
    if (request.method !== 'GET' || request.body.length > 0) return undefined
    const { mode, apps } = rule.clientCacheControl
    const isHeard = mode === 'all' || (mode === 'app' && apps.includes(String(app?.appId)))
    if (isHeard && /no-store|no-cache/i.test(headerOf(request, 'cache-control') ?? '')) return undefined
    return JSON.stringify([
      this.#numberOf(rule),
      api.apiId,
      api.stage,
      version,
      request.rawSegments,
      rule.varyByApp ? app?.appId : null,
      rule.varyByParameters.map((name) => request.query.getAll(name)),
      rule.varyByHeaders.map((name) => headerOf(request, name.toLowerCase())),
    ])
  }

  find(key: string, nowMs: number): Answer | undefined {
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    if (kept.untilMs <= nowMs) {
      this.#drop(key, kept)
      return undefined
    }
    return { status: kept.status, headers: [...kept.headers, 'X-Ca-Caching', 'true'], body: kept.body }
  }

  /** The answer as it goes on; kept where it may be. */
  async keep(rule: CachingRule, key: string, answer: Answer, nowMs: number): Promise<Answer> {
    const durationMs = Math.min(rule.durationMs, allowedByBackend(answer))
    const isKept =
      answer.status === 200 &&
      durationMs > 0 &&
      (Buffer.isBuffer(answer.body) ? answer.body.length : (answer.lengthBytes ?? Number.NaN)) <=
        BODY_BYTES_MAX
    if (!isKept) return answer
    const body = Buffer.isBuffer(answer.body) ? answer.body : await wholeOf(answer.body)
    const headers: string[] = []
    for (let index = 0; index < answer.headers.length; index += 2) {
      const lower = answer.headers[index]!.toLowerCase()
      const isListed = alwaysKept.includes(lower) || rule.cacheableHeaders.includes(lower)
      if (isListed && !neverKept.includes(lower))
        headers.push(answer.headers[index]!, answer.headers[index + 1]!)
    }
    this.#put(key, {
      status: 200,
      headers,
      body,
      untilMs: nowMs + durationMs,
      sizeBytes: body.length + 2 * key.length + 512,
    })
    return { ...answer, body }
  }

  #put(key: string, kept: Kept): void {
    const before = this.#kept.get(key)
    if (before) this.#drop(key, before)
    this.#kept.set(key, kept)
    this.#bytes += kept.sizeBytes
    for (const [oldest, each] of this.#kept) {
      if (this.#bytes <= CACHE_BYTES_MAX) break
      this.#drop(oldest, each)
    }
  }

  #drop(key: string, kept: Kept): void {
    this.#kept.delete(key)
    this.#bytes -= kept.sizeBytes
  }

  /** A rule that is changed is another: nothing of before is given again. */
  #numberOf(rule: CachingRule): number {
    const known = this.#rules.get(rule)
    if (known !== undefined) return known
    this.#rules.set(rule, ++this.#ruleCount)
    return this.#ruleCount
  }
}

/** ms; what the backend says of itself is heard. */
function allowedByBackend({ headers }: Answer): number {
  const control = headerIn(headers, 'cache-control')
  if (control === undefined) return Number.POSITIVE_INFINITY
  if (/no-store|no-cache|private/i.test(control)) return 0
  const seconds = /s-maxage=(\d{1,9})/i.exec(control)?.[1] ?? /max-age=(\d{1,9})/i.exec(control)?.[1]
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000
}

async function wholeOf(body: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
