/** Does what a plan says, in an order that leaves something that works at every point. */
import { PlatformRefused } from '../errors.ts'
import { API, functionPath, type Platform } from '../platform.ts'
import type { Plan, TriggerStep } from './plan.ts'
import type { FunctionResource, TriggerSpec } from './props.ts'
import type { CodeLocation } from './upload.ts'

interface Apply {
  platform: Platform
  resource: FunctionResource
  plan: Plan
  /** Sends the code; called only where it is needed. */
  sendCode: () => Promise<CodeLocation | undefined>
  failed: (what: string, error: PlatformRefused) => void
}

/** A refusal of the function itself is thrown; that of a part is told to `failed`, and the others go on. */
export async function apply({ platform, resource, plan, sendCode, failed }: Apply): Promise<void> {
  const { functionName } = resource
  const at = (rest: string) => functionPath(functionName, rest)
  await applyFunction(platform, resource, plan, sendCode)

  const part = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof PlatformRefused)) throw error
      failed(what, error)
    }
  }
  for (const step of plan.triggers) {
    if (step.step === 'none') continue
    const name = step.step === 'remove' ? step.triggerName : step.trigger.triggerName
    await part(`trigger ${name}`, () => applyTrigger(platform, functionName, step))
  }
  const { qualifier = 'LATEST', ...config } = resource.asyncInvokeConfig ?? {}
  const asyncPath = { path: at('/async-invoke-config'), query: { qualifier } }
  if (plan.asyncInvokeConfig === 'put') {
    await part('asyncInvokeConfig', () =>
      platform.call({ action: 'PutAsyncInvokeConfig', method: 'PUT', ...asyncPath, body: config }),
    )
  } else if (plan.asyncInvokeConfig === 'remove') {
    await part('asyncInvokeConfig', () =>
      platform.call({ action: 'DeleteAsyncInvokeConfig', method: 'DELETE', ...asyncPath }),
    )
  }
  const path = at('/concurrency')
  if (plan.concurrency === 'put') {
    const body = { reservedConcurrency: resource.reservedConcurrency }
    await part('concurrencyConfig', () =>
      platform.call({ action: 'PutConcurrencyConfig', method: 'PUT', path, body }),
    )
  } else if (plan.concurrency === 'remove') {
    await part('concurrencyConfig', () =>
      platform.call({ action: 'DeleteConcurrencyConfig', method: 'DELETE', path }),
    )
  }
}

async function applyFunction(
  platform: Platform,
  { functionName, spec, code }: FunctionResource,
  plan: Plan,
  sendCode: () => Promise<CodeLocation | undefined>,
): Promise<void> {
  if (plan.function.step === 'create') {
    const location = code.from === 'image' ? undefined : await sendCode()
    const body = { ...spec, ...(location ? { code: location } : {}) }
    await platform.call({ action: 'CreateFunction', method: 'POST', path: `${API}/functions`, body })
  } else if (plan.function.step === 'update') {
    const location = plan.function.code ? await sendCode() : undefined
    // Only what changes: what someone set by other means, and the file does not speak of, stays.
    const body = {
      ...Object.fromEntries(plan.function.changes.map(({ field, to }) => [field, to])),
      ...(location ? { code: location } : {}),
    }
    await platform.call({ action: 'UpdateFunction', method: 'PUT', path: functionPath(functionName), body })
  }
}

async function applyTrigger(
  platform: Platform,
  functionName: string,
  step: Exclude<TriggerStep, { step: 'none' }>,
): Promise<void> {
  const base = functionPath(functionName, '/triggers')
  if (step.step === 'remove') {
    const path = `${base}/${encodeURIComponent(step.triggerName)}`
    await platform.call({ action: 'DeleteTrigger', method: 'DELETE', path })
    return
  }
  const { triggerName, triggerType, sourceArn, ...body } = wireTrigger(step.trigger)
  if (step.step === 'create') {
    const whole = { triggerName, triggerType, sourceArn, ...body }
    await platform.call({ action: 'CreateTrigger', method: 'POST', path: base, body: whole })
  } else {
    const path = `${base}/${encodeURIComponent(triggerName)}`
    await platform.call({ action: 'UpdateTrigger', method: 'PUT', path, body })
  }
}

/** In the API of 2023 the configuration of a trigger is a JSON text. */
const wireTrigger = (trigger: TriggerSpec) => ({
  ...trigger,
  triggerConfig: JSON.stringify(trigger.triggerConfig),
})
