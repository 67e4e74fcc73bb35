/** Screens: each a stream of Server-Sent Events that is opened again when it ends, and goes on from the last event. */
import type { IncomingMessage } from 'node:http'
import type { Order } from '../../model/order.ts'
import type { Person } from '../core/actions.ts'
import type { HttpClient } from './http-client.ts'
import { ordersOf } from './requests.ts'

export interface Screens {
  /** Until `close()`. */
  show(who: Person): void
  readonly open: number
  readonly events: number
  /** Streams that ended or could not be opened. */
  readonly broken: number
  close(): Promise<void>
}

const firstPauseMs = 500
const longestPauseMs = 15_000
/** A line longer than this is no event of ours: the stream is opened anew. */
const longestEvent = 256 * 1024

export function createScreens(options: {
  url: string
  http: HttpClient
  token(who: Person): Promise<string>
  pause(ms: number): Promise<void>
  heard(order: Order, who: Person): void
}): Screens {
  const base = options.url.replace(/\/$/, '')
  const closing = new AbortController()
  const running = new Set<Promise<void>>()
  const counts = { open: 0, events: 0, broken: 0 }

  async function watch(who: Person): Promise<void> {
    let lastEventId: string | undefined
    let pauseMs = firstPauseMs
    while (!closing.signal.aborted) {
      try {
        const url = new URL(`${base}/push`)
        url.searchParams.set('token', await options.token(who))
        const headers: Record<string, string> = { accept: 'text/event-stream' }
        if (lastEventId !== undefined) headers['last-event-id'] = lastEventId
        const stream = await options.http.stream({ method: 'GET', url, headers, body: '' }, closing.signal)
        if (stream.statusCode !== 200) {
          stream.resume()
          throw new Error(`GET /push was answered ${stream.statusCode}`)
        }
        counts.open++
        try {
          for await (const event of eventsOf(stream)) {
            pauseMs = firstPauseMs
            lastEventId = event.id ?? lastEventId
            if (event.name !== 'order') continue
            counts.events++
            for (const order of ordersOf(JSON.parse(event.data)) ?? []) options.heard(order, who)
          }
        } finally {
          counts.open--
        }
      } catch {
        // Whatever it was, it is counted and tried again: without a screen, people look by themselves.
      }
      if (closing.signal.aborted) return
      counts.broken++
      await options.pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    }
  }

  return {
    show(who) {
      const watching = watch(who)
      running.add(watching)
      void watching.finally(() => running.delete(watching))
    },
    get open() {
      return counts.open
    },
    get events() {
      return counts.events
    },
    get broken() {
      return counts.broken
    },
    async close() {
      closing.abort()
      await Promise.all(running)
    },
  }
}

export interface ServerSentEvent {
  name: string
  data: string
  id: string | undefined
}

/** By the living standard's rules for `event`, `data` and `id`; comments and the rest are passed over. */
export async function* eventsOf(
  stream: IncomingMessage | AsyncIterable<string>,
): AsyncIterable<ServerSentEvent> {
  if ('setEncoding' in stream) stream.setEncoding('utf8')
  let rest = ''
  let event: ServerSentEvent = { name: 'message', data: '', id: undefined }
  for await (const part of stream as AsyncIterable<string>) {
    rest += part
    // A carriage return at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    if (rest.length > longestEvent) throw new Error(`an event of more than ${longestEvent} characters`)
    for (const line of lines) {
      if (line === '') {
        if (event.data !== '') yield { ...event, data: event.data.slice(0, -1) }
        event = { name: 'message', data: '', id: undefined }
        continue
      }
      const [field, value] = fieldOf(line)
      if (field === 'data') event.data += `${value}\n`
      else if (field === 'event') event.name = value
      else if (field === 'id') event.id = value
      if (event.data.length > longestEvent)
        throw new Error(`an event of more than ${longestEvent} characters`)
    }
  }
}

function fieldOf(line: string): [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)]
}
