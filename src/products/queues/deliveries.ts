/**
 * What was published, on its way to the subscribers. Each message for each subscriber is a record, made in the commit that
 * publishes it and removed when it was delivered or given up: at least once, over restarts. A subscription with something to
 * deliver has a lane; lanes do not wait for each other.
 */
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { RecordStore, StoredRecord, Write } from '../../ports/records.ts'
import type { ReachOf } from '../../wire/reach.ts'
import { parseEndpoint } from './endpoint.ts'
import {
  ALL_SUBSCRIPTIONS,
  duePrefix,
  payloadKey,
  sortableMs,
  subscriptionKey,
  topicAliveKey,
} from './keys.ts'
import type { LiveQueues } from './live-queues.ts'
import { PRIORITY_STANDARD } from './message.ts'
import { type PayloadRecord, renderNotification, retryDelayMs } from './notification.ts'
import type { Pusher } from './push.ts'
import type { SubscriptionRecord } from './topic.ts'

/** Messages that are on their way to one subscriber at the same time. */
const LANE_WIDTH = 8
/** When records cannot be read or written, the lane tries again after this. */
const TROUBLE_MS = 1000
const START_PAGE = 256

/** The value of a due record; its key begins with the time of the next attempt. */
interface DueRecord {
  messageId: string
  failures: number
}

type Subscriber = Pick<SubscriptionRecord, 'subscriptionId' | 'topicId' | 'name'>

export interface Deliveries {
  /** What is to be committed for a message to be delivered to these subscribers. */
  writesFor(subscribers: readonly Subscriber[], payload: PayloadRecord): Write[]
  /** The writes for these were committed. */
  committed(subscribers: readonly Subscriber[]): void
  /** Takes up what waits since the last run. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface DeliveriesOptions {
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

interface Lane {
  subscriber: Subscriber
  running: Promise<void> | undefined
  again: boolean
  cancelTimer: Cancel
}

export function deliveries(options: DeliveriesOptions): Deliveries {
  const { records, queues, pusher, clock, log, random, accountId, region, reachOf } = options
  const lanes = new Map<string, Lane>()
  const closed = new AbortController()

  function wake(subscriber: Subscriber): void {
    if (closed.signal.aborted) return
    const { subscriptionId } = subscriber
    let lane = lanes.get(subscriptionId)
    if (!lane) {
      lane = { subscriber, running: undefined, again: false, cancelTimer: () => {} }
      lanes.set(subscriptionId, lane)
    }
    run(lane)
  }

  function run(lane: Lane): void {
    if (lane.running) {
      lane.again = true
      return
    }
    lane.cancelTimer()
    lane.again = false
    lane.running = deliverDue(lane)
      .catch((error: unknown) => {
        log.warn(
          { err: error, subscription: lane.subscriber.name },
          'messages of a topic wait for the records',
        )
        return clock.now() + TROUBLE_MS
      })
      .then((nextMs) => {
        lane.running = undefined
        if (closed.signal.aborted) return
        if (lane.again) run(lane)
        else if (nextMs === undefined) lanes.delete(lane.subscriber.subscriptionId)
        else lane.cancelTimer = clock.after(nextMs - clock.now(), () => run(lane))
      })
  }

  /** Delivers what is due; answers when the next falls due, undefined: nothing is left. */
  async function deliverDue({ subscriber }: Lane): Promise<number | undefined> {
    const { topicId, subscriptionId, name } = subscriber
    for (;;) {
      if (closed.signal.aborted) return undefined
      const found = await records.get<SubscriptionRecord>(subscriptionKey(topicId, name))
      const isThere =
        found?.value.subscriptionId === subscriptionId && (await records.get(topicAliveKey(topicId)))
      // It was deleted; the janitor removes what waited for it.
      if (!found || !isThere) return undefined
      const page = await records.list<DueRecord>({ prefix: duePrefix(subscriptionId), limit: LANE_WIDTH })
      const due = page.filter(({ key }) => dueMsOf(key, subscriptionId) <= clock.now())
      if (due.length === 0) return page[0] && dueMsOf(page[0].key, subscriptionId)
      await Promise.all(due.map((record) => deliver(found.value, record)))
    }
  }

