/** The properties of one fc3 resource: checked, filled up with defaults, and turned into what the API takes. */
import { z } from 'zod'
import { wordProblems } from './problems.ts'

export type CodeSource =
  | { from: 'path'; path: string }
  | { from: 'oss'; ossBucketName: string; ossObjectName: string }
  /** The runtime brings its own (custom-container). */
  | { from: 'image' }

export interface TriggerSpec {
  triggerName: string
  triggerType: string
  qualifier: string
  description: string
  sourceArn?: string | undefined
  invocationRole?: string | undefined
  triggerConfig: Readonly<Record<string, unknown>>
}

export interface FunctionResource {
  /** Its name in the s.yaml. */
  name: string
  functionName: string
  region?: string | undefined
  code: CodeSource
  /** The body of CreateFunction without the code; complete, so that what was taken out of the file goes back to its default. */
  spec: Readonly<Record<string, unknown>>
  triggers: readonly TriggerSpec[]
  asyncInvokeConfig?: (Readonly<Record<string, unknown>> & { qualifier: string }) | undefined
  reservedConcurrency?: number | undefined
  preDeploy: readonly { run: string; path: string }[]
  /** What the file asks for and this command does not do. */
  warnings: readonly string[]
}

const object = z.record(z.string(), z.unknown())
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const positive = z.number().positive()

const codeSchema = z.union([
  z.string().min(1),
  z.strictObject({ src: z.string().min(1) }),
  z.strictObject({ ossBucketName: z.string().min(1), ossObjectName: z.string().min(1) }),
])

const triggerSchema = z.strictObject({
  triggerName: z.string().min(1),
  triggerType: z.string().min(1),
  qualifier: text.default('LATEST'),
  description: z.string().default(''),
  sourceArn: z.string().optional(),
  invocationRole: z.string().optional(),
  triggerConfig: object.default({}),
})

const propsSchema = z.strictObject({
  region: z.string().optional(),
  functionName: z
    .string()
    .regex(/^[A-Za-z_][\w-]{0,127}$/, 'letters, digits, _ and -, beginning with a letter or _'),
  description: z.string().default(''),
  runtime: z.string().min(1),
  handler: z.string().optional(),
  code: codeSchema.optional(),
  memorySize: positive.optional(),
  cpu: positive.optional(),
  diskSize: positive.default(512),
  timeout: positive.default(3),
  instanceConcurrency: positive.default(1),
  environmentVariables: z.record(z.string(), text).nullable().default({}),
  layers: z.array(z.string()).nullable().default([]),
  role: z.string().default(''),
  internetAccess: z.boolean().default(true),
  logConfig: z
    .union([object, z.literal('auto')])
    .nullable()
    .default({}),
  instanceLifecycleConfig: z.record(z.string(), object).default({}),
  customRuntimeConfig: object.default({}),
  customContainerConfig: object.default({}),
  customDNS: object.default({}),
  gpuConfig: object.default({}),
  vpcConfig: z.union([object, z.literal('auto')]).default({}),
  nasConfig: z.union([object, z.literal('auto')]).default({}),
  ossMountConfig: z.union([object, z.literal('auto')]).default({}),
  tracingConfig: z.union([object, z.string()]).default({}),
  sessionAffinity: z.string().optional(),
  sessionAffinityConfig: z.string().optional(),
  instanceIsolationMode: z.string().optional(),
  disableOndemand: z.boolean().optional(),
  disableInjectCredentials: z.string().optional(),
  enableLongLiving: z.boolean().optional(),
  idleTimeout: positive.optional(),
  resourceGroupId: z.string().optional(),
  triggers: z.array(triggerSchema).nullable().default([]),
  asyncInvokeConfig: z.looseObject({ qualifier: text.default('LATEST') }).optional(),
  concurrencyConfig: z.strictObject({ reservedConcurrency: z.number().int().min(0) }).optional(),
  // Known to fc3, and done by other commands or not at all.
  provisionConfig: z.unknown().optional(),
  scalingConfig: z.unknown().optional(),
  vpcBinding: z.unknown().optional(),
  customDomain: z.unknown().optional(),
  tags: z.unknown().optional(),
  endpoint: z.unknown().optional(),
})

const notApplied = [
  'provisionConfig',
  'scalingConfig',
  'vpcBinding',
  'customDomain',
  'tags',
  'endpoint',
] as const

interface RawProps {
  name: string
  props: unknown
  actions: unknown
  fail: (problem: string) => Error
}

