/**
 * Asynchronous invocations: durable before they are acknowledged, then called at least once, with retries; their outcomes
 * sent to destinations, and what cannot be delivered kept as dead letters. The parts are in `async/`.
 */
import type { Clock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import type { Invoker } from '../ports/invocation.ts'
import type { RecordStore, Write } from '../ports/records.ts'
import { type AcceptedEvent, acceptEvent, QueueFull } from './async/acceptance.ts'
import { type AsyncBacklog, backlogOf } from './async/backlog.ts'
import { type DeadLetters, deadLetters as deadLettersOf } from './async/dead-letters.ts'
import { deliveryAttempt } from './async/delivery-attempt.ts'
import { type Destination, destinations as destinationsOf } from './async/destinations.ts'
import { type AsyncPolicy, type EventAttemptNeeds, eventAttempt } from './async/event-attempt.ts'
import { functionDestination } from './async/function-destination.ts'
import { lanes as lanesOf } from './async/lanes.ts'
import { type AsyncLimits, asyncLimits } from './async/limits.ts'
import { parseQueueKey } from './async/queue-keys.ts'
import { carriedKey } from './async/queued.ts'
import { settler } from './async/settle.ts'
import { steadyTime } from './async/steady-time.ts'
import { type StopOutcome, stopTask } from './async/stop-task.ts'
import { type Tasks, tasks as tasksOf } from './async/tasks.ts'
import { type BilledAttempts, noAttempts } from './metering/billed-attempts.ts'

export interface AsyncInvocations {
  /**
   * Durable when it resolves, together with what is written alongside: both or neither. Rejects with `TaskInFlight`,
   * `QueueFull`, `TargetGone`, or `VersionConflict` when an expectation alongside does not hold.
   */
  accept(event: AcceptedEvent, alongside?: readonly Write[]): Promise<void>
  /** Keeps an event that will not be called as a dead letter, together with what is written alongside. */
  bury(
    event: Pick<
      AcceptedEvent,
      'accountId' | 'functionName' | 'qualifier' | 'requestId' | 'event' | 'hops' | 'triggerName'
    >,
    death: { because: string; condition: string },
    alongside?: readonly Write[],
  ): Promise<void>
  /** Takes up what an earlier platform had accepted and not finished. Nothing is called before. */
  start(): Promise<void>
  depth(): number
  /** The functions that have something in the queue, those with most of it first. */
  backlog(): Promise<AsyncBacklog[]>
  tasks: Pick<Tasks, 'list' | 'read'> & {
    stop(accountId: string, functionName: string, taskId: string): Promise<StopOutcome>
  }
  deadLetters: Pick<DeadLetters, 'list' | 'redrive' | 'purge'>
  /** Kinds of ARNs that outcomes can be sent to. */
  destinationKinds: ReadonlySet<string>
  /** Forgets tasks and dead letters that are past their time. */
  sweep(): Promise<void>
  /** Begins nothing more; what is being called may finish for a moment. The rest is left to the next platform. */
  close(): Promise<void>
}

export function asyncInvocations({
  records,
  invoker,
  clock,
  ids,
  log,
  resolve,
  policyOf,
  presenceOf,
  moreDestinations = [],
  limits = asyncLimits,
  billed = noAttempts(),
}: {
  records: RecordStore
  invoker: Invoker
  clock: Clock
  ids: IdSource
  log: Logger
  resolve: EventAttemptNeeds['resolve']
  policyOf(accountId: string, functionName: string, qualifier: string): Promise<AsyncPolicy>
  /** Checks that fail a commit when the function or what the qualifier names is not there. */
  presenceOf(event: AcceptedEvent): Write[]
  /** Beside functions. */
  moreDestinations?: readonly Destination[]
  limits?: AsyncLimits
  /** Default: nothing is charged. */
  billed?: Pick<BilledAttempts, 'begins' | 'settled' | 'queued' | 'foundAll'>
}): AsyncInvocations {
  const now = steadyTime(clock)
  const stopping = new AbortController()
  const lanes = lanesOf({ records, clock, now, log, attempt: (key, signal) => attempts[parseQueueKey(key).root](key, signal) }) // biome-ignore format: one line
  const tasks = tasksOf({ records, clock, log, limits })
  const deadLetters = deadLettersOf({ records, clock, now, log, lanes, limits })
  const settle = settler({ records, clock, log, tasks, stopping: stopping.signal })
  const keepsTasks = async ({ accountId, functionName, qualifier }: AcceptedEvent) =>
    (await policyOf(accountId, functionName, qualifier)).asyncTask
  const take = (event: AcceptedEvent, alongside?: readonly Write[]) =>
    acceptEvent({ records, clock, now, lanes, tasks, limits, keepsTasks, presenceOf }, event, alongside)
  const destinations = destinationsOf([functionDestination(take), ...moreDestinations])
  const isClosed = () => stopping.signal.aborted
  const attempts = {
    'async/queue/': eventAttempt({ records, invoker, clock, now, ids, log, lanes, tasks, deadLetters, settle, billed, resolve, policyOf, isClosed }), // biome-ignore format: one line
    'async/deliveries/': deliveryAttempt({ records, clock, now, log, deadLetters, destinations, settle }),
  }

  return {
    async accept(event, alongside = []) {
      if (isClosed()) throw new QueueFull()
      await take(event, alongside)
    },
    async bury({ event, hops = 0, ...accepted }, death, alongside = []) {
      const item = { ...accepted, hops, acceptedMs: now(), failures: 0, postponements: 0 }
      const { writes } = deadLetters.burial({ item, ...death, diedMs: clock.now(), attempts: 0 })
      const payload = { put: carriedKey(item), value: { bodyBase64: Buffer.from(event).toString('base64') } }
      await records.commit([...alongside, payload, ...writes])
      await deadLetters.died(item)
    },
    async start() {
      await lanes.start((key) => billed.queued(parseQueueKey(key).id))
      billed.foundAll()
    },
    depth: () => lanes.depth(),
    backlog: () => backlogOf({ lanes, now }),
    tasks: {
      list: tasks.list,
      read: tasks.read,
      stop: (accountId, functionName, taskId) =>
        stopTask({ records, clock, lanes, tasks }, { accountId, functionName }, taskId),
    },
    deadLetters,
    destinationKinds: destinations.kinds,
    async sweep() {
      await tasks.sweep()
      await deadLetters.sweep()
    },
    async close() {
      stopping.abort()
      await lanes.close()
    },
  }
}
