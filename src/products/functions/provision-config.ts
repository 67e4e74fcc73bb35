import { z } from 'zod'
import type { ProvisionPlan, ProvisionStatus } from '../../ports/provisioning.ts'
import { withoutNulls } from './function-spec.ts'
import { qualifiedArn } from './names.ts'
import { instanceCount, policiesOf, scheduledPolicies, targetTrackingPolicies } from './scaling-policies.ts'

/** The fields of `PutProvisionConfigInput`; `target` is the older name of `defaultTarget`. No instance has a GPU to allocate. */
export const provisionConfigSpec = z.preprocess(
  withoutNulls,
  z.object({
    target: instanceCount.optional(),
    defaultTarget: instanceCount.optional(),
    alwaysAllocateCPU: z.boolean().optional(),
    alwaysAllocateGPU: z.boolean().optional(),
    scheduledActions: scheduledPolicies.optional(),
    targetTrackingPolicies: targetTrackingPolicies.optional(),
  }),
)
type ProvisionConfigSpec = z.output<typeof provisionConfigSpec>

export interface ProvisionConfigRecord extends Omit<ProvisionConfigSpec, 'target'> {
  functionName: string
  qualifier: string
  defaultTarget: number
  /** ISO 8601, with milliseconds: schedules count from here. */
  lastModifiedTime: string
}

export const provisionConfigFrom = (
  { target, defaultTarget, ...spec }: ProvisionConfigSpec,
  names: { functionName: string; qualifier: string },
  nowMs: number,
): ProvisionConfigRecord => ({
  ...spec,
  ...names,
  defaultTarget: defaultTarget ?? target ?? 0,
  lastModifiedTime: new Date(nowMs).toISOString(),
})

/** What compute is to keep. Throws `ApiError` for what is no policy, or not built. */
export function planOfProvisionConfig(config: ProvisionConfigRecord): ProvisionPlan {
  const {
    functionName,
    qualifier,
    defaultTarget,
    scheduledActions = [],
    targetTrackingPolicies = [],
  } = config
  return {
    functionName,
    qualifier,
    base: defaultTarget,
    writtenMs: Date.parse(config.lastModifiedTime),
    alwaysAllocateCpu: config.alwaysAllocateCPU ?? true,
    ...policiesOf(
      scheduledActions,
      targetTrackingPolicies.map(({ minCapacity: min, maxCapacity: max, ...policy }) => ({
        ...policy,
        min,
        max,
      })),
    ),
  }
}

/** The `ProvisionConfig` of the API. */
export function provisionConfigDocument(
  { functionName, qualifier, lastModifiedTime: _, ...config }: ProvisionConfigRecord,
  status: ProvisionStatus | undefined,
  { region, accountId }: { region: string; accountId: string },
): Record<string, unknown> {
  return {
    scheduledActions: [],
    targetTrackingPolicies: [],
    alwaysAllocateCPU: true,
    ...config,
    functionArn: qualifiedArn(region, accountId, functionName, qualifier),
    target: status?.target ?? config.defaultTarget,
    current: status?.current ?? 0,
    ...(status?.currentError === undefined ? {} : { currentError: status.currentError }),
  }
}
