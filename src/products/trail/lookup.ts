/** Looks through both streams of the trail as through one, in the order of time, from where the page before has ended. */
import type { StreamStore } from '../../ports/streams.ts'
import type { EventRW } from './control-calls.ts'
import { type KeptEvent, streamOf } from './trail.ts'
import type { TrailEvent } from './trail-event.ts'

export type Direction = 'FORWARD' | 'BACKWARD'

/** The next entry of each stream. */
export type Cursor = Readonly<Record<EventRW, number>>

export interface Query {
  direction: Direction
  /** Both included. */
  fromMs: number
  toMs: number
  matches(event: TrailEvent): boolean
  limit: number
  /** Undefined: from the begin, or the end. */
  cursor: Cursor | undefined
}

export interface Page {
  events: TrailEvent[]
  /** Undefined: there are no more. */
  next: Cursor | undefined
}

/** Entries that one call looks at; a page that is not full by then ends, and the next one goes on. */
const SCAN_MAX = 10_000
const CHUNK = 256

export async function lookUp(streams: StreamStore, query: Query): Promise<Page> {
  const readers = {
    Write: await readerOf(streams, 'Write', query),
    Read: await readerOf(streams, 'Read', query),
  }
  const isAhead = (one: KeptEvent, other: KeptEvent) =>
    query.direction === 'FORWARD' ? one.timeMs <= other.timeMs : one.timeMs >= other.timeMs
  const events: TrailEvent[] = []
  for (let seen = 0; ; seen++) {
    const [write, read] = [await readers.Write.peek(), await readers.Read.peek()]
    if (!write && !read) return { events, next: undefined }
    if (events.length >= query.limit || seen >= SCAN_MAX)
      return { events, next: { Write: readers.Write.at(), Read: readers.Read.at() } }
    const isWrite = write !== undefined && (read === undefined || isAhead(write, read))
    const { timeMs, event } = isWrite ? write : read!
    readers[isWrite ? 'Write' : 'Read'].advance()
    if (timeMs >= query.fromMs && timeMs <= query.toMs && query.matches(event)) events.push(event)
  }
}

async function readerOf(streams: StreamStore, rw: EventRW, { direction, cursor }: Query) {
  const stream = streamOf(rw)
  const isForward = direction === 'FORWARD'
  const { first, last } = (await streams.stat(stream)) ?? { first: 1, last: 0 }
  let at = cursor ? cursor[rw] : isForward ? first : last
  /** By sequence. */
  let chunk = new Map<number, KeptEvent>()
  const isOver = () => (isForward ? at > last : at < first)

  return {
    at: () => at,
    advance() {
      at += isForward ? 1 : -1
    },
    async peek(): Promise<KeptEvent | undefined> {
      // What was trimmed since is passed over.
      if (isForward && at < first) at = first
      if (!isForward && at > last) at = last
      if (isOver()) return undefined
      const known = chunk.get(at)
      if (known) return known
      const from = isForward ? at : Math.max(first, at - CHUNK + 1)
      const entries = await streams.read(stream, { from, limit: CHUNK })
      chunk = new Map(
        entries.map(({ sequence, data }) => [
          sequence,
          JSON.parse(Buffer.from(data).toString()) as KeptEvent,
        ]),
      )
      // Trimmed while it was read.
      if (isForward && !chunk.has(at)) at = [...chunk.keys()].find((sequence) => sequence > at) ?? last + 1
      return chunk.get(at)
    },
  }
}
