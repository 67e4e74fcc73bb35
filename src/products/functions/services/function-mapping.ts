import { z } from 'zod'
import { MalformedBody } from '../../../wire/body.ts'
import { invalidArgument, notImplemented } from '../errors.ts'
import type { FunctionState } from '../function.ts'
import type { FunctionConfig } from '../function-config.ts'
import {
  codeLocation,
  type FunctionSpec,
  functionSpec,
  healthCheckConfig,
  lifecycleHook,
  withoutNulls,
} from '../function-spec.ts'
import { isEmpty } from '../not-built.ts'
import { resourcesOf } from '../resources.ts'
import { isCustomRuntime } from '../runtimes.ts'
import { forFunctions, type ServiceConfig } from './service-config.ts'

/**
 * A function as the APIs with services write it, from and to how API 2023-03-30 does: the initializer has fields of
 * its own, so have the port and the health check of a custom runtime, and role, network and logs are the service's.
 */
const shape = z.looseObject({
  functionName: z.string().optional(),
  description: z.string().optional(),
  runtime: z.string().optional(),
  handler: z.string().optional(),
  timeout: z.int().optional(),
  initializer: z.string().optional(),
  initializationTimeout: z.int().optional(),
  memorySize: z.number().optional(),
  cpu: z.number().optional(),
  diskSize: z.number().optional(),
  instanceConcurrency: z.int().optional(),
  /** The SDK of 2021-04-06 spells it so when it updates. */
  InstanceConcurrency: z.int().optional(),
  instanceSoftConcurrency: z.int().optional(),
  instanceType: z.string().optional(),
  gpuMemorySize: z.int().optional(),
  environmentVariables: z.record(z.string(), z.string()).optional(),
  layers: z.array(z.string()).optional(),
  code: codeLocation.optional(),
  caPort: z.int().optional(),
  customRuntimeConfig: z
    .object({ command: z.array(z.string()).optional(), args: z.array(z.string()).optional() })
    .optional(),
  customHealthCheckConfig: healthCheckConfig.optional(),
  customContainerConfig: z.unknown().optional(),
  customDNS: z.unknown().optional(),
  instanceLifecycleConfig: z
    .object({ preFreeze: lifecycleHook.optional(), preStop: lifecycleHook.optional() })
    .optional(),
})

export const serviceFunctionSpec = z.preprocess(withoutNulls, shape)
export type ServiceFunctionSpec = z.output<typeof shape>

const known: ReadonlySet<string> = new Set(Object.keys(shape.shape))
/** Fields of an answer that clients send back when they edit what they read. */
const answerOnly: ReadonlySet<string> = new Set([
  'codeChecksum',
  'codeSize',
  'createdTime',
  'functionId',
  'lastModifiedTime',
  'layersArnV2',
  'serviceName',
])

const MEMORY_MB_DEFAULT = 128
const PORT_DEFAULT = 9000

/** What API 2023-03-30 would be asked for; `before` is what there is. Throws `ApiError`. */
export function functionSpecOf(
  spec: ServiceFunctionSpec,
  service: ServiceConfig,
  before?: FunctionConfig,
): FunctionSpec {
  refuse(spec)
  const runtime = spec.runtime ?? before?.runtime ?? ''
  const memorySize = spec.memorySize ?? (before ? undefined : MEMORY_MB_DEFAULT)
  const document = {
    ...forFunctions(service),
    description: spec.description,
    runtime: spec.runtime,
    handler: spec.handler,
    timeout: spec.timeout,
    memorySize,
    // Unless it is said, it goes with the memory.
    cpu: spec.cpu ?? (memorySize === undefined ? undefined : resourcesOf({ memorySize }).cpu),
    diskSize: spec.diskSize,
    instanceConcurrency: spec.instanceConcurrency ?? spec.InstanceConcurrency,
    environmentVariables: spec.environmentVariables,
    layers: spec.layers,
    customContainerConfig: spec.customContainerConfig,
    customDNS: spec.customDNS,
    instanceLifecycleConfig: hooksOf(spec, before),
    customRuntimeConfig: isCustomRuntime(runtime) ? customRuntimeOf(spec, before) : {},
  }
  const read = functionSpec.safeParse(withoutUndefined(document))
  if (read.success) return read.data
  throw new MalformedBody(
    'the document has not the expected shape',
    read.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  )
}

