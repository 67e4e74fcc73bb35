/**
 * One message on its way to one subscriber: delivered, tried again later, or given up, each by one commit that takes it from
 * where it waits. What is given up goes to the queue for dead letters, if the subscription has one.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { RecordStore, StoredRecord, Write } from '../../ports/records.ts'
import { ApiError } from '../../wire/api-error.ts'
import type { ReachOf } from '../../wire/reach.ts'
import { parseEndpoint } from './endpoint.ts'
import { duePrefix, payloadKey, sortableMs } from './keys.ts'
import type { LiveQueues } from './live-queues.ts'
import { PRIORITY_STANDARD } from './message.ts'
import { type Notification, type PayloadRecord, renderNotification, retryDelayMs } from './notification.ts'
import type { Pusher } from './push.ts'
import type { SubscriptionRecord } from './topic.ts'

/** A dead letter is tried again after this while the queue for it is not there. */
const DEAD_RETRY_MS = 512_000
/** From publishing on; then it is given up all the same. As long as a queue keeps a message at most. */
const DEAD_KEPT_MS = 604_800_000

/** The value of a due record; its key begins with the time of the next attempt. */
export interface DueRecord {
  messageId: string
  failures: number
}

export interface DeliveryOptions {
  records: RecordStore
  queues: LiveQueues
  pusher: Pusher
  clock: Clock
  log: Logger
  random(): number
  accountId: string
  region: string
  reachOf: ReachOf
}

export type Deliver = (subscription: SubscriptionRecord, due: StoredRecord<DueRecord>) => Promise<void>

/** Rejects where records cannot be read or written; the message is due as before. */
export function delivery(options: DeliveryOptions, closed: AbortSignal): Deliver {
  const { records, queues, pusher, clock, log, random, accountId, region, reachOf } = options

  const deliver: Deliver = async (subscription, due) => {
    const { subscriptionId } = subscription
    const key = payloadKey(subscriptionId, due.value.messageId)
    const removal: Write[] = [{ remove: due.key, expect: due.version }, { remove: key }]
    const payload = await records.get<PayloadRecord>(key)
    if (!payload) return records.commit(removal)
    try {
      if (!(await attempt(subscription, payload.value, removal))) await records.commit(removal)
    } catch (error) {
      if (closed.aborted) return
      await failed({ subscription, due, payload: payload.value, removal, error })
    }
  }

  /** True: the removal was committed with the delivery. */
  async function attempt(
    subscription: SubscriptionRecord,
    payload: PayloadRecord,
    removal: readonly Write[],
  ): Promise<boolean> {
    const endpoint = parseEndpoint(subscription.endpoint, { accountId, region })
    const format = subscription.notifyContentFormat
    const notification = notificationOf(subscription, payload)
    if (endpoint.is === 'http') {
      const reach = reachOf(subscription.madeBy)
      await pusher.push({ url: endpoint.url, reach, format, notification, signal: closed })
      return false
    }
    await moveInto(endpoint.queueName, renderNotification(notification, format).body, removal)
    return true
  }

  const notificationOf = ({ topicName, name }: SubscriptionRecord, payload: PayloadRecord): Notification => ({
    ...payload,
    topicOwner: accountId,
    topicName,
    subscriber: accountId,
    subscriptionName: name,
  })

  /** The message is in the queue and no longer on its way, by one commit. Throws QueueNotExist. */
  const moveInto = (queueName: string, body: string, removal: readonly Write[]): Promise<void> =>
    queues.use(queueName, async (queue) => {
      const delayMs = queue.record.delaySeconds * 1000
      const message = { body, priority: PRIORITY_STANDARD, delayMs, userProperties: [], systemProperties: [] }
      await queue.commit([queue.insertion([message]).change], removal)
    })

  interface Failure {
    subscription: SubscriptionRecord
    due: StoredRecord<DueRecord>
    payload: PayloadRecord
    removal: readonly Write[]
    error: unknown
  }

  async function failed(failure: Failure): Promise<void> {
    const { subscription, due, error } = failure
    const failures = due.value.failures + 1
    const { subscriptionId, notifyStrategy } = subscription
    const delayMs = retryDelayMs(notifyStrategy, failures, random) ?? (await giveUp(failure))
    if (delayMs === undefined) return
    const facts = { ...factsOf(failure), failures, reason: reasonOf(error), delayMs }
    log.debug(facts, 'a message of a topic is delivered later')
    const next: DueRecord = { messageId: due.value.messageId, failures }
    await records.commit([
      { remove: due.key, expect: due.version },
      { put: dueKey(subscriptionId, clock.now() + delayMs, next.messageId), value: next },
    ])
  }

  /** A number: the queue for dead letters is not there, and it is all tried again after so many ms. */
  async function giveUp(failure: Failure): Promise<number | undefined> {
    const { subscription, payload, removal, error } = failure
    const { deadLetters, notifyContentFormat } = subscription
    const facts = { ...factsOf(failure), reason: reasonOf(error) }
    if (deadLetters !== undefined) {
      const { body } = renderNotification(notificationOf(subscription, payload), notifyContentFormat)
      try {
        await moveInto(deadLetters, body, removal)
        log.warn({ ...facts, deadLetters }, 'a message of a topic went to the dead letters')
        return undefined
      } catch (refusal) {
        if (!(refusal instanceof ApiError && refusal.code === 'QueueNotExist')) throw refusal
        if (clock.now() - payload.publishedMs < DEAD_KEPT_MS) return DEAD_RETRY_MS
      }
    }
    await records.commit(removal)
    log.warn(facts, 'a message of a topic was given up')
    return undefined
  }

  return deliver
}

const factsOf = ({
  subscription: { topicName, name },
  due,
}: {
  subscription: SubscriptionRecord
  due: StoredRecord<DueRecord>
}) => ({ topic: topicName, subscription: name, messageId: due.value.messageId })

export const dueKey = (subscriptionId: string, dueMs: number, messageId: string): string =>
  `${duePrefix(subscriptionId)}${sortableMs(dueMs)}-${messageId}`

export const dueMsOf = (key: string, subscriptionId: string): number => {
  const at = duePrefix(subscriptionId).length
  return Number(key.slice(at, at + 15))
}
