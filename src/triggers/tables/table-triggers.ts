/**
 * Triggers of tables: each follows the stream of its table, in order, a batch at a time. The function is called and waited
 * for; what it has not succeeded with is called again until it has, or until the stream no longer keeps it. How far a
 * trigger has got is written when a batch has succeeded: one that succeeded just before a crash is called once more, by
 * the same id.
 */
import { createHash } from 'node:crypto'
import { reasonOf } from '../../lib/reason.ts'
import type { LaneState } from '../events/outbox.ts'
import type { SourceTrigger, TriggerName } from '../events/source-triggers.ts'
import { type Step, stepLoops } from '../events/step-loops.ts'
import { tableEvent } from './event.ts'
import type { Batch, StreamPlace, TableChange, TableTriggersNeeds } from './needs.ts'

export interface TableTriggers {
  /** Goes on from where each trigger had got. */
  start(): Promise<void>
  /** The triggers of a function may be others, or no longer be paused. */
  changed(functionName: string): void
  /** Changes were committed to this table of changes. */
  written(changesTable: string): void
  state(trigger: TriggerName): Promise<LaneState>
  /** Calls no more; what is being called may finish for a moment, and is called again by the next platform if it has not. */
  close(): Promise<void>
}

/** In one call, and looked at to tell how many wait. */
const batchMax = 100
const countedMax = 1000
const retryMinMs = 1000
const retryMaxMs = 60_000
/** A table that is not there, or keeps no changes, is looked for this often. */
const missingLookMs = 30_000
/** As long as a call may still take when the platform stops. */
const closeMs = 2000

const checkpointKey = ({ functionName, triggerName }: TriggerName): string =>
  `triggers/checkpoints/${functionName}/${triggerName}`

interface Checkpoint {
  triggerId: string
  streamId: string
  /** Hex. */
  key: string
}

interface Follower extends TriggerName {
  /** Undefined until the stream was found. */
  changesTable?: string
  lastError?: { atMs: number; message: string }
}

const keyOf = ({ functionName, triggerName }: TriggerName): string => `${functionName}/${triggerName}`

export function tableTriggers({
  triggers,
  records,
  read,
  call,
  refusal,
  bury,
  clock,
  log,
}: TableTriggersNeeds): TableTriggers {
  const followers = new Map<string, Follower>()
  const stopping = new AbortController()
  const loops = stepLoops({ step: stepSafely, clock, retryMinMs, retryMaxMs })
  let started = false

  function failed(follower: Follower, message: string): void {
    follower.lastError = { atMs: clock.now(), message }
  }

  async function stepSafely(key: string): Promise<Step> {
    const follower = followers.get(key)
    if (!follower) return 'idle'
    try {
      return await step(follower)
    } catch (error) {
      const { functionName, triggerName } = follower
      log.error({ err: error, functionName, triggerName }, 'changes of a table could not be handed on yet')
      failed(follower, reasonOf(error))
      return 'retry'
    }
  }

  async function step(follower: Follower): Promise<Step> {
    const trigger = await triggers.find(follower)
    if (trigger?.triggerType !== 'tablestore') {
      await forget(follower)
      return 'idle'
    }
    if (trigger.pausedMs !== undefined) return 'idle'
    const place = await placeOf(trigger)
    const page = await read(trigger.source, place, batchMax)
    if (page.is !== 'read') {
      delete follower.changesTable
      failed(follower, page.is === 'noTable' ? 'the table is not there' : 'the table has no stream')
      return { waitMs: missingLookMs }
    }
    follower.changesTable = page.changesTable
    const last = page.changes.at(-1)
    if (!last) return 'idle'
    const meant = page.changes.filter(({ timestampMs }) => timestampMs >= trigger.sinceMs)
    if (meant.length > 0) {
      const batch = batchOf(trigger, page.streamId, meant)
      const refused = refusal(batch)
      if (refused) {
        failed(follower, refused.because)
        const { functionName, triggerName } = follower
        log.warn({ functionName, triggerName, because: refused.because }, 'changes of a table were given up')
        await bury(trigger, batch, refused)
      } else {
        const because = await call(trigger, batch, stopping.signal)
        if (because !== undefined) {
          failed(follower, because)
          return 'retry'
        }
      }
    }
    const { triggerId } = trigger
    const value: Checkpoint = {
      triggerId,
      streamId: page.streamId,
      key: Buffer.from(last.key).toString('hex'),
    }
    await records.commit([{ put: checkpointKey(trigger), value }])
    return 'more'
  }

  async function placeOf(trigger: SourceTrigger): Promise<StreamPlace | undefined> {
    const kept = (await records.get<Checkpoint>(checkpointKey(trigger)))?.value
    if (kept?.triggerId !== trigger.triggerId) return undefined
    return { streamId: kept.streamId, key: Buffer.from(kept.key, 'hex') }
  }

  async function forget(follower: Follower): Promise<void> {
    await records.commit([{ remove: checkpointKey(follower) }])
    followers.delete(keyOf(follower))
  }

  async function startFollowing(functionName?: string): Promise<void> {
    const isMeant = (name: TriggerName) => functionName === undefined || name.functionName === functionName
    for (const trigger of (await triggers.all('tablestore')).filter(isMeant)) {
      const key = keyOf(trigger)
      const { functionName, triggerName } = trigger
      if (!followers.has(key)) followers.set(key, { functionName, triggerName })
    }
    for (const [key, follower] of followers) if (isMeant(follower)) loops.wake(key)
  }

  return {
    async start() {
      started = true
      loops.start()
      await startFollowing()
    },
    changed(functionName) {
      if (!started) return
      startFollowing(functionName).catch((error: unknown) =>
        log.error({ err: error, functionName }, 'the triggers of a function could not be read'),
      )
    },
    written(changesTable) {
      for (const [key, follower] of followers)
        if ((follower.changesTable ?? changesTable) === changesTable) loops.nudge(key)
    },
    async state(name) {
      const follower = followers.get(keyOf(name))
      const trigger = await triggers.find(name)
      const page = trigger && (await read(trigger.source, await placeOf(trigger), countedMax))
      const waiting =
        page?.is === 'read' ? page.changes.filter(({ timestampMs }) => timestampMs >= trigger!.sinceMs) : []
      const [oldest] = waiting
      return {
        waiting: waiting.length,
        ...(oldest ? { oldestMs: oldest.timestampMs } : {}),
        ...(follower?.lastError ? { lastError: follower.lastError } : {}),
      }
    },
    async close() {
      const cancel = clock.after(closeMs, () => stopping.abort())
      await loops.close()
      cancel()
    },
  }
}

/** The same changes have the same id, however often they are called. */
function batchOf({ triggerId }: SourceTrigger, streamId: string, changes: readonly TableChange[]): Batch {
  const hex = createHash('sha256').update(`${triggerId} ${streamId} `).update(changes[0]!.key).digest('hex')
  return {
    requestId: `1-${hex.slice(0, 8)}-${hex.slice(8, 16)}-${hex.slice(16, 28)}`,
    event: tableEvent(changes),
    hops: Math.max(...changes.map(({ hops }) => hops)),
  }
}
