import type { CodeReference } from '../../ports/invocation.ts'
import { checkEnvironmentVariables } from './environment-variables.ts'
import { invalidArgument } from './errors.ts'
import { type FunctionSpec, fieldsAsGiven, type LifecycleHookSpec } from './function-spec.ts'
import { checkDescription } from './names.ts'
import { isEmpty, refuseWhatIsNotBuilt } from './not-built.ts'
import { resourcesOf } from './resources.ts'
import { checkRuntime, isCustomRuntime } from './runtimes.ts'

/** The configuration of a function as it is kept: complete, checked, in the vendor's names and units. */
export interface FunctionConfig {
  description: string
  runtime: string
  handler: string
  /** Seconds. */
  timeout: number
  /** MB. */
  memorySize: number
  /** vCPUs. */
  cpu: number
  /** MB. */
  diskSize: number
  instanceConcurrency: number
  internetAccess: boolean
  environmentVariables: Record<string, string>
  role: string
  layers: StoredLayer[]
  instanceLifecycleConfig?: FunctionSpec['instanceLifecycleConfig']
  customRuntimeConfig?: FunctionSpec['customRuntimeConfig']
  logConfig?: FunctionSpec['logConfig']
  tracingConfig?: FunctionSpec['tracingConfig']
  tags?: FunctionSpec['tags']
  resourceGroupId?: string
  /** The empty forms of what is not built, answered as they came so that clients see no difference. */
  asGiven: Record<string, unknown>
}

/** A layer version never changes, so all that a revision needs of it is kept with the function. */
export interface StoredLayer {
  arn: string
  code: CodeReference
  compatibleRuntime: string[]
}

/**
 * The configuration that a specification asks for, on top of what there is (an update keeps what it does not name).
 * `layers` are those that `spec.layers` names, already looked up. Throws `ApiError`.
 */
export function configFrom(
  spec: FunctionSpec,
  layers: StoredLayer[] | undefined,
  runnable: ReadonlySet<string>,
  base?: FunctionConfig,
): FunctionConfig {
  refuseWhatIsNotBuilt(spec)
  const runtime = spec.runtime ?? base?.runtime
  if (!runtime) throw invalidArgument('Runtime is required but not provided')
  const asGiven = { ...base?.asGiven }
  for (const field of fieldsAsGiven) if (spec[field] !== undefined) asGiven[field] = spec[field]
  const config: FunctionConfig = {
    description: spec.description ?? base?.description ?? '',
    runtime,
    handler: spec.handler ?? base?.handler ?? '',
    timeout: spec.timeout ?? base?.timeout ?? 3,
    ...resourcesOf({ cpu: spec.cpu ?? base?.cpu, memorySize: spec.memorySize ?? base?.memorySize }),
    diskSize: spec.diskSize ?? base?.diskSize ?? 512,
    instanceConcurrency: spec.instanceConcurrency ?? base?.instanceConcurrency ?? 1,
    internetAccess: spec.internetAccess ?? base?.internetAccess ?? true,
    environmentVariables: spec.environmentVariables ?? base?.environmentVariables ?? {},
    role: spec.role ?? base?.role ?? '',
    layers: layers ?? base?.layers ?? [],
    instanceLifecycleConfig: spec.instanceLifecycleConfig ?? base?.instanceLifecycleConfig,
    customRuntimeConfig: spec.customRuntimeConfig ?? base?.customRuntimeConfig,
    logConfig: spec.logConfig ?? base?.logConfig,
    tracingConfig: spec.tracingConfig ?? base?.tracingConfig,
    tags: spec.tags ?? base?.tags,
    resourceGroupId: spec.resourceGroupId ?? base?.resourceGroupId,
    asGiven,
  }
  check(config, runnable)
  return withoutUndefined(config)
}

/** Records are JSON: what is not set is not there. */
const withoutUndefined = <T extends object>(config: T): T =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as T

