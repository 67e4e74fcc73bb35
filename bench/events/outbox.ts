/**
 * The outbox by itself, on the disk of the working directory: `node --expose-gc bench/events/outbox.ts EVENTS`. Prints JSON.
 * All events are committed while the trigger is paused; then it is resumed, and they move into a queue that takes each by one commit.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sqliteRecordStore } from '../../src/drivers/embedded/records.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { outbox } from '../../src/triggers/events/outbox.ts'
import type { SourceTrigger } from '../../src/triggers/events/source-triggers.ts'

const events = Number(process.argv[2] ?? 100_000)

function heldMib(): number {
  if (!globalThis.gc) throw new Error('run it with --expose-gc')
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}

const folder = await mkdtemp('.bench-events-')
const records = await sqliteRecordStore({ file: join(folder, 'records.db') })
const name = { functionName: 'f', triggerName: 't' }
const trigger: SourceTrigger = { ...name, triggerId: 'i', qualifier: 'LATEST', triggerType: 'oss', source: 'b', config: {}, sinceMs: 0, pausedMs: 1 } // biome-ignore format: one line
let moved = 0
const box = outbox(
  {
    records,
    triggers: { find: async () => trigger },
    async handOn(event, _, alongside) {
      await records.commit([
        alongside,
        { put: `payload/${event.requestId}`, value: { event: event.event } },
        { put: `queue/${event.requestId}`, value: { requestId: event.requestId, hops: event.hops } },
      ])
      moved++
      return { is: 'taken' }
    },
    bury: () => Promise.reject(new Error('nothing dies here')),
    clock: systemClock,
    log: silentLogger,
  },
  { depthMax: events, ageMaxMs: 86_400_000 },
)
try {
  await box.start()
  const text = 'x'.repeat(600)
  let next = 0
  const emptyMib = heldMib()
  const startedMs = performance.now()
  const writer = async () => {
    for (let number = next++; number < events; number = next++) {
      const event = {
        ...name,
        triggerId: 'i',
        requestId: `r${number}`,
        event: text,
        hops: 0,
        happenedMs: Date.now(),
      }
      const announcement = box.announcementOf([event])!
      await records.commit([{ put: `object/${number}`, value: { size: 1 } }, ...announcement.writes])
      announcement.committed()
    }
  }
  await Promise.all(Array.from({ length: 64 }, writer))
  const keptPerSecond = (events * 1000) / (performance.now() - startedMs)
  let mostMib = heldMib()
  delete trigger.pausedMs
  const drainStartedMs = performance.now()
  box.changed('f')
  while (moved < events) await new Promise((done) => setTimeout(done, 20))
  const movedPerSecond = (events * 1000) / (performance.now() - drainStartedMs)
  mostMib = Math.max(mostMib, heldMib())
  console.log(JSON.stringify({ keptPerSecond, movedPerSecond, emptyMib, mostMib }))
} finally {
  await box.close()
  await records.close()
  await rm(folder, { recursive: true })
}
