/** Queues on records in memory, with a clock that a test moves. */
import { setImmediate as turn } from 'node:timers/promises'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import type { RecordStore } from '../../ports/records.ts'
import { LiveQueues } from './live-queues.ts'
import { messageIds, type NewMessage } from './message.ts'
import type { QueueAttributes } from './queue.ts'

export const NOW_MS = Date.parse('2026-01-01T00:00:00Z')

export function queuesOn({
  records = memoryRecordStore(),
  clock = new ManualClock(NOW_MS),
  waitingMax,
}: {
  records?: RecordStore
  clock?: ManualClock
  waitingMax?: number
} = {}) {
  const newMessageId = messageIds(() => clock.now(), randomIds.uuid)
  const queues = new LiveQueues({
    records,
    clock,
    ids: randomIds,
    newMessageId,
    ...(waitingMax === undefined ? {} : { waitingMax }),
  })
  const create = (name: string, given?: Partial<QueueAttributes>) => queues.create(name, given)
  return { records, clock, queues, newMessageId, create }
}

export const message = (body: string, more: Partial<NewMessage> = {}): NewMessage => ({
  body,
  priority: 8,
  delayMs: 0,
  userProperties: [],
  systemProperties: [],
  ...more,
})

/** Lets everything go on that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let index = 0; index < 20; index++) await turn()
}

export const bodiesOf = (messages: readonly { body: string }[]): string[] => messages.map(({ body }) => body)

/** Moves time while what is under way goes on. */
export async function advance(clock: ManualClock, byMs: number): Promise<void> {
  await settle()
  clock.advance(byMs)
  await settle()
}

export const never = new AbortController().signal
