import { z } from 'zod'
import type { ProvisionPlan, ProvisionStatus } from '../../ports/provisioning.ts'
import { notImplemented } from './errors.ts'
import { withoutNulls } from './function-spec.ts'
import { qualifiedArn } from './names.ts'
import { instanceCount, policiesOf, scalingPolicies, scheduledPolicies } from './scaling-policies.ts'

/** The fields of `PutScalingConfigInput`, the newer form of a provision config. */
export const scalingConfigSpec = z.preprocess(
  withoutNulls,
  z.object({
    minInstances: instanceCount.optional(),
    enableOnDemandScaling: z.boolean().optional(),
    enableMixMode: z.boolean().optional(),
    requestDispatchPolicy: z.string().max(64).optional(),
    residentPoolId: z.string().max(128).optional(),
    scheduledPolicies: scheduledPolicies.optional(),
    horizontalScalingPolicies: scalingPolicies.optional(),
  }),
)
type ScalingConfigSpec = z.output<typeof scalingConfigSpec>

export interface ScalingConfigRecord extends ScalingConfigSpec {
  functionName: string
  qualifier: string
  /** ISO 8601, with milliseconds: schedules count from here. */
  lastModifiedTime: string
}

export const scalingConfigFrom = (
  spec: ScalingConfigSpec,
  names: { functionName: string; qualifier: string },
  nowMs: number,
): ScalingConfigRecord => ({ ...spec, ...names, lastModifiedTime: new Date(nowMs).toISOString() })

/** What compute is to keep. Throws `ApiError` for what is no policy, or not built. */
export function planOfScalingConfig(config: ScalingConfigRecord): ProvisionPlan {
  if (config.residentPoolId) throw notImplemented('a resident resource pool')
  if (config.enableMixMode) throw notImplemented('enableMixMode')
  if (config.enableOnDemandScaling === false) throw notImplemented('enableOnDemandScaling: false')
  if (config.requestDispatchPolicy)
    throw notImplemented(`the request dispatch policy '${config.requestDispatchPolicy}'`)
  const { functionName, qualifier, minInstances = 0 } = config
  return {
    functionName,
    qualifier,
    base: minInstances,
    writtenMs: Date.parse(config.lastModifiedTime),
    alwaysAllocateCpu: false,
    ...policiesOf(
      config.scheduledPolicies ?? [],
      (config.horizontalScalingPolicies ?? []).map(({ minInstances: min, maxInstances: max, ...policy }) => ({
        ...policy,
        min,
        max,
      })),
    ),
  }
}

/** The `ScalingConfigStatus` of the API. */
export function scalingConfigDocument(
  { functionName, qualifier, lastModifiedTime: _, ...config }: ScalingConfigRecord,
  status: ProvisionStatus | undefined,
  { region, accountId }: { region: string; accountId: string },
): Record<string, unknown> {
  return {
    ...config,
    functionArn: qualifiedArn(region, accountId, functionName, qualifier),
    targetInstances: status?.target ?? config.minInstances ?? 0,
    currentInstances: status?.current ?? 0,
    ...(status?.currentError === undefined ? {} : { currentError: status.currentError }),
  }
}
