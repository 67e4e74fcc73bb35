/** What whoever holds a receipt handle may do with the message. */
import type { StoredRecord, Write } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import { messageNotExist, receiptHandleError } from './errors.ts'
import { bodyKey, laterKey } from './keys.ts'
import { type EntryRecord, parseHandle, receiptHandle } from './message.ts'
import { overtaking } from './overtaking.ts'
import type { QueueState } from './queue-state.ts'

/** Removes those messages whose handles hold; answers why each other was not. */
export async function deleteHeld(
  state: QueueState,
  handles: readonly string[],
): Promise<Map<string, ApiError>> {
  return overtaking(async () => {
    const refused = new Map<string, ApiError>()
    const writes: Write[] = []
    let inactive = 0
    let delayed = 0
    for (const handle of new Set(handles)) {
      const found = await findHeld(state, handle)
      if (found instanceof ApiError) {
        refused.set(handle, found)
        continue
      }
      writes.push(
        { remove: found.key, expect: found.version },
        { remove: bodyKey(state.record.queueId, found.value.messageId) },
      )
      if (found.value.dequeueCount === 0) delayed--
      else inactive--
    }
    if (writes.length > 0) await state.commit([state.change(writes, { inactive, delayed })])
    return refused
  })
}

/** Makes a message visible `timeoutMs` from now; the handle given is good no more. */
export async function changeVisibility(
  state: QueueState,
  handle: string,
  timeoutMs: number,
): Promise<{ handle: string; nextVisibleMs: number }> {
  return overtaking(async () => {
    const found = await findHeld(state, handle)
    if (found instanceof ApiError) throw found
    // A message that is delayed was given to nobody yet, who could need longer for it.
    if (found.value.dequeueCount === 0) throw messageNotExist()
    const { clock, uuid } = state.options
    const nextVisibleMs = clock.now() + timeoutMs
    const newHandle = receiptHandle(nextVisibleMs, found.value.messageId, uuid)
    await state.commit([
      state.change(
        [
          { remove: found.key, expect: found.version },
          { put: laterKey(state.record.queueId, newHandle), value: found.value },
        ],
        { dueMs: nextVisibleMs },
      ),
    ])
    return { handle: newHandle, nextVisibleMs }
  })
}

/** The entry that a handle stands for, or why there is none. */
async function findHeld(state: QueueState, handle: string): Promise<StoredRecord<EntryRecord> | ApiError> {
  const parsed = parseHandle(handle)
  if (!parsed) return receiptHandleError()
  if (parsed.nextVisibleMs <= state.options.clock.now()) return messageNotExist()
  const found = await state.options.records.get<EntryRecord>(laterKey(state.record.queueId, handle))
  return found ?? messageNotExist()
}
