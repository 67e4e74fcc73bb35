/** Delays and visibility timeouts that end: messages become visible (again), or go where dead letters go. */
import { type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import { activeKey, bodyKey, laterPrefix } from './keys.ts'
import type { BodyRecord, EntryRecord, NewMessage } from './message.ts'
import type { Change, QueueState } from './queue-state.ts'

/** Entries that one commit makes visible again. */
const PROMOTED_AT_ONCE_MAX = 256
/** Messages that one commit moves to another queue, each with its body. */
const BURIED_AT_ONCE_MAX = 32
/** After so many of those commits whoever waits is served first; the rest follows. */
const PROMOTIONS_MAX = 16

/** Makes visible what is due: its delay or somebody's time for it is over. Whoever comes meanwhile waits for the same. */
export function promoteDue(state: QueueState): Promise<void> {
  state.promoting ??= promote(state).finally(() => {
    state.promoting = undefined
  })
  return state.promoting
}

async function promote(state: QueueState): Promise<void> {
  const { clock } = state.options
  for (let round = 0; round < PROMOTIONS_MAX && state.nextDueMs <= clock.now(); round++) {
    const beganMs = clock.now()
    // Whatever is added from here on lowers it again.
    state.nextDueMs = Number.POSITIVE_INFINITY
    try {
      if (!(await promotePage(state, beganMs))) return
    } catch (error) {
      // What is left is looked at again, also where somebody deleted one at the last moment.
      state.nextDueMs = Math.min(state.nextDueMs, beganMs)
      if (!(error instanceof VersionConflict)) throw error
    }
  }
}

/** False: nothing was due. */
async function promotePage(state: QueueState, nowMs: number): Promise<boolean> {
  const { queueId } = state.record
  const page = await state.options.records.list<EntryRecord>({
    prefix: laterPrefix(queueId),
    limit: PROMOTED_AT_ONCE_MAX,
  })
  const due = page.filter(({ key }) => dueMsOf(key, queueId) <= nowMs)
  const rest = page[due.length]
  const nextDueMs = rest ? dueMsOf(rest.key, queueId) : Number.POSITIVE_INFINITY
  state.nextDueMs = Math.min(state.nextDueMs, due.length === PROMOTED_AT_ONCE_MAX ? nowMs : nextDueMs)
  if (due.length === 0) return false
  const left = await bury(state, due)
  if (left.length > 0) await state.commit([promotion(state, left)])
  return true
}

/** Moves what was received too often to the queue that is for it; answers what is to be promoted. */
async function bury(
  state: QueueState,
  due: readonly StoredRecord<EntryRecord>[],
): Promise<readonly StoredRecord<EntryRecord>[]> {
  const { deadLetters, queueId } = state.record
  if (!deadLetters) return due
  const isDead = ({ value }: StoredRecord<EntryRecord>): boolean =>
    value.dequeueCount >= deadLetters.maxReceiveCount && !state.isExpired(value)
  const dead = due.filter(isDead)
  if (dead.length === 0) return due
  try {
    for (let at = 0; at < dead.length; at += BURIED_AT_ONCE_MAX) {
      const some = dead.slice(at, at + BURIED_AT_ONCE_MAX)
      await state.options.useOther(deadLetters.queueName, async (other) => {
        const bodies = await Promise.all(
          some.map(({ value }) => state.options.records.get<BodyRecord>(bodyKey(queueId, value.messageId))),
        )
        const messages = some.flatMap(({ value: { priority, enqueuedMs } }, index): NewMessage[] => {
          const stored = bodies[index]?.value
          if (!stored) return []
          return [{ userProperties: [], systemProperties: [], ...stored, priority, delayMs: 0, enqueuedMs }]
        })
        const writes = some.flatMap(({ key, version, value }): Write[] => [
          { remove: key, expect: version },
          { remove: bodyKey(queueId, value.messageId) },
        ])
        await state.commit([
          state.change(writes, { inactive: -some.length }),
          other.insertion(messages).change,
        ])
      })
    }
  } catch (error) {
    // Without that queue they stay where they are, and are tried again each time.
    if (error instanceof ApiError && error.code === 'QueueNotExist') return due
    throw error
  }
  return due.filter((record) => !isDead(record))
}

function promotion(state: QueueState, due: readonly StoredRecord<EntryRecord>[]): Change {
  const { queueId } = state.record
  const change = { active: 0, inactive: 0, delayed: 0 }
  const writes = due.flatMap(({ key, version, value }): Write[] => {
    change[value.dequeueCount === 0 ? 'delayed' : 'inactive']--
    const removal: Write = { remove: key, expect: version }
    if (state.isExpired(value)) return [removal, { remove: bodyKey(queueId, value.messageId) }]
    change.active++
    return [removal, { put: activeKey(queueId, value.priority, value.messageId), value }]
  })
  return state.change(writes, change)
}

const dueMsOf = (key: string, queueId: string): number =>
  Number(key.slice(laterPrefix(queueId).length, laterPrefix(queueId).length + 15))
