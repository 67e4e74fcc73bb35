/**
 * Keeps as many instances ready as plans ask for. Once a second it computes the target of every plan
 * (scaling/provision-target.ts), finds the revision that its qualifier stands for now, and tells the instances of it.
 */
import type { Cancel, Clock } from '../lib/clock.ts'
import type { IdSource } from '../lib/ids.ts'
import type { Logger } from '../lib/logger.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { Provisioning, ProvisionPlan, ProvisionStatus } from '../ports/provisioning.ts'
import { type TrackingState, targetAt, track, untracked } from './scaling/provision-target.ts'
import { type UseOfInstances, UseOverTime } from './scaling/use-over-time.ts'
import { sharedRuns } from './shared-runs.ts'

export interface KeepReady {
  /** As the plan has it, and a request id, for the log of an initializer. */
  qualifier: string
  requestId: string
  /** They are not frozen. */
  awake: boolean
}

/** The instances of one revision, as the provisioner sees them. */
export interface ProvisionedInstances {
  /** From now on keeps this many ready, beside and before those that calls ask for; 0 to stop that. */
  keepReady(revision: FunctionRevision, count: number, how: KeepReady): void
  /** Of a revision; undefined when it has no instances. */
  useOf(revisionKey: string): Promise<UseOfInstances | undefined>
  /** Ready instances of a revision, and why the last start for it failed, if it did. */
  readyOf(revisionKey: string): { ready: number; error?: string }
}

export interface ProvisionerNeeds {
  clock: Clock
  ids: IdSource
  log: Logger
  instances: ProvisionedInstances
  /** What a qualifier stands for; undefined when there is no such function or qualifier. `disabled`: nothing is kept meanwhile. */
  resolve(functionName: string, qualifier: string): Promise<FunctionRevision | 'disabled' | undefined>
}

export interface Provisioner extends Provisioning {
  /** Resolves when what is due has been looked at. */
  reconcile(): Promise<void>
  close(): void
}

interface Kept {
  plan: ProvisionPlan
  tracking: TrackingState
  use: UseOverTime
  target: number
  revision: FunctionRevision | undefined
  isDisabled: boolean
}

const everyMs = 1000
/** The measured value of a minute is what policies are asked with; more often than this it is not read. */
const measureEveryMs = 5000

export function provisioner({ clock, ids, log, instances, resolve }: ProvisionerNeeds): Provisioner {
  const kept = new Map<string, Kept>()
  /** What the instances were told last, by key of the revision. */
  let told = new Map<string, FunctionRevision>()
  let timer: Cancel | undefined
  let measuredMs = Number.NEGATIVE_INFINITY
  let closed = false

  const keyOf = (functionName: string, qualifier: string): string => `${functionName}/${qualifier}`

  function lookSoon(): void {
    if (closed || timer || (kept.size === 0 && told.size === 0)) return
    timer = clock.after(everyMs, () => {
      timer = undefined
      void reconcile()
    })
  }

  const reconcile = sharedRuns(() =>
    look()
      .catch((error: unknown) => log.error({ err: error }, 'provisioned instances could not be looked after'))
      .finally(lookSoon),
  )

  async function look(): Promise<void> {
    if (closed) return
    const nowMs = clock.now()
    if (clock.monotonicMs() - measuredMs >= measureEveryMs) {
      measuredMs = clock.monotonicMs()
      await measure()
    }
    const wanted = new Map<
      string,
      { revision: FunctionRevision; count: number; qualifier: string; awake: boolean }
    >()
    for (const [key, entry] of [...kept]) {
      const { functionName, qualifier, alwaysAllocateCpu } = entry.plan
      const revision = await resolve(functionName, qualifier)
      if (kept.get(key) !== entry) continue
      if (!revision) {
        // It was removed just when the plan was made.
        kept.delete(key)
        continue
      }
      entry.isDisabled = revision === 'disabled'
      if (revision === 'disabled') continue
      entry.tracking = track(entry.plan, nowMs, entry.use.overLastMinute(clock.monotonicMs()), entry.tracking)
      entry.target = targetAt(entry.plan, nowMs, entry.tracking)
      entry.revision = revision
      const same = wanted.get(revision.key)
      wanted.set(revision.key, {
        revision,
        // Two aliases may stand for one version.
        count: (same?.count ?? 0) + entry.target,
        qualifier,
        awake: alwaysAllocateCpu || (same?.awake ?? false),
      })
    }
    if (closed) return
    for (const [key, revision] of told) {
      if (!wanted.has(key)) instances.keepReady(revision, 0, { qualifier: '', requestId: '', awake: false })
    }
    for (const { revision, count, qualifier, awake } of wanted.values()) {
      instances.keepReady(revision, count, { qualifier, requestId: ids.requestId(nowMs), awake })
    }
    told = new Map([...wanted].map(([key, { revision }]) => [key, revision]))
  }

  async function measure(): Promise<void> {
    for (const { plan, revision, use } of kept.values()) {
      if (plan.tracking.length === 0 || !revision) continue
      const now = await instances.useOf(revision.key)
      if (now) use.add(clock.monotonicMs(), now)
    }
  }

  function statusOf(functionName: string, qualifier: string): ProvisionStatus | undefined {
    const entry = kept.get(keyOf(functionName, qualifier))
    if (!entry) return undefined
    const { ready, error } = entry.revision ? instances.readyOf(entry.revision.key) : { ready: 0 }
    const current = Math.min(ready, entry.target)
    if (entry.isDisabled) return { target: entry.target, current, currentError: 'the function is disabled' }
    return {
      target: entry.target,
      current,
      ...(error !== undefined && current < entry.target ? { currentError: error } : {}),
    }
  }

  return {
    apply(plan) {
      const entry: Kept = {
        plan,
        tracking: untracked,
        use: new UseOverTime(),
        target: targetAt(plan, clock.now(), untracked),
        revision: kept.get(keyOf(plan.functionName, plan.qualifier))?.revision,
        isDisabled: false,
      }
      kept.set(keyOf(plan.functionName, plan.qualifier), entry)
      void reconcile()
      return statusOf(plan.functionName, plan.qualifier)!
    },
    withdraw(functionName, qualifier) {
      if (kept.delete(keyOf(functionName, qualifier))) void reconcile()
    },
    statusOf,
    reconcile,
    close() {
      closed = true
      timer?.()
    },
  }
}
