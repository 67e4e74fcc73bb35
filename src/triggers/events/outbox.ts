/**
 * What happened in a product, on its way to the function of a trigger. The product commits it together with the write that
 * it tells of; from there it is moved into the queue of asynchronous invocations, each by one commit, in the order in
 * which it happened, and at most `movingMax` of a trigger at once.
 *
 * Bounds: `depthMax` events of a trigger wait; what would be one more is refused together with its write. A trigger that
 * hands nothing on keeps what waits for as long as `ageMaxMs`; then it dies (`needs.ts`).
 */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { reasonOf } from '../../lib/reason.ts'
import { type Announcement, AnnouncementsFull } from '../../ports/announcements.ts'
import { type RecordStore, type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import type { SourceTrigger, SourceTriggers, TriggerName } from './source-triggers.ts'
import { type Step, stepLoops } from './step-loops.ts'

export interface OutboxEvent extends TriggerName {
  triggerId: string
  /** Of the invocation that it becomes: the same, however often it is handed on. */
  requestId: string
  /** What the function is given, as text. */
  event: string
  /** How many functions led here, one triggered by the other. */
  hops: number
  happenedMs: number
}

export type HandedOn =
  /** With the write that takes it out of the outbox. */
  | { is: 'taken' }
  /** The same again later. */
  | { is: 'later'; because: string }
  /** Trying again does not help. */
  | { is: 'refused'; because: string; condition: string }

export interface OutboxNeeds {
  records: Pick<RecordStore, 'list' | 'commit'>
  triggers: Pick<SourceTriggers, 'find'>
  /** Makes it an invocation, together with the write. Throws `VersionConflict` when the write does not hold. */
  handOn(event: OutboxEvent, trigger: SourceTrigger, alongside: Write): Promise<HandedOn>
  /** Keeps what is given up where the owner of the function finds it, together with the write. */
  bury(event: OutboxEvent, trigger: SourceTrigger, death: Death, alongside: Write): Promise<void>
  clock: Clock
  log: Logger
}

export interface Death {
  because: string
  condition: string
}

export interface OutboxLimits {
  depthMax: number
  ageMaxMs: number
}

export interface LaneState {
  waiting: number
  /** When the oldest that waits happened, ms. */
  oldestMs?: number
  lastError?: { atMs: number; message: string }
}

export interface Outbox {
  /** Undefined: there are none. Throws `OutboxFull`. */
  announcementOf(events: readonly OutboxEvent[]): Announcement | undefined
  /** Counts what waits, and hands it on. */
  start(): Promise<void>
  /** The triggers of a function may be others, or no longer be paused. */
  changed(functionName: string): void
  state(name: TriggerName): Promise<LaneState>
  /** Hands on no more; what is being handed on is finished. */
  close(): Promise<void>
}

/** As many events of one trigger wait already as may. */
export class OutboxFull extends AnnouncementsFull {
  constructor({ functionName, triggerName }: TriggerName) {
    super(`too many events of the trigger '${triggerName}' of function '${functionName}' are waiting`)
    this.name = 'OutboxFull'
  }
}

export const outboxLimits: OutboxLimits = { depthMax: 100_000, ageMaxMs: 86_400_000 }

/** Of one trigger. */
const movingMax = 16
const pageMax = 64
const countedAtOnce = 1000
/** Triggers whose events are moved at once; the others wait for these. */
const lanesMovingMax = 32
const retryMinMs = 500
const retryMaxMs = 60_000
/** A trigger that is paused is looked at this often for what has become too old. */
const pausedLookMs = 3_600_000

const ROOT = 'triggers/outbox/'
const laneKey = ({ functionName, triggerName }: TriggerName): string =>
  `${ROOT}${functionName}/${triggerName}/`
const keyForm = /^triggers\/outbox\/([^/]+)\/([^/]+)\//

interface Lane extends TriggerName {
  depth: number
  lastError?: { atMs: number; message: string }
}

export function outbox(
  { records, triggers, handOn, bury, clock, log }: OutboxNeeds,
  { depthMax, ageMaxMs }: OutboxLimits = outboxLimits,
): Outbox {
  /** By their keys: those that have events, or had an error since their function was last changed. */
  const lanes = new Map<string, Lane>()
  const loops = stepLoops({ step: movePage, clock, retryMinMs, retryMaxMs, atOnceMax: lanesMovingMax })
  let order = 0

  function laneOf(key: string): Lane {
    const known = lanes.get(key)
    if (known) return known
    const [, functionName = '', triggerName = ''] = keyForm.exec(key) ?? []
    const lane = { functionName, triggerName, depth: 0 }
    lanes.set(key, lane)
    return lane
  }

  /** Rises also over restarts and while the clock stands still; a clock that was put back leaves it where it was. */
  function nextOrder(): string {
    order = Math.max(order + 1, Math.round(clock.now()) * 1000)
    return String(order).padStart(17, '0')
  }

  function failed(lane: Lane, message: string): void {
    lane.lastError = { atMs: clock.now(), message }
  }

  async function movePage(key: string): Promise<Step> {
    const lane = laneOf(key)
    try {
      const trigger = await triggers.find(lane)
      const page = await records.list<OutboxEvent>({ prefix: key, limit: pageMax })
      if (page.length === 0) {
        lane.depth = 0
        if (!lane.lastError) lanes.delete(key)
        return 'idle'
      }
      return await moveAll(lane, trigger, page)
    } catch (error) {
      const { functionName, triggerName } = lane
      log.error({ err: error, functionName, triggerName }, 'events of a trigger could not be handed on yet')
      failed(lane, reasonOf(error))
      return 'retry'
    }
  }

  async function moveAll(
    lane: Lane,
    trigger: SourceTrigger | undefined,
    page: readonly StoredRecord<OutboxEvent>[],
  ): Promise<Step> {
    for (let at = 0; at < page.length; at += movingMax) {
      const some = page.slice(at, at + movingMax)
      const outcomes = await Promise.all(some.map((stored) => moveOne(lane, trigger, stored)))
      if (outcomes.includes('later')) return 'retry'
      if (outcomes.includes('paused')) return { waitMs: pausedLookMs }
    }
    return 'more'
  }

  async function moveOne(
    lane: Lane,
    trigger: SourceTrigger | undefined,
    { key, value, version }: StoredRecord<OutboxEvent>,
  ): Promise<'moved' | 'later' | 'paused'> {
    const removal: Write = { remove: key, expect: version }
    try {
      // The trigger is gone, or another has its name: nobody waits for the event any more.
      if (trigger?.triggerId !== value.triggerId) {
        await records.commit([removal])
        return left(lane)
      }
      const isOld = clock.now() - value.happenedMs > ageMaxMs
      if (trigger.pausedMs !== undefined && !isOld) return 'paused'
      const handed: HandedOn = isOld
        ? { is: 'refused', because: 'it waited too long', condition: 'EventTooOld' }
        : await handOn(value, trigger, removal)
      if (handed.is === 'later') {
        failed(lane, handed.because)
        return 'later'
      }
      if (handed.is === 'refused') {
        const { functionName, triggerName } = lane
        const { because, condition } = handed
        log.warn({ functionName, triggerName, because }, 'an event of a trigger was given up')
        failed(lane, because)
        await bury(value, trigger, { because, condition }, removal)
      }
      return left(lane)
    } catch (error) {
      // Somebody else has moved it.
      if (error instanceof VersionConflict && error.key === key) return left(lane)
      throw error
    }
  }

  function left(lane: Lane): 'moved' {
    lane.depth = Math.max(0, lane.depth - 1)
    return 'moved'
  }

  return {
    announcementOf(events) {
      if (events.length === 0) return undefined
      const keys = events.map(laneKey)
      return {
        writes: events.map((event, index): Write => {
          const key = keys[index]!
          if ((lanes.get(key)?.depth ?? 0) >= depthMax) throw new OutboxFull(event)
          return { put: `${key}${nextOrder()}-${event.requestId}`, value: event }
        }),
        committed() {
          for (const key of keys) {
            laneOf(key).depth++
            loops.nudge(key)
          }
        },
      }
    },
    async start() {
      for (let after: string | undefined; ; ) {
        const page = await records.list<OutboxEvent>({
          prefix: ROOT,
          limit: countedAtOnce,
          ...(after === undefined ? {} : { after }),
        })
        for (const { value } of page) laneOf(laneKey(value)).depth++
        if (page.length < countedAtOnce) break
        after = page.at(-1)!.key
      }
      loops.start()
      for (const key of lanes.keys()) loops.wake(key)
    },
    changed(functionName) {
      for (const [key, lane] of lanes) {
        if (lane.functionName !== functionName) continue
        if (lane.depth === 0 && !loops.isStepping(key)) lanes.delete(key)
        else loops.wake(key)
      }
    },
    async state(name) {
      const key = laneKey(name)
      const lane = lanes.get(key)
      const [oldest] = await records.list<OutboxEvent>({ prefix: key, limit: 1 })
      return {
        waiting: lane?.depth ?? 0,
        ...(oldest ? { oldestMs: oldest.value.happenedMs } : {}),
        ...(lane?.lastError ? { lastError: lane.lastError } : {}),
      }
    },
    close: () => loops.close(),
  }
}
