/**
 * The log of calls: a stream of those that write and one of those that read, so that no number of looks pushes out what was
 * done. Events wait in memory until the batch before them is durable; who calls does not wait.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { StreamStore } from '../../ports/streams.ts'
import type { CallObserver } from '../../wire/call-observer.ts'
import type { EventRW } from './control-calls.ts'
import { eventOf, type Place, type TrailEvent } from './trail-event.ts'

/** Events that are kept, some 500 bytes each; then the oldest go. */
const KEPT_MAX: Readonly<Record<EventRW, number>> = { Write: 100_000, Read: 20_000 }
/** How many more there may be before they are trimmed. */
const TRIM_SLACK = 1000
/** Events that wait for the disk; those that come when there are so many are not recorded, and their number is logged. */
const PENDING_MAX = 10_000

export const streamOf = (rw: EventRW): string => `trail/${rw.toLowerCase()}`

export interface KeptEvent {
  timeMs: number
  event: TrailEvent
}

export interface Trail {
  observe: CallObserver
  /** When everything that was observed before is kept, or could not be. */
  settled(): Promise<void>
}

export function openTrail({
  streams,
  clock,
  log,
  place,
  keptMax = KEPT_MAX,
}: {
  streams: StreamStore
  clock: Clock
  log: Logger
  place: Place
  keptMax?: Readonly<Record<EventRW, number>>
}): Trail {
  const pending: Record<EventRW, Buffer[]> = { Write: [], Read: [] }
  let lost = 0
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    for (const rw of ['Write', 'Read'] as const) {
      const batch = pending[rw]
      if (batch.length === 0) continue
      pending[rw] = []
      const stream = streamOf(rw)
      try {
        const last = await streams.append(stream, batch)
        const { first } = (await streams.stat(stream)) ?? { first: last }
        if (last - first + 1 >= keptMax[rw] + TRIM_SLACK) await streams.trim(stream, last - keptMax[rw] + 1)
      } catch (error) {
        lost += batch.length
        log.warn({ err: error }, 'calls could not be recorded in the trail')
      }
    }
    if (lost > 0) log.warn({ calls: lost }, 'calls are missing in the trail')
    lost = 0
  }

  async function writeAll(): Promise<void> {
    while (pending.Write.length + pending.Read.length > 0) await write()
    writing = undefined
  }

  return {
    observe(call) {
      const nowMs = clock.now()
      const event = eventOf(call, { ...place, nowMs })
      if (!event) return
      const kept: KeptEvent = { timeMs: nowMs, event }
      const waiting = pending[event.eventRW]
      if (waiting.length >= PENDING_MAX) lost++
      else waiting.push(Buffer.from(JSON.stringify(kept)))
      // Behind the answer: all that comes in the same turn is one batch.
      writing ??= Promise.resolve().then(writeAll)
    },

    settled: () => writing ?? Promise.resolve(),
  }
}
