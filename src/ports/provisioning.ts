import type { Schedule } from '../lib/schedule-expression.ts'

/** How many instances of a function and qualifier are to be ready, as compute keeps them; products make it of their configs. */
export interface ProvisionPlan {
  functionName: string
  qualifier: string
  /** While no policy is in effect. */
  base: number
  scheduled: readonly ScheduledTarget[]
  tracking: readonly TrackingPolicy[]
  /** When it was written, ms since the epoch: what a schedule fired before that does not count. */
  writtenMs: number
  /** Instances that no call runs in go on: they are not frozen. */
  alwaysAllocateCpu: boolean
}

interface Policy {
  name: string
  /** In effect from here on, ms since the epoch. */
  fromMs?: number
  /** And no longer from here on. */
  toMs?: number
}

export interface ScheduledTarget extends Policy {
  schedule: Schedule
  timeZone: string
  target: number
}

/** Of the instances that are provisioned: the share of their slots, or of their processor time, that is used. */
export type TrackedMetric = 'concurrency' | 'cpu'

export interface TrackingPolicy extends Policy {
  metric: TrackedMetric
  /** Above 0, at most 1. */
  metricTarget: number
  min: number
  max: number
}

/** What became of a plan. */
export interface ProvisionStatus {
  target: number
  /** Instances that are ready. */
  current: number
  /** Why there are fewer than there should be, where that is known. */
  currentError?: string
}

/** Keeps instances ready. Plans are told after they are durable, and again at every start of the platform. */
export interface Provisioning {
  /** Puts the plan in the place of the one of the same names. */
  apply(plan: ProvisionPlan): ProvisionStatus
  withdraw(functionName: string, qualifier: string): void
  /** Undefined when there is no plan of these names. */
  statusOf(functionName: string, qualifier: string): ProvisionStatus | undefined
}
