import { z } from 'zod'
import { MalformedBody } from '../../wire/body.ts'

/**
 * The shape of what CreateFunction and UpdateFunction take: fields of `CreateFunctionInput` and `UpdateFunctionInput`.
 * Only shapes are checked here; what values mean is checked in function-config.ts, with the vendor's words.
 */
export const codeLocation = z.object({
  zipFile: z.string().optional(),
  ossBucketName: z.string().optional(),
  ossObjectName: z.string().optional(),
  checksum: z.string().optional(),
})
export type CodeLocation = z.output<typeof codeLocation>

export const lifecycleHook = z.object({
  handler: z.string().optional(),
  timeout: z.int().optional(),
  command: z.array(z.string()).optional(),
})
export type LifecycleHookSpec = z.output<typeof lifecycleHook>

const instanceLifecycleConfig = z.object({
  initializer: lifecycleHook.optional(),
  preStop: lifecycleHook.optional(),
})

export const healthCheckConfig = z.object({
  httpGetUrl: z.string().max(2048).optional(),
  initialDelaySeconds: z.int().min(0).max(120).optional(),
  periodSeconds: z.int().min(1).max(120).optional(),
  timeoutSeconds: z.int().min(1).max(3).optional(),
  failureThreshold: z.int().min(1).max(120).optional(),
  successThreshold: z.int().min(1).max(120).optional(),
})

const customRuntimeConfig = z.object({
  command: z.array(z.string()).max(64).optional(),
  args: z.array(z.string()).max(64).optional(),
  port: z.int().min(1).max(65_535).optional(),
  healthCheckConfig: healthCheckConfig.optional(),
})

export const logConfig = z.looseObject({
  project: z.string().optional(),
  logstore: z.string().optional(),
  logBeginRule: z.string().optional(),
  enableRequestMetrics: z.boolean().optional(),
  enableInstanceMetrics: z.boolean().optional(),
  enableLlmMetrics: z.boolean().optional(),
})

export const tracingConfig = z.looseObject({
  type: z.string().optional(),
  params: z.record(z.string(), z.string()).optional(),
})

export const tag = z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256).optional() })

/** Taken as they come: accepted when they are empty, refused when they would change behaviour (not-built.ts). */
const asGiven = {
  customContainerConfig: z.unknown().optional(),
  customDNS: z.unknown().optional(),
  disableInjectCredentials: z.unknown().optional(),
  disableOndemand: z.unknown().optional(),
  enableLongLiving: z.unknown().optional(),
  gpuConfig: z.unknown().optional(),
  idleTimeout: z.unknown().optional(),
  instanceIsolationMode: z.unknown().optional(),
  juiceFsConfig: z.unknown().optional(),
  nasConfig: z.unknown().optional(),
  ossMountConfig: z.unknown().optional(),
  polarFsConfig: z.unknown().optional(),
  sessionAffinity: z.unknown().optional(),
  sessionAffinityConfig: z.unknown().optional(),
  vpcConfig: z.unknown().optional(),
}

const shape = z.looseObject({
  functionName: z.string().optional(),
  description: z.string().optional(),
  runtime: z.string().optional(),
  handler: z.string().optional(),
  timeout: z.int().optional(),
  memorySize: z.number().optional(),
  cpu: z.number().optional(),
  diskSize: z.number().optional(),
  instanceConcurrency: z.int().optional(),
  internetAccess: z.boolean().optional(),
  environmentVariables: z.record(z.string(), z.string()).optional(),
  role: z.string().optional(),
  layers: z.array(z.string()).optional(),
  code: codeLocation.optional(),
  instanceLifecycleConfig: instanceLifecycleConfig.optional(),
  customRuntimeConfig: customRuntimeConfig.optional(),
  logConfig: logConfig.optional(),
  tracingConfig: tracingConfig.optional(),
  tags: z.array(tag).max(20).optional(),
  resourceGroupId: z.string().optional(),
  ...asGiven,
})

/** Clients of typed languages send `null` for what is not set. */
export function withoutNulls(document: unknown, depth: unknown = 0): unknown {
  if (typeof document !== 'object' || document === null) return document
  // zod hands over something else as the second argument.
  const below = typeof depth === 'number' ? depth + 1 : 1
  if (below > DEPTH_MAX) throw new MalformedBody('the document is nested too deeply')
  if (Array.isArray(document)) {
    return document.filter((item) => item !== null).map((item) => withoutNulls(item, below))
  }
  return Object.fromEntries(
    Object.entries(document).flatMap(([key, value]) =>
      value === null ? [] : [[key, withoutNulls(value, below)]],
    ),
  )
}

const DEPTH_MAX = 32

export const functionSpec = z.preprocess(withoutNulls, shape)
export type FunctionSpec = z.output<typeof shape>

export const knownFields: ReadonlySet<string> = new Set(Object.keys(shape.shape))
export const fieldsAsGiven = Object.keys(asGiven) as readonly (keyof typeof asGiven)[]
