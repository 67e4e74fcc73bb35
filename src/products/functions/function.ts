import type { CodeReference, FunctionRevision, LifecycleHook } from '../../ports/invocation.ts'
import type { FunctionConfig } from './function-config.ts'
import type { LifecycleHookSpec } from './function-spec.ts'
import { functionArn, LATEST } from './names.ts'
import { isCustomRuntime } from './runtimes.ts'

/** One state of a function: what LATEST is now, or what a version was when it was published. */
export interface FunctionState {
  functionName: string
  functionId: string
  /** Changes with every update of configuration or code. */
  revisionId: string
  /** ISO 8601, as all times of records. */
  createdTime: string
  lastModifiedTime: string
  config: FunctionConfig
  code: CodeReference
  /** Of a function that is in a service: its `functionName` above is `service$function`. */
  inService?: ServiceMembership
}

export interface ServiceMembership {
  serviceName: string
  functionName: string
  /** `e1` or `c1`; nothing depends on it. */
  instanceType: string
}

/** The root of all that belongs to a function (keys.ts). */
export interface FunctionRecord extends FunctionState {
  /** The number that the next published version gets: never given twice, even after a deletion. */
  nextVersion: number
  lastPublished?: { versionId: string; revisionId: string }
  /** Only versions of its service still have it. */
  latestDeleted?: boolean
  /** Set by DisableFunctionInvocation. */
  restriction?: { disable: boolean; reason: string; lastModifiedTime: string }
}

export interface Place {
  region: string
  accountId: string
}

/** The `Function` of the API. */
export function functionDocument(
  state: FunctionState,
  { region, accountId }: Place,
  restriction?: FunctionRecord['restriction'],
): Record<string, unknown> {
  const { layers, asGiven, tags, ...config } = state.config
  return {
    ...asGiven,
    ...config,
    ...(tags && tags.length > 0 ? { tags } : {}),
    ...(restriction ? { invocationRestriction: restriction } : {}),
    functionName: state.functionName,
    functionId: state.functionId,
    functionArn: functionArn(region, accountId, state.functionName),
    codeChecksum: state.code.crc64,
    codeSize: state.code.sizeBytes,
    createdTime: state.createdTime,
    lastModifiedTime: state.lastModifiedTime,
    layers: layers.map(({ arn, code }) => ({ arn, size: code.sizeBytes })),
    state: 'Active',
    lastUpdateStatus: 'Successful',
  }
}

/**
 * What the ETag of a function is made of. The revision is part of it: after two updates within a second that end where
 * they began, or one that changed nothing, who has read the state before has not read this one.
 */
export const functionTagged = (
  state: FunctionState,
  place: Place,
  restriction?: FunctionRecord['restriction'],
): unknown => [functionDocument(state, place, restriction), state.revisionId]

/** What compute needs of a state. Instances are shared within `key`, so it names the state, not only the version. */
export function revisionOf(
  state: FunctionState,
  versionId: string,
  { region, accountId }: Place,
): FunctionRevision {
  const { config } = state
  const { initializer, preStop } = config.instanceLifecycleConfig ?? {}
  return {
    key: `${accountId}/${state.functionName}/${versionId}/${state.revisionId}`,
    accountId,
    region,
    functionName: state.functionName,
    functionArn: functionArn(region, accountId, state.functionName),
    ...(state.inService
      ? { service: { name: state.inService.serviceName, functionName: state.inService.functionName } }
      : {}),
    versionId,
    runtime: config.runtime,
    handler: config.handler,
    code: state.code,
    layers: config.layers.map(({ code }) => code),
    environment: config.environmentVariables,
    memoryMb: config.memorySize,
    cpu: config.cpu,
    diskMb: config.diskSize,
    timeoutMs: config.timeout * 1000,
    instanceConcurrency: config.instanceConcurrency,
    internetAccess: config.internetAccess,
    ...(config.role === '' ? {} : { role: config.role }),
    ...hook('initializer', initializer),
    ...hook('preStop', preStop),
    ...(isCustomRuntime(config.runtime) ? { customRuntime: customRuntimeOf(config) } : {}),
    logProject: config.logConfig?.project ?? '',
    logStore: config.logConfig?.logstore ?? '',
  }
}

export const latestRevisionOf = (record: FunctionRecord, place: Place): FunctionRevision =>
  revisionOf(record, LATEST, place)

/** The vendor's default for both hooks is 3 s. */
function hook(
  name: 'initializer' | 'preStop',
  spec: LifecycleHookSpec | undefined,
): { [name: string]: LifecycleHook } {
  if (!spec?.handler) return {}
  return { [name]: { handler: spec.handler, timeoutMs: (spec.timeout ?? 3) * 1000 } }
}

function customRuntimeOf({
  customRuntimeConfig: custom,
}: FunctionConfig): NonNullable<FunctionRevision['customRuntime']> {
  const probe = custom?.healthCheckConfig
  return {
    command: custom?.command ?? [],
    args: custom?.args ?? [],
    port: custom?.port ?? 9000,
    ...(probe?.httpGetUrl
      ? {
          healthCheck: {
            httpGetUrl: probe.httpGetUrl,
            initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
            periodMs: (probe.periodSeconds ?? 3) * 1000,
            timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
            failureThreshold: probe.failureThreshold ?? 3,
            successThreshold: probe.successThreshold ?? 1,
          },
        }
      : {}),
  }
}