const BUILT_IN_HANDLER = /^[^\s.][^\s]*\.[^\s./]+$/
const ROLE_ARN = /^acs:ram::[^:\s]*:role\/[^\s]+$/i

function check(config: FunctionConfig, runnable: ReadonlySet<string>): void {
  checkRuntime(config.runtime, runnable)
  checkDescription(config.description)
  checkHandler(config)
  inRange('Timeout', config.timeout, 1, 86_400)
  inRange('InstanceConcurrency', config.instanceConcurrency, 1, 200)
  if (config.instanceConcurrency > 1 && !isCustomRuntime(config.runtime)) {
    throw invalidArgument(`InstanceConcurrency must be 1 for runtime '${config.runtime}'`)
  }
  if (config.diskSize !== 512 && config.diskSize !== 10_240) {
    throw invalidArgument(
      `DiskSize is set to an invalid value (allowed: 512, 10240; actual: '${config.diskSize}')`,
    )
  }
  checkEnvironmentVariables(config.environmentVariables)
  checkRole(config.role)
  checkLayers(config)
  checkHooks(config)
  if (!isEmpty(config.customRuntimeConfig) && !isCustomRuntime(config.runtime)) {
    throw invalidArgument(`CustomRuntimeConfig is not supported for runtime '${config.runtime}'`)
  }
  const probe = config.customRuntimeConfig?.healthCheckConfig
  if (!isEmpty(probe) && !probe?.httpGetUrl?.startsWith('/')) {
    throw invalidArgument(
      'CustomRuntimeConfig.HealthCheckConfig.HttpGetUrl must be a path that starts with /',
    )
  }
  const tagKeys = config.tags?.map(({ Key }) => Key) ?? []
  if (new Set(tagKeys).size !== tagKeys.length) throw invalidArgument('Tags must not repeat a key')
}

export function checkRole(role: string): void {
  if (role !== '' && !ROLE_ARN.test(role)) {
    throw invalidArgument(`Role is set to an invalid value (actual: '${role}')`)
  }
}

function checkHandler({ runtime, handler }: FunctionConfig): void {
  if (handler.length > 128) throw invalidArgument('Handler must not be longer than 128 characters')
  if (isCustomRuntime(runtime)) return
  if (handler === '') throw invalidArgument('Handler is required but not provided')
  if (!BUILT_IN_HANDLER.test(handler) || handler.startsWith('/') || handler.split('/').includes('..')) {
    throw invalidArgument(
      `Handler is set to an invalid value, expected 'file.function' (actual: '${handler}')`,
    )
  }
}

function checkLayers({ layers, runtime }: FunctionConfig): void {
  if (layers.length > 5) throw invalidArgument('Layers must not be more than 5')
  if (new Set(layers.map(({ arn }) => arn)).size !== layers.length) {
    throw invalidArgument('Layers must not name a layer version twice')
  }
  for (const { arn, compatibleRuntime } of layers) {
    if (!compatibleRuntime.includes(runtime)) {
      throw invalidArgument(
        `layer '${arn}' is not compatible with runtime '${runtime}' (it is for ${compatibleRuntime.join(', ')})`,
      )
    }
  }
}

function checkHooks({ instanceLifecycleConfig, runtime }: FunctionConfig): void {
  const check = (name: string, hook: LifecycleHookSpec | undefined, secondsMax: number): void => {
    if (!hook?.handler) return
    if (hook.timeout !== undefined) inRange(`${name}.Timeout`, hook.timeout, 1, secondsMax)
    if (!isCustomRuntime(runtime) && !BUILT_IN_HANDLER.test(hook.handler)) {
      throw invalidArgument(
        `${name}.Handler is set to an invalid value, expected 'file.function' (actual: '${hook.handler}')`,
      )
    }
  }
  check('Initializer', instanceLifecycleConfig?.initializer, 300)
  check('PreStop', instanceLifecycleConfig?.preStop, 90)
}

function inRange(field: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw invalidArgument(
      `${field} is set to an invalid value: it must be from ${low} to ${high} (actual: '${value}')`,
    )
  }
}
