/**
 * Keeps a page's orders up to date: pushed where the stream holds, polled every three seconds where it does not, and in any
 * case looked through now and then, as what is pushed may be lost.
 */
import { type Api, ApiFailure, isTokenRefused } from './client.ts'
import type { Order } from './contract.ts'
import { eventStreamParser } from './event-stream.ts'

/** `offline`: neither push nor polling gets an answer. */
export type FeedState = 'connecting' | 'live' | 'polling' | 'offline'

export interface FeedSurroundings {
  fetch: typeof fetch
  /** Answers what calls it off. */
  after: (ms: number, then: () => void) => () => void
}

export interface FeedListener {
  /** Single orders, each as it changed. */
  onOrders: (orders: Order[]) => void
  /** All that are open. */
  onOpenOrders: (orders: Order[]) => void
  onState: (state: FeedState) => void
  /** The list could not be had; it is asked for again. */
  onFailure: (failure: ApiFailure) => void
  /** The token is no longer good; the feed has ended. */
  onRefused: (failure: ApiFailure) => void
}

export interface Feed {
  refresh(): void
  close(): void
}

const POLL_MS = 3_000
/** While events are pushed. */
const LOOK_THROUGH_MS = 30_000
const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 30_000
/** A stream that says nothing for longer may be dead without knowing; taking it up again costs little. */
const SILENCE_MS_MAX = 60_000

export function openFeed(api: Api, { fetch, after }: FeedSurroundings, listener: FeedListener): Feed {
  let isClosed = false
  let isLive = false
  let failures = 0
  let lastEventId = ''
  let state: FeedState = 'connecting'
  let abort: AbortController | undefined
  let stopWaiting = () => {}
  let stopPolling = () => {}
  let isPolling = false
  let pollAgain = false

  const become = (next: FeedState) => {
    if (isClosed || state === next) return
    state = next
    listener.onState(next)
  }
  const close = () => {
    isClosed = true
    abort?.abort()
    stopWaiting()
    stopPolling()
  }
  const refuse = (failure: ApiFailure) => {
    if (isClosed) return
    close()
    listener.onRefused(failure)
  }

  async function poll(): Promise<void> {
    stopPolling()
    if (isPolling) {
      pollAgain = true
      return
    }
    isPolling = true
    let isAnswered = false
    try {
      const { orders } = await api.get<{ orders: Order[] }>('orders?state=open')
      if (isClosed) return
      isAnswered = true
      listener.onOpenOrders(orders)
      if (!isLive) become('polling')
    } catch (error) {
      if (isClosed) return
      if (!(error instanceof ApiFailure)) throw error
      if (error.status === 401) return refuse(error)
      listener.onFailure(error)
      if (!isLive) become(error.status === 0 ? 'offline' : 'polling')
    } finally {
      isPolling = false
    }
    const isOverdue = pollAgain
    pollAgain = false
    stopPolling = after(isOverdue ? 0 : isLive && isAnswered ? LOOK_THROUGH_MS : POLL_MS, () => void poll())
  }

  async function listen(): Promise<void> {
    abort = new AbortController()
    const { signal } = abort
    let calmDown = () => {}
    const isHeard = () => {
      calmDown()
      calmDown = after(SILENCE_MS_MAX, () => abort?.abort())
    }
    let wasLive = false
    try {
      isHeard()
      const query = `token=${encodeURIComponent(api.token() ?? '')}`
      const response = await fetch(api.address(`push?${query}`), {
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
        },
        cache: 'no-store',
        signal,
      })
      if (isTokenRefused(response))
        return refuse(new ApiFailure('Unauthorized', 401, 'the token is not accepted'))
      if (
        !response.ok ||
        !response.body ||
        !/^text\/event-stream\b/.test(response.headers.get('content-type') ?? '')
      ) {
        await response.body?.cancel()
        throw new Error(`no event stream but ${response.status}`)
      }
      wasLive = true
      isLive = true
      become('live')
      // What happened since the last list and before the stream began.
      void poll()
      const parse = eventStreamParser(lastEventId)
      const decoder = new TextDecoder()
      const reader = response.body.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        isHeard()
        failures = 0
        const orders: Order[] = []
        for (const { event, data, lastEventId: id } of parse(decoder.decode(value, { stream: true }))) {
          lastEventId = id
          if (event === 'order') orders.push(orderIn(data))
          // Too much happened meanwhile to be told one by one.
          if (event === 'reset') void poll()
        }
        if (orders.length > 0 && !isClosed) listener.onOrders(orders)
      }
    } catch {
      // Whatever it was: the page polls, and the stream is tried again below.
    } finally {
      calmDown()
      isLive = false
      abort.abort()
    }
    if (isClosed) return
    // Gateways end what takes long; only if it cannot be taken up again, the page polls meanwhile.
    if (!wasLive || failures > 0) void poll()
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures)
    failures += 1
    stopWaiting = after(waitMs, () => void listen())
  }

  void poll()
  void listen()
  return { refresh: () => void poll(), close }
}

function orderIn(data: string): Order {
  const said = JSON.parse(data) as { order: Order } | Order
  return 'order' in said ? said.order : said
}
