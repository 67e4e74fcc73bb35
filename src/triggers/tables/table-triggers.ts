/**
 * Triggers of tables: each follows the stream of its table, in order, a batch at a time. The function is called and waited
 * for; what it has not succeeded with is called again until it has, or until the stream no longer keeps it. How far a
 * trigger has got is written when a batch has succeeded: one that succeeded just before a crash is called once more, by
 * the same id.
 */
import { createHash } from 'node:crypto'
import type { Cancel } from '../../lib/clock.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { LaneState } from '../events/outbox.ts'
import type { SourceTrigger, TriggerName } from '../events/source-triggers.ts'
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
  /** Calls no more; what is being called may finish. */
  close(): Promise<void>
}

/** In one call, and looked at to tell how many wait. */
const batchMax = 100
const countedMax = 1000
const retryMinMs = 1000
const retryMaxMs = 60_000
/** A table that is not there, or keeps no changes, is looked for this often. */
const missingLookMs = 30_000

const checkpointKey = ({ functionName, triggerName }: TriggerName): string =>
  `triggers/checkpoints/${functionName}/${triggerName}`

interface Checkpoint {
  triggerId: string
  streamId: string
  /** Hex. */
  key: string
}

interface Follower extends TriggerName {
  running: boolean
  /** It is to be looked at again: something came meanwhile. */
  again: boolean
  failures: number
  /** What failed is called again after a while: what comes meanwhile waits behind it. */
  retries: boolean
  cancel: Cancel
  /** Undefined until the stream was found. */
  changesTable: string | undefined
  lastError?: { atMs: number; message: string }
}

type Step = 'idle' | 'more' | 'retry' | 'missing'

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
  const working = new Set<Promise<void>>()
  let started = false
  let closed = false

  function followerOf({ functionName, triggerName }: TriggerName): Follower {
    const key = `${functionName}/${triggerName}`
    const known = followers.get(key)
    if (known) return known
    const follower: Follower = { functionName, triggerName, running: false, again: false, failures: 0, retries: false, cancel: () => {}, changesTable: undefined } // biome-ignore format: one line
    followers.set(key, follower)
    return follower
  }

  function wake(follower: Follower): void {
    if (!started || closed) return
    if (follower.running) {
      follower.again = true
      return
    }
    follower.cancel()
    follower.retries = false
    follower.running = true
    const work = follow(follower).finally(() => {
      working.delete(work)
      follower.running = false
      if (follower.again && !follower.retries) wake(follower)
    })
    working.add(work)
  }

  function later(follower: Follower, delayMs: number): void {
    if (!closed) follower.cancel = clock.after(delayMs, () => wake(follower))
  }

  function failed(follower: Follower, message: string): void {
    follower.lastError = { atMs: clock.now(), message }
  }

  async function follow(follower: Follower): Promise<void> {
    for (;;) {
      follower.again = false
      const outcome = await stepSafely(follower)
      if (closed || (outcome === 'idle' && !follower.again)) return
      if (outcome === 'missing') return later(follower, missingLookMs)
      if (outcome === 'retry') {
        follower.failures++
        follower.retries = true
        return later(follower, Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(follower.failures - 1, 10)))
      }
      follower.failures = 0
    }
  }

  async function stepSafely(follower: Follower): Promise<Step> {
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
      follower.changesTable = undefined
      failed(follower, page.is === 'noTable' ? 'the table is not there' : 'the table has no stream')
      return 'missing'
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
        log.warn({ ...follower, because: refused.because }, 'changes of a table were given up')
        await bury(trigger, batch, refused)
      } else {
        const because = await call(trigger, batch)
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
    followers.delete(`${follower.functionName}/${follower.triggerName}`)
  }

  async function startFollowing(functionName?: string): Promise<void> {
    for (const trigger of await triggers.all('tablestore'))
      if (functionName === undefined || trigger.functionName === functionName) followerOf(trigger)
    for (const follower of followers.values())
      if (functionName === undefined || follower.functionName === functionName) wake(follower)
  }

  return {
    async start() {
      started = true
      await startFollowing()
    },
    changed(functionName) {
      if (!started) return
      startFollowing(functionName).catch((error: unknown) =>
        log.error({ err: error, functionName }, 'the triggers of a function could not be read'),
      )
    },
    written(changesTable) {
      for (const follower of followers.values())
        if (!follower.retries && (follower.changesTable ?? changesTable) === changesTable) wake(follower)
    },
    async state(name) {
      const follower = followers.get(`${name.functionName}/${name.triggerName}`)
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
      closed = true
      for (const follower of followers.values()) follower.cancel()
      await Promise.all(working)
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