export function instanceTypeOf(given: string | undefined, before = 'e1'): string {
  const instanceType = given || before
  if (instanceType === 'e1' || instanceType === 'c1') return instanceType
  if (/^(g1|fc\.gpu)/.test(instanceType)) throw notImplemented(`the instanceType '${instanceType}'`)
  throw invalidArgument(`InstanceType is set to an invalid value (actual: '${instanceType}')`)
}

function refuse(spec: ServiceFunctionSpec): void {
  for (const [field, value] of Object.entries(spec)) {
    if (!known.has(field) && !answerOnly.has(field) && !isEmpty(value)) {
      throw notImplemented(`the field '${field}'`)
    }
  }
  if (spec.gpuMemorySize) throw notImplemented("the field 'gpuMemorySize'")
  if (spec.instanceSoftConcurrency && spec.instanceSoftConcurrency !== spec.instanceConcurrency) {
    throw notImplemented("an 'instanceSoftConcurrency' below the instanceConcurrency")
  }
  if (spec.instanceLifecycleConfig?.preFreeze?.handler) {
    throw notImplemented("the field 'instanceLifecycleConfig.preFreeze'")
  }
}

function hooksOf(spec: ServiceFunctionSpec, before?: FunctionConfig): object {
  const hooks = before?.instanceLifecycleConfig
  return {
    initializer: {
      handler: spec.initializer ?? hooks?.initializer?.handler ?? '',
      timeout: spec.initializationTimeout ?? hooks?.initializer?.timeout ?? 3,
    },
    preStop: spec.instanceLifecycleConfig?.preStop ?? hooks?.preStop ?? { handler: '', timeout: 3 },
  }
}

function customRuntimeOf(spec: ServiceFunctionSpec, before?: FunctionConfig): object {
  const custom = before?.customRuntimeConfig
  return {
    command: spec.customRuntimeConfig?.command ?? custom?.command ?? [],
    args: spec.customRuntimeConfig?.args ?? custom?.args ?? [],
    port: spec.caPort || custom?.port || PORT_DEFAULT,
    ...(spec.customHealthCheckConfig || custom?.healthCheckConfig
      ? { healthCheckConfig: spec.customHealthCheckConfig ?? custom?.healthCheckConfig }
      : {}),
  }
}

const withoutUndefined = (document: object): object =>
  Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined))

/** The `Function` of these APIs. */
export function functionDocument({
  config,
  code,
  inService,
  ...state
}: FunctionState): Record<string, unknown> {
  const { initializer, preStop } = config.instanceLifecycleConfig ?? {}
  const custom = isCustomRuntime(config.runtime) ? config.customRuntimeConfig : undefined
  const layers = config.layers.map(({ arn }) => arn)
  return {
    functionName: inService?.functionName ?? state.functionName,
    functionId: state.functionId,
    description: config.description,
    runtime: config.runtime,
    handler: config.handler,
    timeout: config.timeout,
    initializer: initializer?.handler ?? '',
    initializationTimeout: initializer?.timeout ?? 3,
    codeSize: code.sizeBytes,
    codeChecksum: code.crc64,
    memorySize: config.memorySize,
    cpu: config.cpu,
    diskSize: config.diskSize,
    gpuMemorySize: null,
    environmentVariables: config.environmentVariables,
    instanceType: inService?.instanceType ?? 'e1',
    instanceConcurrency: config.instanceConcurrency,
    instanceSoftConcurrency: null,
    layers,
    layersArnV2: layers,
    instanceLifecycleConfig: {
      preFreeze: { handler: '', timeout: 3 },
      preStop: { handler: preStop?.handler ?? '', timeout: preStop?.timeout ?? 3 },
    },
    caPort: custom?.port ?? null,
    customRuntimeConfig: custom ? { command: custom.command ?? [], args: custom.args ?? [] } : null,
    customHealthCheckConfig: custom?.healthCheckConfig ?? null,
    customContainerConfig: null,
    customDNS: null,
    createdTime: state.createdTime,
    lastModifiedTime: state.lastModifiedTime,
  }
}
