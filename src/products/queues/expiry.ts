/** Messages that nobody receives and that are older than they are kept. */
import type { StoredRecord, Write } from '../../ports/records.ts'
import { activePriorityPrefix, bodyKey } from './keys.ts'
import { type EntryRecord, PRIORITY } from './message.ts'
import { promoteDue } from './promotion.ts'
import type { Change, QueueState } from './queue-state.ts'

const REMOVED_AT_ONCE_MAX = 256

/** `inLine` makes each page wait for its turn, and lets those who receive have theirs in between. */
export async function removeExpiredMessages(
  state: QueueState,
  inLine: (act: () => Promise<boolean>) => Promise<boolean>,
): Promise<void> {
  await promoteDue(state)
  for (let priority: number = PRIORITY.min; priority <= PRIORITY.max; priority++) {
    while (await inLine(() => removeExpiredOf(state, priority))) {
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
  // They stand in the order in which they were sent here; a dead letter that is older than those before it goes when they do.
  const expired = page.filter(({ value }) => state.isExpired(value))
  if (expired.length === 0) return false
  await state.commit([removalOfActive(state, expired)])
  return true
}

export function removalOfActive(state: QueueState, entries: readonly StoredRecord<EntryRecord>[]): Change {
  const writes = entries.flatMap(({ key, version, value }): Write[] => [
    { remove: key, expect: version },
    { remove: bodyKey(state.record.queueId, value.messageId) },
  ])
  return state.change(writes, { active: -entries.length })
}
