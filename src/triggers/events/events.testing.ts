/** Triggers on memory records, their directory and their outbox; what is handed on is kept in the same records. */
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { RecordStore, Write } from '../../ports/records.ts'
import { type HandedOn, type OutboxEvent, type OutboxLimits, outbox, outboxLimits } from './outbox.ts'
import { type SourceTrigger, sourceTriggers } from './source-triggers.ts'

export const NOW_MS = Date.UTC(2026, 0, 1)

export const turn = async (): Promise<void> => {
  for (let count = 0; count < 30; count++) await new Promise((done) => setImmediate(done))
}

export function eventsWorld({
  records = memoryRecordStore(),
  clock = new ManualClock(NOW_MS),
  limits = outboxLimits,
}: {
  records?: RecordStore
  clock?: ManualClock
  limits?: OutboxLimits
} = {}) {
  const state = {
    /** What becomes of an event, unless it is taken. */
    answer: undefined as HandedOn | undefined,
    /** Thrown by what takes events while it is set. */
    failure: undefined as Error | undefined,
  }
  let made = 0
  const triggers = sourceTriggers({
    list: ({ functionName, ...range }) =>
      records.list<SourceTrigger>({
        prefix: functionName === undefined ? 'sources/' : `sources/${functionName}/`,
        ...range,
      }),
    reread: (functionName) => box.changed(functionName),
  })
  const keep = (place: string, event: OutboxEvent, more: object, alongside: Write) =>
    records.commit([{ put: `${place}/${event.requestId}`, value: { ...event, ...more } }, alongside])
  const box = outbox(
    {
      records,
      triggers,
      clock,
      log: silentLogger,
      async handOn(event, { qualifier }, alongside) {
        if (state.failure) throw state.failure
        if (state.answer) return state.answer
        await keep('taken', event, { qualifier }, alongside)
        return { is: 'taken' }
      },
      bury: (event, _, death, alongside) => keep('buried', event, death, alongside),
    },
    limits,
  )
  const kept = async (place: 'taken' | 'buried') =>
    (await records.list<OutboxEvent & { because?: string }>({ prefix: `${place}/`, limit: 10_000 })).map(
      ({ value }) => value,
    )

  return {
    records,
    clock,
    state,
    triggers,
    box,
    async start() {
      await triggers.start()
      await box.start()
      await turn()
    },
    async put(functionName: string, triggerName: string, differs: Partial<SourceTrigger> = {}) {
      const trigger: SourceTrigger = {
        functionName,
        triggerName,
        triggerId: `${functionName}-${triggerName}`,
        qualifier: 'LATEST',
        triggerType: 'oss',
        source: 'bucket',
        config: {},
        sinceMs: clock.now(),
        ...differs,
      }
      await records.commit([{ put: `sources/${functionName}/${triggerName}`, value: trigger }])
      triggers.changed(functionName)
    },
    async remove(functionName: string, triggerName: string) {
      await records.commit([{ remove: `sources/${functionName}/${triggerName}` }])
      triggers.changed(functionName)
    },
    /** As a product does: the event and what it tells of in one commit. */
    async happens(
      functionName: string,
      triggerName: string,
      text: string,
      differs: Partial<OutboxEvent> = {},
    ) {
      const event: OutboxEvent = {
        functionName,
        triggerName,
        triggerId: `${functionName}-${triggerName}`,
        requestId: String(++made).padStart(6, '0'),
        event: text,
        hops: 0,
        happenedMs: clock.now(),
        ...differs,
      }
      const announcement = box.announcementOf([event])!
      await records.commit([{ put: `written/${text}`, value: {} }, ...announcement.writes])
      announcement.committed()
    },
    taken: async () => (await kept('taken')).map(({ event }) => event),
    buried: async () => (await kept('buried')).map(({ event, because }) => `${event}: ${because}`),
    waiting: (functionName: string, triggerName: string) => box.state({ functionName, triggerName }),
  }
}
