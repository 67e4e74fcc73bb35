import { lastFire } from '../../lib/schedule-expression.ts'
import type { ProvisionPlan, ScheduledTarget, TrackingPolicy } from '../../ports/provisioning.ts'
import { trackTarget } from './target-tracking.ts'

/** What the tracking policies of a plan ask for, in their order, and when they were last asked. A plain value. */
export interface TrackingState {
  /** Null for a policy that is not in effect. */
  readonly values: readonly (number | null)[]
  readonly evaluatedMs: number | undefined
}

export const untracked: TrackingState = { values: [], evaluatedMs: undefined }

/** Metrics of the vendor have a value a minute. */
const evaluateEveryMs = 60_000

export interface Measured {
  concurrency: number | undefined
  cpu: number | undefined
}

/**
 * How many instances are to be ready at a moment. "While policies are in effect they override the number that was set at
 * first; of several the largest number counts": of the schedules that is the number of the one that fired last, since the
 * next one ends it (50 from 20:00, 10 from 22:00), and then the larger of it and of what tracking asks for. Pure.
 */
export function targetAt(plan: ProvisionPlan, nowMs: number, { values }: TrackingState): number {
  const tracked = plan.tracking.flatMap((policy, index) =>
    inEffect(policy, nowMs) ? [values[index] ?? firstValue(policy, plan)] : [],
  )
  const asked = [...scheduledTarget(plan, nowMs), ...tracked]
  return asked.length === 0 ? plan.base : Math.max(...asked)
}

/** The next value of every tracking policy that is in effect, once a minute; the others are forgotten. Pure. */
export function track(
  plan: ProvisionPlan,
  nowMs: number,
  measured: Measured,
  state: TrackingState,
): TrackingState {
  const { evaluatedMs } = state
  if (evaluatedMs !== undefined && nowMs >= evaluatedMs && nowMs - evaluatedMs < evaluateEveryMs) return state
  const values = plan.tracking.map((policy, index) => {
    if (!inEffect(policy, nowMs)) return null
    const current = state.values[index] ?? undefined
    const { metric, metricTarget, min, max } = policy
    return current === undefined
      ? firstValue(policy, plan)
      : trackTarget({ current, metric: measured[metric], metricTarget, min, max })
  })
  return { values, evaluatedMs: nowMs }
}

const firstValue = ({ min, max }: TrackingPolicy, { base }: ProvisionPlan): number =>
  Math.min(Math.max(base, min), max)

function scheduledTarget({ scheduled, writtenMs }: ProvisionPlan, nowMs: number): number[] {
  let last: { fireMs: number; target: number } | undefined
  for (const action of scheduled) {
    if (!inEffect(action, nowMs)) continue
    const notBeforeMs = Math.max(writtenMs, action.fromMs ?? writtenMs)
    const fireMs = lastFire(action.schedule, action.timeZone, { atMs: nowMs, notBeforeMs })
    if (fireMs === undefined) continue
    const later = last === undefined || fireMs > last.fireMs
    if (later) last = { fireMs, target: action.target }
    else if (fireMs === last!.fireMs) last = { fireMs, target: Math.max(last!.target, action.target) }
  }
  return last === undefined ? [] : [last.target]
}

const inEffect = (
  {
    fromMs = Number.NEGATIVE_INFINITY,
    toMs = Number.POSITIVE_INFINITY,
  }: Pick<ScheduledTarget, 'fromMs' | 'toMs'>,
  nowMs: number,
): boolean => fromMs <= nowMs && nowMs < toMs