  async function deliver(subscription: SubscriptionRecord, due: StoredRecord<DueRecord>): Promise<void> {
    const { subscriptionId } = subscription
    const key = payloadKey(subscriptionId, due.value.messageId)
    const removal: Write[] = [{ remove: due.key, expect: due.version }, { remove: key }]
    try {
      const payload = await records.get<PayloadRecord>(key)
      if (!payload) await records.commit(removal)
      else if (!(await attempt(subscription, payload.value, removal))) await records.commit(removal)
    } catch (error) {
      if (closed.signal.aborted) return
      await failed(subscription, due, removal, error)
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
    const notification = {
      ...payload,
      topicOwner: accountId,
      topicName: subscription.topicName,
      subscriber: accountId,
      subscriptionName: subscription.name,
    }
    if (endpoint.is === 'http') {
      const reach = reachOf(subscription.madeBy)
      await pusher.push({ url: endpoint.url, reach, format, notification, signal: closed.signal })
      return false
    }
    const { body } = renderNotification(notification, format)
    await queues.use(endpoint.queueName, async (queue) => {
      const delayMs = queue.record.delaySeconds * 1000
      const message = { body, priority: PRIORITY_STANDARD, delayMs, userProperties: [], systemProperties: [] }
      await queue.commit([queue.insertion([message]).change], removal)
    })
    return true
  }

  async function failed(
    subscription: SubscriptionRecord,
    due: StoredRecord<DueRecord>,
    removal: readonly Write[],
    error: unknown,
  ): Promise<void> {
    const failures = due.value.failures + 1
    const { subscriptionId, topicName, name, notifyStrategy } = subscription
    const facts = { topic: topicName, subscription: name, messageId: due.value.messageId, failures }
    const delayMs = retryDelayMs(notifyStrategy, failures, random)
    if (delayMs === undefined) {
      await records.commit(removal)
      log.warn({ ...facts, reason: reasonOf(error) }, 'a message of a topic was given up')
      return
    }
    log.debug({ ...facts, reason: reasonOf(error), delayMs }, 'a message of a topic is delivered later')
    const next: DueRecord = { messageId: due.value.messageId, failures }
    await records.commit([
      { remove: due.key, expect: due.version },
      { put: dueKey(subscriptionId, clock.now() + delayMs, next.messageId), value: next },
    ])
  }

  return {
    writesFor(subscribers, payload) {
      const { messageId } = payload
      const due: DueRecord = { messageId, failures: 0 }
      return subscribers.flatMap(({ subscriptionId }): Write[] => [
        { put: payloadKey(subscriptionId, messageId), value: payload },
        { put: dueKey(subscriptionId, payload.publishedMs, messageId), value: due },
      ])
    },

    committed(subscribers) {
      for (const subscriber of subscribers) wake(subscriber)
    },

    async start() {
      let after: string | undefined
      for (;;) {
        const page: StoredRecord<SubscriptionRecord>[] = await records.list({
          prefix: ALL_SUBSCRIPTIONS,
          ...(after === undefined ? {} : { after }),
          limit: START_PAGE,
        })
        for (const { value } of page) {
          const waiting = await records.list({ prefix: duePrefix(value.subscriptionId), limit: 1 })
          if (waiting.length > 0) wake(value)
        }
        if (page.length < START_PAGE) return
        after = page.at(-1)!.key
      }
    },

    async close() {
      closed.abort()
      for (const { cancelTimer } of lanes.values()) cancelTimer()
      await Promise.all([...lanes.values()].map(({ running }) => running))
    },
  }
}

const dueKey = (subscriptionId: string, dueMs: number, messageId: string): string =>
  `${duePrefix(subscriptionId)}${sortableMs(dueMs)}-${messageId}`

const dueMsOf = (key: string, subscriptionId: string): number => {
  const at = duePrefix(subscriptionId).length
  return Number(key.slice(at, at + 15))
}
