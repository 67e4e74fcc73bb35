/** Messages on their way into a queue. */
import type { Write } from '../../ports/records.ts'
import { activeKey, bodyKey, laterKey } from './keys.ts'
import { type BodyRecord, type EntryRecord, type NewMessage, receiptHandle } from './message.ts'
import type { Change, QueueState } from './queue-state.ts'

export interface SentMessage {
  messageId: string
  /** Of a message that is delayed: whoever sent it may take it back. */
  handle: string | undefined
}

export interface Insertion {
  /** As many as there are messages. */
  sent: SentMessage[]
  change: Change
}

/** What has to be committed for these messages to be in the queue. */
export function insertionOf(state: QueueState, messages: readonly NewMessage[]): Insertion {
  const { clock, newMessageId, uuid } = state.options
  const { queueId } = state.record
  const nowMs = clock.now()
  const writes: Write[] = []
  const sent: SentMessage[] = []
  let delayed = 0
  let dueMs = Number.POSITIVE_INFINITY
  for (const message of messages) {
    const { body, priority, delayMs, userProperties, systemProperties, enqueuedMs = nowMs } = message
    const messageId = newMessageId()
    const value: EntryRecord = { messageId, priority, enqueuedMs, dequeueCount: 0 }
    const kept: BodyRecord = {
      body,
      ...(userProperties.length > 0 && { userProperties }),
      ...(systemProperties.length > 0 && { systemProperties }),
    }
    writes.push({ put: bodyKey(queueId, messageId), value: kept })
    if (delayMs === 0) {
      writes.push({ put: activeKey(queueId, priority, messageId), value })
      sent.push({ messageId, handle: undefined })
    } else {
      const handle = receiptHandle(nowMs + delayMs, messageId, uuid)
      writes.push({ put: laterKey(queueId, handle), value })
      sent.push({ messageId, handle })
      dueMs = Math.min(dueMs, nowMs + delayMs)
      delayed++
    }
  }
  const change = state.change(writes, { active: messages.length - delayed, delayed, dueMs })
  return { sent, change }
}