export function readProps({ name, props: raw, actions, fail }: RawProps): FunctionResource {
  const result = propsSchema.safeParse(raw ?? {})
  if (!result.success) throw fail(wordProblems(result.error, `resources.${name}.props`, propsSchema))
  const props = result.data
  const warnings = notApplied
    .filter((key) => props[key] !== undefined)
    .map((key) => `resources.${name}.props.${key} is not applied: hanshu deploy does not do that.`)
  const { preDeploy, unsupported } = readActions(actions)
  warnings.push(
    ...unsupported.map(
      (action) => `resources.${name}.actions.${action} is not run: only run: of pre-deploy is.`,
    ),
  )
  for (const key of ['vpcConfig', 'nasConfig', 'ossMountConfig', 'tracingConfig'] as const) {
    if (typeof props[key] === 'string')
      throw fail(`resources.${name}.props.${key}: ${props[key]} cannot be made up here.`)
  }
  if (props.code === undefined && props.runtime !== 'custom-container') {
    throw fail(`resources.${name}.props.code is missing: the folder or zip file with the code.`)
  }
  const triggers = props.triggers ?? []
  const twin = triggers.find(
    (it, index) => triggers.findIndex((other) => other.triggerName === it.triggerName) < index,
  )
  if (twin) throw fail(`resources.${name}.props.triggers: two have the name ${twin.triggerName}.`)

  return {
    name,
    functionName: props.functionName,
    region: props.region,
    code: codeSource(props.code),
    spec: specOf(props),
    triggers,
    asyncInvokeConfig: props.asyncInvokeConfig,
    reservedConcurrency: props.concurrencyConfig?.reservedConcurrency,
    preDeploy,
    warnings,
  }
}

/** Left out when they are left out of the file: their absence has no default that could be written. */
const optionalFields = [
  'customContainerConfig',
  'customDNS',
  'gpuConfig',
  'vpcConfig',
  'nasConfig',
  'ossMountConfig',
  'tracingConfig',
  'sessionAffinity',
  'sessionAffinityConfig',
  'instanceIsolationMode',
  'disableOndemand',
  'disableInjectCredentials',
  'enableLongLiving',
  'idleTimeout',
  'resourceGroupId',
] as const

function specOf(props: z.output<typeof propsSchema>): Record<string, unknown> {
  const spec: Record<string, unknown> = {
    functionName: props.functionName,
    description: props.description,
    runtime: props.runtime,
    handler: props.handler ?? 'index.handler',
    ...sizes(props),
    diskSize: props.diskSize,
    timeout: props.timeout,
    instanceConcurrency: props.instanceConcurrency,
    environmentVariables: props.environmentVariables ?? {},
    layers: props.layers ?? [],
    role: props.role,
    internetAccess: props.internetAccess,
    // 'auto' asks the cloud for a log project; here every function has its log.
    logConfig: props.logConfig === 'auto' ? {} : (props.logConfig ?? {}),
    instanceLifecycleConfig: Object.fromEntries(
      Object.entries(props.instanceLifecycleConfig).map(([hook, value]) => [hook, { timeout: 3, ...value }]),
    ),
  }
  if (/^custom(\.|$)/.test(props.runtime))
    spec.customRuntimeConfig = { port: 9000, ...props.customRuntimeConfig }
  else if (Object.keys(props.customRuntimeConfig).length > 0)
    spec.customRuntimeConfig = props.customRuntimeConfig
  for (const field of optionalFields) {
    const value = props[field]
    const empty = value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)
    if (!empty) spec[field] = value
  }
  return spec
}

/**
 * fc3's defaults are 0.35 vCPU and 512 MB. The API takes 1 to 4 GB of memory for each vCPU, so what is left out
 * follows what is given.
 */
export function sizes({ cpu, memorySize }: { cpu?: number | undefined; memorySize?: number | undefined }): {
  cpu: number
  memorySize: number
} {
  if (cpu !== undefined && memorySize !== undefined) return { cpu, memorySize }
  if (memorySize !== undefined) {
    const steps = Math.round((memorySize / 1024) * 0.7 * 20)
    return { cpu: Math.min(16, Math.max(1, steps) / 20), memorySize }
  }
  if (cpu !== undefined) {
    const steps = Math.round((cpu / 0.7) * 16)
    return { cpu, memorySize: Math.min(32768, Math.max(2, steps) * 64) }
  }
  return { cpu: 0.35, memorySize: 512 }
}

function codeSource(code: z.output<typeof codeSchema> | undefined): CodeSource {
  if (code === undefined) return { from: 'image' }
  if (typeof code === 'string') return { from: 'path', path: code }
  return 'src' in code ? { from: 'path', path: code.src } : { from: 'oss', ...code }
}

function readActions(actions: unknown): {
  preDeploy: { run: string; path: string }[]
  unsupported: string[]
} {
  const preDeploy: { run: string; path: string }[] = []
  const unsupported: string[] = []
  for (const [when, steps] of Object.entries((actions ?? {}) as Record<string, unknown>)) {
    for (const step of Array.isArray(steps) ? steps : [steps]) {
      const { run, path = '.' } = (step ?? {}) as { run?: unknown; path?: unknown }
      if (when === 'pre-deploy' && typeof run === 'string') preDeploy.push({ run, path: String(path) })
      else unsupported.push(when)
    }
  }
  return { preDeploy, unsupported }
}
