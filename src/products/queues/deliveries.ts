/**
 * What was published, on its way to the subscribers. Each message for each subscriber is a record, made in the commit that
 * publishes it and removed when it was delivered or given up: at least once, over restarts. A subscription with something to
 * deliver has a lane; lanes do not wait for each other.
 */
import type { Cancel } from '../../lib/clock.ts'
import type { StoredRecord, Write } from '../../ports/records.ts'
import { type DeliveryOptions, type DueRecord, delivery, dueKey, dueMsOf } from './delivery.ts'
import { ALL_SUBSCRIPTIONS, duePrefix, payloadKey, subscriptionKey, topicAliveKey } from './keys.ts'
import type { PayloadRecord } from './notification.ts'
import { nextSecondMs, PerSecond } from './per-second.ts'
import type { SubscriptionRecord } from './topic.ts'

/** Messages that are on their way to one subscriber at the same time. */
const LANE_WIDTH = 8
/** When records cannot be read or written, the lane tries again after this. */
const TROUBLE_MS = 1000
const START_PAGE = 256

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

interface Lane {
  subscriber: Subscriber
  rate: PerSecond
  running: Promise<void> | undefined
  again: boolean
  cancelTimer: Cancel
}

export function deliveries(options: DeliveryOptions): Deliveries {
  const { records, clock, log } = options
  const lanes = new Map<string, Lane>()
  const closed = new AbortController()
  const deliver = delivery(options, closed.signal)

  function wake(subscriber: Subscriber): void {
    if (closed.signal.aborted) return
    const { subscriptionId } = subscriber
    let lane = lanes.get(subscriptionId)
    if (!lane) {
      lane = { subscriber, rate: new PerSecond(), running: undefined, again: false, cancelTimer: () => {} }
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
  async function deliverDue({ subscriber, rate }: Lane): Promise<number | undefined> {
    const { topicId, subscriptionId, name } = subscriber
    for (;;) {
      if (closed.signal.aborted) return undefined
      const found = await records.get<SubscriptionRecord>(subscriptionKey(topicId, name))
      const isThere =
        found?.value.subscriptionId === subscriptionId && (await records.get(topicAliveKey(topicId)))
      // It was deleted; the janitor removes what waited for it.
      if (!found || !isThere) return undefined
      const page = await records.list<DueRecord>({ prefix: duePrefix(subscriptionId), limit: LANE_WIDTH })
      const nowMs = clock.now()
      const due = page.filter(({ key }) => dueMsOf(key, subscriptionId) <= nowMs)
      // The lane is kept until its second is over, or whatever is published in it would have that second once more.
      if (page.length === 0) return rate.isTaken(nowMs) ? nextSecondMs(nowMs) : undefined
      if (due.length === 0) return dueMsOf(page[0]!.key, subscriptionId)
      const { receivesPerSecondMax } = found.value
      const room = rate.room(receivesPerSecondMax, nowMs)
      if (room === 0) return nextSecondMs(nowMs)
      due.splice(room)
      if (receivesPerSecondMax !== undefined) rate.take(due.length, nowMs)
      await Promise.all(due.map((record) => deliver(found.value, record)))
    }
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
