/** Prints a plan the way it is read: a line for each thing that would be done. */
import type { Change, Plan } from './plan.ts'
import type { FunctionResource } from './props.ts'

export function planLines({ functionName, spec }: FunctionResource, plan: Plan, codeSize: string): string[] {
  const lines: string[] = []
  if (plan.function.step === 'create') {
    lines.push(`+ ${functionName}: create (${spec.runtime}, ${spec.memorySize} MB, ${codeSize})`)
  } else if (plan.function.step === 'update') {
    lines.push(`~ ${functionName}: update`)
    if (plan.function.code) lines.push(`    code: ${codeSize}`)
    lines.push(...plan.function.changes.flatMap((change) => changeLines(change, '    ')))
  } else {
    lines.push(`= ${functionName}: unchanged`)
  }
  for (const step of plan.triggers) {
    if (step.step === 'create')
      lines.push(`  + trigger ${step.trigger.triggerName}: create (${step.trigger.triggerType})`)
    if (step.step === 'remove') lines.push(`  - trigger ${step.triggerName}: remove`)
    if (step.step === 'none') lines.push(`  = trigger ${step.triggerName}: unchanged`)
    if (step.step === 'update') {
      lines.push(`  ~ trigger ${step.trigger.triggerName}: update`)
      lines.push(...step.changes.flatMap((change) => changeLines(change, '      ')))
    }
  }
  if (plan.asyncInvokeConfig === 'put') lines.push('  ~ asyncInvokeConfig: set')
  if (plan.asyncInvokeConfig === 'remove') lines.push('  - asyncInvokeConfig: remove')
  if (plan.concurrency === 'put') lines.push('  ~ concurrencyConfig: set')
  if (plan.concurrency === 'remove') lines.push('  - concurrencyConfig: remove')
  lines.push(...plan.leftAlone.map((what) => `  ? ${what}: not in the file; left alone (--prune removes it)`))
  return lines
}

/** A mapping is told key by key. The values of variables are not told: they may be secrets. */
export function changeLines({ field, from, to }: Change, indent: string): string[] {
  if (field !== 'environmentVariables') return [`${indent}${field}: ${shown(from)} -> ${shown(to)}`]
  const before = (from ?? {}) as Record<string, unknown>
  const after = (to ?? {}) as Record<string, unknown>
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const what = name in before ? (name in after ? 'changed' : 'removed') : 'added'
      return `${indent}environmentVariables.${name}: ${what}`
    })
}

const shown = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return 'unset'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
