/** One attempt at handing an outcome to its destination. */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore, Write } from '../../ports/records.ts'
import { backoff, systemDelays } from './backoff.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Destinations, SendOutcome } from './destinations.ts'
import type { Verdict } from './lanes.ts'
import { laneOf, waitingKey } from './queue-keys.ts'
import { carriedKey, type Payload, type QueuedDelivery } from './queued.ts'
import type { Settle } from './settle.ts'

/** A destination that takes nothing for this long is given up: as long as an event may wait by default. */
const ageMaxMs = 86_400_000

export function deliveryAttempt({
  records,
  clock,
  now,
  log,
  deadLetters,
  destinations,
  settle,
}: {
  records: RecordStore
  clock: Clock
  now(): number
  log: Logger
  deadLetters: DeadLetters
  destinations: Destinations
  settle: Settle
}) {
  return async function attempt(key: string): Promise<Verdict> {
    const stored = await records.get<QueuedDelivery>(key)
    if (!stored) return { is: 'gone' }
    const delivery = stored.value
    const ownPayload = carriedKey(delivery)
    const payload = await records.get<Payload>(ownPayload)
    const outcome: SendOutcome = payload
      ? await send(delivery, Buffer.from(payload.value.bodyBase64, 'base64'))
      : { is: 'refused', because: 'what it carried is not in the store' }
    if (outcome.is === 'delivered') {
      return end(key, delivery, 'Succeeded', [{ remove: ownPayload }])
    }
    const { because } = outcome
    const leftMs = ageMaxMs - (now() - delivery.acceptedMs)
    if (outcome.is === 'refused' || leftMs < 0) {
      const { functionName, destination } = delivery
      log.warn({ functionName, destination, because }, 'an outcome could not be sent to its destination')
      const { writes } = deadLetters.burial({
        item: delivery,
        because,
        condition: 'DestinationError',
        diedMs: clock.now(),
        attempts: delivery.postponements + 1,
      })
      const verdict = await end(key, delivery, 'Failed', writes)
      await deadLetters.died(delivery)
      return verdict
    }
    const delayMs = Math.min(backoff(systemDelays, delivery.postponements), leftMs + 1)
    const next = { ...delivery, postponements: delivery.postponements + 1, delayMs }
    const lane = laneOf('async/deliveries/', delivery)
    await settle(undefined, [
      { remove: key },
      { put: waitingKey(lane, now() + delayMs, delivery.requestId), value: next },
    ])
    return { is: 'waits', because, throttled: false }
  }

  async function send(delivery: QueuedDelivery, body: Uint8Array): Promise<SendOutcome> {
    const { accountId, destination: arn, requestId, hops } = delivery
    const destination = destinations.find(arn)
    if (!destination) return { is: 'refused', because: `nothing here receives for '${arn}'` }
    try {
      return await destination.send({ accountId, arn, requestId, body, hops })
    } catch (error) {
      log.error({ err: error, destination: arn }, 'a destination failed; it is tried again')
      return { is: 'later', because: error instanceof Error ? error.message : String(error) }
    }
  }

  async function end(
    key: string,
    { accountId, functionName, eventRequestId, taskId, stateful }: QueuedDelivery,
    destinationStatus: 'Succeeded' | 'Failed',
    writes: Write[],
  ): Promise<Verdict> {
    const task =
      stateful && taskId !== undefined
        ? {
            event: { accountId, functionName, requestId: eventRequestId, taskId },
            steps: [],
            change: { destinationStatus },
          }
        : undefined
    await settle(task, [{ remove: key }, ...writes])
    return { is: 'done' }
  }
}
