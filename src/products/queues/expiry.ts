/** Messages that nobody receives and that are older than they are kept. */
import { VersionConflict, type Write } from '../../ports/records.ts'
import { activePriorityPrefix, bodyKey } from './keys.ts'
import { type EntryRecord, PRIORITY } from './message.ts'
import { promoteDue } from './promotion.ts'
import type { QueueState } from './queue-state.ts'

const REMOVED_AT_ONCE_MAX = 256

export async function removeExpiredMessages(state: QueueState): Promise<void> {
  await promoteDue(state)
  for (let priority: number = PRIORITY.min; priority <= PRIORITY.max; priority++) {
    while (await removeExpiredOf(state, priority)) {
      // The next page.
    }
  }
}

/** False: there are none. */
async function removeExpiredOf(state: QueueState, priority: number): Promise<boolean> {
  const { records } = state.options
  const { queueId } = state.record
  const page = await records.list<EntryRecord>({
    prefix: activePriorityPrefix(queueId, priority),
    limit: REMOVED_AT_ONCE_MAX,
  })
  // They stand in the order in which they were sent.
  const expired = page.filter(({ value }) => state.isExpired(value))
  if (expired.length === 0) return false
  const writes = expired.flatMap(({ key, version, value }): Write[] => [
    { remove: key, expect: version },
    { remove: bodyKey(queueId, value.messageId) },
  ])
  try {
    await state.commit([state.change(writes, { active: -expired.length })])
  } catch (error) {
    // Somebody received at the same time, which removes what is expired too.
    if (!(error instanceof VersionConflict)) throw error
  }
  return true
}
