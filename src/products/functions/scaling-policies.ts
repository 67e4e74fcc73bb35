import { z } from 'zod'
import { parsePolicyTime, parseSchedule } from '../../lib/schedule-expression.ts'
import { isTimeZone } from '../../lib/zoned-time.ts'
import type {
  ProvisionPlan,
  ScheduledTarget,
  TrackedMetric,
  TrackingPolicy,
} from '../../ports/provisioning.ts'
import { invalidArgument, notImplemented } from './errors.ts'

/** "You can specify up to 100 sets of configurations", of each kind (ALIYUN::FC3::ProvisionConfig). */
const POLICIES_MAX = 100
/** "Valid values: [0,10000]". */
export const instanceCount = z.int().min(0).max(10_000)

const policy = {
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  startTime: z.string().max(64).optional(),
  endTime: z.string().max(64).optional(),
  timeZone: z.string().max(64).optional(),
}

/** `ScheduledAction` and `ScheduledPolicy` of the API. */
const scheduledPolicy = z.object({ ...policy, scheduleExpression: z.string(), target: instanceCount })
type ScheduledPolicySpec = z.output<typeof scheduledPolicy>

const tracked = { ...policy, metricType: z.string(), metricTarget: z.number() }
const targetTrackingPolicy = z.object({ ...tracked, minCapacity: instanceCount, maxCapacity: instanceCount })
const scalingPolicy = z.object({ ...tracked, minInstances: instanceCount, maxInstances: instanceCount })

export const scheduledPolicies = z.array(scheduledPolicy).max(POLICIES_MAX)
export const targetTrackingPolicies = z.array(targetTrackingPolicy).max(POLICIES_MAX)
export const scalingPolicies = z.array(scalingPolicy).max(POLICIES_MAX)

/** What the two generations of the config call differently. */
type TrackedSpec = Omit<z.output<typeof targetTrackingPolicy>, 'minCapacity' | 'maxCapacity'> & {
  min: number
  max: number
}

const metrics: Readonly<Record<string, TrackedMetric>> = {
  ProvisionedConcurrencyUtilization: 'concurrency',
  CPUUtilization: 'cpu',
}

/** The policies of a config as compute follows them. Throws `ApiError` for what is no policy. */
export function policiesOf(
  scheduled: readonly ScheduledPolicySpec[],
  tracking: readonly TrackedSpec[],
): Pick<ProvisionPlan, 'scheduled' | 'tracking'> {
  for (const policies of [scheduled, tracking]) {
    const names = policies.map(({ name }) => name)
    if (new Set(names).size !== names.length) throw invalidArgument('the names of policies must not repeat')
  }
  return { scheduled: scheduled.map(scheduledTargetOf), tracking: tracking.map(trackingPolicyOf) }
}

function scheduledTargetOf(spec: ScheduledPolicySpec): ScheduledTarget {
  const schedule = parseSchedule(spec.scheduleExpression)
  if (!schedule) {
    throw invalidArgument(
      `ScheduleExpression is set to an invalid value: it must be at(yyyy-mm-ddThh:mm:ss) or cron(seconds minutes hours ` +
        `day-of-month month day-of-week) (actual: '${spec.scheduleExpression.slice(0, 160)}')`,
    )
  }
  return { ...windowOf(spec), schedule, timeZone: zoneOf(spec), target: spec.target }
}

function trackingPolicyOf(spec: TrackedSpec): TrackingPolicy {
  const { metricType, metricTarget, min, max } = spec
  if (metricType === 'GPUMemUtilization') throw notImplemented(`the metric type '${metricType}'`)
  const metric = Object.hasOwn(metrics, metricType) ? metrics[metricType] : undefined
  if (!metric)
    throw invalidArgument(`MetricType is set to an invalid value (actual: '${metricType.slice(0, 64)}')`)
  if (!(metricTarget > 0 && metricTarget <= 1)) {
    throw invalidArgument(`MetricTarget must be above 0 and at most 1 (actual: '${metricTarget}')`)
  }
  if (min > max) throw invalidArgument(`the minimum of policy '${spec.name}' must not exceed its maximum`)
  return { ...windowOf(spec), metric, metricTarget, min, max }
}

const zoneOf = ({ timeZone }: { timeZone?: string | undefined }): string => timeZone || 'UTC'

function windowOf(spec: {
  name: string
  startTime?: string | undefined
  endTime?: string | undefined
  timeZone?: string | undefined
}): { name: string; fromMs?: number; toMs?: number } {
  const zone = zoneOf(spec)
  if (!isTimeZone(zone)) throw invalidArgument(`TimeZone is set to an invalid value (actual: '${zone}')`)
  const fromMs = timeOf('StartTime', spec.startTime, zone)
  const toMs = timeOf('EndTime', spec.endTime, zone)
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw invalidArgument(`the start of policy '${spec.name}' must be before its end`)
  }
  return {
    name: spec.name,
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  }
}

function timeOf(field: string, text: string | undefined, zone: string): number | undefined {
  if (!text) return undefined
  const ms = parsePolicyTime(text, zone)
  if (ms === undefined) throw invalidArgument(`${field} is set to an invalid value (actual: '${text}')`)
  return ms
}
