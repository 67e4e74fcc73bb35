/** Compares what a file describes with what the platform has: what has to be done, as data. Pure. */
import { CommandFailed } from '../errors.ts'
import type { FunctionResource, TriggerSpec } from './props.ts'

export interface RemoteTrigger {
  triggerName: string
  triggerType: string
  qualifier?: string
  description?: string
  sourceArn?: string
  invocationRole?: string
  /** JSON text. */
  triggerConfig?: string
  httpTrigger?: { urlInternet?: string; urlIntranet?: string }
}

/** What the platform has of one function. */
export interface Remote {
  function?: Readonly<Record<string, unknown>> | undefined
  triggers: readonly RemoteTrigger[]
  asyncInvokeConfig?: Readonly<Record<string, unknown>> | undefined
  reservedConcurrency?: number | undefined
}

export interface Change {
  field: string
  from: unknown
  to: unknown
}

export type TriggerStep =
  | { step: 'create'; trigger: TriggerSpec }
  | { step: 'update'; trigger: TriggerSpec; changes: Change[] }
  | { step: 'remove'; triggerName: string }
  | { step: 'none'; triggerName: string }

export interface Plan {
  function: { step: 'create' } | { step: 'update'; changes: Change[]; code: boolean } | { step: 'none' }
  triggers: TriggerStep[]
  asyncInvokeConfig: 'put' | 'remove' | 'none'
  concurrency: 'put' | 'remove' | 'none'
  /** There, not in the file, and left alone because --prune was not given. */
  leftAlone: string[]
}

interface PlanInput {
  wanted: FunctionResource
  remote: Remote
  /** CRC-64 of the code that is wanted; undefined when it cannot be known before it is sent. */
  checksum: string | undefined
  prune: boolean
}

export function planFor({ wanted, remote, checksum, prune }: PlanInput): Plan {
  const plan: Plan = {
    function: functionStep(wanted, remote.function, checksum),
    triggers: wanted.triggers.map((trigger) => triggerStep(trigger, remote.triggers)),
    asyncInvokeConfig: 'none',
    concurrency: 'none',
    leftAlone: [],
  }
  const extra = remote.triggers.filter(
    (it) => !wanted.triggers.some((own) => own.triggerName === it.triggerName),
  )
  for (const { triggerName } of extra) {
    if (prune) plan.triggers.push({ step: 'remove', triggerName })
    else plan.leftAlone.push(`trigger ${triggerName}`)
  }

  const { asyncInvokeConfig, reservedConcurrency } = wanted
  if (asyncInvokeConfig) {
    const { qualifier: _, ...config } = asyncInvokeConfig
    const there = remote.asyncInvokeConfig ?? {}
    const same = Object.keys(config).every((key) => isSame(config[key], there[key]))
    plan.asyncInvokeConfig = remote.asyncInvokeConfig && same ? 'none' : 'put'
  } else if (remote.asyncInvokeConfig) {
    if (prune) plan.asyncInvokeConfig = 'remove'
    else plan.leftAlone.push('asyncInvokeConfig')
  }
  if (reservedConcurrency !== undefined) {
    plan.concurrency = remote.reservedConcurrency === reservedConcurrency ? 'none' : 'put'
  } else if (remote.reservedConcurrency !== undefined) {
    if (prune) plan.concurrency = 'remove'
    else plan.leftAlone.push('concurrencyConfig')
  }
  return plan
}

export const isUnchanged = (plan: Plan): boolean =>
  plan.function.step === 'none' &&
  plan.triggers.every(({ step }) => step === 'none') &&
  plan.asyncInvokeConfig === 'none' &&
  plan.concurrency === 'none'

function functionStep(
  { spec, code }: FunctionResource,
  remote: Readonly<Record<string, unknown>> | undefined,
  checksum: string | undefined,
): Plan['function'] {
  if (!remote) return { step: 'create' }
  const changes: Change[] = []
  for (const [field, to] of Object.entries(spec)) {
    const from = field === 'layers' ? layerArns(remote.layers) : remote[field]
    if (!isSame(from, to)) changes.push({ field, from, to })
  }
  const codeChanged = code.from !== 'image' && (checksum === undefined || remote.codeChecksum !== checksum)
  if (changes.length === 0 && !codeChanged) return { step: 'none' }
  return { step: 'update', changes, code: codeChanged }
}

function triggerStep(trigger: TriggerSpec, remote: readonly RemoteTrigger[]): TriggerStep {
  const there = remote.find(({ triggerName }) => triggerName === trigger.triggerName)
  if (!there) return { step: 'create', trigger }
  if (there.triggerType !== trigger.triggerType) {
    throw new CommandFailed(
      `Trigger ${trigger.triggerName} is of type ${there.triggerType} on the platform and ${trigger.triggerType} in the file. ` +
        'The type of a trigger cannot be changed: give the new one another name.',
    )
  }
  const changes: Change[] = []
  for (const field of ['qualifier', 'description', 'invocationRole'] as const) {
    if (!isSame(there[field], trigger[field])) changes.push({ field, from: there[field], to: trigger[field] })
  }
  const config = there.triggerConfig ? JSON.parse(there.triggerConfig) : {}
  if (!isSame(config, trigger.triggerConfig)) {
    changes.push({ field: 'triggerConfig', from: config, to: trigger.triggerConfig })
  }
  return changes.length > 0
    ? { step: 'update', trigger, changes }
    : { step: 'none', triggerName: trigger.triggerName }
}

const layerArns = (layers: unknown): unknown =>
  Array.isArray(layers) ? layers.map((layer) => (layer as { arn?: string }).arn ?? layer) : layers

/** The platform writes what is unset as absent, null, empty or false, and so may the file. */
export const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b)

const canonical = (value: unknown): string => JSON.stringify(withoutUnset(value)) ?? ''

function withoutUnset(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((item) => withoutUnset(item) ?? null)
  if (value !== null && typeof value === 'object') {
    const kept = Object.entries(value)
      .map(([key, inner]) => [key, withoutUnset(inner)] as const)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return kept.length === 0 ? undefined : Object.fromEntries(kept)
  }
  return value === null || value === '' || value === false || value === 'None' ? undefined : value
}
