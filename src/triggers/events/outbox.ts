/**
 * What happened in a product, on its way to the function of a trigger. The product commits it together with the write that
 * it tells of; from there it is moved into the queue of asynchronous invocations, each by one commit, in the order in
 * which it happened, and at most `movingMax` of a trigger at once.
 *
 * Bounds: `depthMax` events of a trigger wait; what would be one more is refused together with its write. A trigger that
 * hands nothing on keeps what waits for as long as `ageMaxMs`; then it dies (`needs.ts`).
 */
import type { Cancel, Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { reasonOf } from '../../lib/reason.ts'
import { type RecordStore, type StoredRecord, VersionConflict, type Write } from '../../ports/records.ts'
import type { SourceTrigger, SourceTriggers, TriggerName } from './source-triggers.ts'

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

export interface Announcement {
  /** To be committed with what happened. */
  writes: Write[]
  /** Called when they are. */
  committed(): void
}

export interface Outbox {
  /** Undefined: there are none. Throws `OutboxFull`. */
  announcementOf(events: readonly OutboxEvent[]): Announcement | undefined
  /** Counts what waits, and hands it on. */
  start(): Promise<void>
  /** The triggers of a function may be others, or no longer be paused. */
  changed(functionName: string): void
  /** Of this trigger something went wrong outside: shown with its state. */
  failed(name: TriggerName, message: string): void
  state(name: TriggerName): Promise<LaneState>
  /** Hands on no more; what is being handed on is finished. */
  close(): Promise<void>
}

/** As many events of one trigger wait already as may. */
export class OutboxFull extends Error {
  constructor({ functionName, triggerName }: TriggerName) {
    super(`too many events of the trigger '${triggerName}' of function '${functionName}' are waiting`)
    this.name = 'OutboxFull'
  }
}

export const outboxLimits: OutboxLimits = { depthMax: 100_000, ageMaxMs: 86_400_000 }

/** Of one trigger. */
const movingMax = 16
const pageMax = 64
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
  moving: boolean
  /** It is to be looked at again: something came while it was being moved. */
  again: boolean
  failures: number
  /** What could not be handed on is tried again after a while: what comes meanwhile waits behind it. */
  retries: boolean
  cancel: Cancel
  lastError?: { atMs: number; message: string }
}

export function outbox(
  { records, triggers, handOn, bury, clock, log }: OutboxNeeds,
  { depthMax, ageMaxMs }: OutboxLimits = outboxLimits,
): Outbox {
  const lanes = new Map<string, Lane>()
  const working = new Set<Promise<void>>()
  const queued: Lane[] = []
  let started = false
  let closed = false
  let order = 0

  function laneOf({ functionName, triggerName }: TriggerName): Lane {
    const key = laneKey({ functionName, triggerName })
    const known = lanes.get(key)
    if (known) return known
    const lane = { functionName, triggerName, depth: 0, moving: false, again: false, failures: 0, retries: false, cancel: () => {} } // biome-ignore format: one line
    lanes.set(key, lane)
    return lane
  }

  /** Rises also over restarts and while the clock stands still; a clock that was put back leaves it where it was. */
  function nextOrder(): string {
    order = Math.max(order + 1, Math.round(clock.now()) * 1000)
    return String(order).padStart(17, '0')
  }

  function wake(lane: Lane): void {
    if (!started || closed) return
    if (lane.moving) {
      lane.again = true
      return
    }
    lane.cancel()
    lane.retries = false
    lane.moving = true
    if (working.size >= lanesMovingMax) queued.push(lane)
    else run(lane)
  }

  function run(lane: Lane): void {
    const work = moveAll(lane).finally(() => {
      working.delete(work)
      lane.moving = false
      if (lane.again && !lane.retries) wake(lane)
      const next = closed ? undefined : queued.shift()
      if (next) run(next)
      if (lane.depth === 0 && !lane.moving && !lane.lastError) lanes.delete(laneKey(lane))
    })
    working.add(work)
  }

  function later(lane: Lane, delayMs: number): void {
    if (closed) return
    lane.cancel()
    lane.cancel = clock.after(delayMs, () => wake(lane))
  }

  function retry(lane: Lane): void {
    lane.failures++
    lane.retries = true
    later(lane, Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(lane.failures - 1, 10)))
  }

  function failed(lane: Lane, message: string): void {
    lane.lastError = { atMs: clock.now(), message }
  }

  async function moveAll(lane: Lane): Promise<void> {
    try {
      for (;;) {
        lane.again = false
        const trigger = await triggers.find(lane)
        const page = await records.list<OutboxEvent>({ prefix: laneKey(lane), limit: pageMax })
        if (page.length === 0) lane.depth = 0
        if (page.length === 0 || closed) return
        const held = await movePage(lane, trigger, page)
        if (held === 'paused') return later(lane, pausedLookMs)
        if (held === 'later') return retry(lane)
        lane.failures = 0
      }
    } catch (error) {
      const { functionName, triggerName } = lane
      log.error({ err: error, functionName, triggerName }, 'events of a trigger could not be handed on yet')
      failed(lane, reasonOf(error))
      retry(lane)
    }
  }

  async function movePage(
    lane: Lane,
    trigger: SourceTrigger | undefined,
    page: readonly StoredRecord<OutboxEvent>[],
  ): Promise<'moved' | 'later' | 'paused'> {
    let outcome: 'moved' | 'later' | 'paused' = 'moved'
    for (let at = 0; at < page.length && outcome === 'moved'; at += movingMax) {
      const outcomes = await Promise.all(
        page.slice(at, at + movingMax).map((stored) => moveOne(lane, trigger, stored)),
      )
      if (outcomes.includes('later')) outcome = 'later'
      else if (outcomes.includes('paused')) outcome = 'paused'
    }
    return outcome
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
      return {
        writes: events.map((event) => {
          if ((lanes.get(laneKey(event))?.depth ?? 0) >= depthMax) throw new OutboxFull(event)
          return { put: `${laneKey(event)}${nextOrder()}-${event.requestId}`, value: event }
        }),
        committed() {
          for (const event of events) {
            const lane = laneOf(event)
            lane.depth++
            if (!lane.retries) wake(lane)
          }
        },
      }
    },
    async start() {
      for (let after: string | undefined; ; ) {
        const page = await records.list<OutboxEvent>({
          prefix: ROOT,
          limit: 1000,
          ...(after === undefined ? {} : { after }),
        })
        for (const { key } of page) {
          const [, functionName = '', triggerName = ''] = keyForm.exec(key) ?? []
          laneOf({ functionName, triggerName }).depth++
        }
        if (page.length < 1000) break
        after = page.at(-1)!.key
      }
      started = true
      for (const lane of [...lanes.values()]) wake(lane)
    },
    changed(functionName) {
      for (const [key, lane] of lanes) {
        if (lane.functionName !== functionName) continue
        if (lane.depth === 0 && !lane.moving) lanes.delete(key)
        else wake(lane)
      }
    },
    failed: (name, message) => failed(laneOf(name), message),
    async state(name) {
      const lane = lanes.get(laneKey(name))
      const [oldest] = await records.list<OutboxEvent>({ prefix: laneKey(name), limit: 1 })
      return {
        waiting: lane?.depth ?? 0,
        ...(oldest ? { oldestMs: oldest.value.happenedMs } : {}),
        ...(lane?.lastError ? { lastError: lane.lastError } : {}),
      }
    },
    async close() {
      closed = true
      for (const lane of lanes.values()) lane.cancel()
      await Promise.all(working)
    },
  }
}
