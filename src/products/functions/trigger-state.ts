/** Triggers as those see them who run the platform: what waits, what failed, what is paused. Ours, not the vendor's. */
import type { StoredRecord } from '../../ports/records.ts'
import { changeFunction } from './change-function.ts'
import { invalidArgument, triggerNotFound } from './errors.ts'
import { sourceTriggerKey, triggerKey } from './keys.ts'
import type { SourceTriggerRecord } from './source-trigger.ts'
import type { TriggerRecord } from './triggers.ts'
import type { FunctionsContext } from './vocabulary.ts'

type Context = Pick<FunctionsContext, 'records' | 'accountId'>

export async function triggerStateDocument(
  { triggerName, triggerType, qualifier, sourceArn }: TriggerRecord,
  functionName: string,
  { records, accountId, eventSources }: Context & Pick<FunctionsContext, 'eventSources'>,
): Promise<Record<string, unknown>> {
  const trigger = { functionName, triggerName, triggerType, qualifier, sourceArn }
  const source = await records.get<SourceTriggerRecord>(
    sourceTriggerKey(accountId, functionName, triggerName),
  )
  if (!source) return trigger
  const { pausedMs } = source.value
  const { waiting, oldestMs, lastError } = await eventSources.stateOf(source.value)
  return {
    ...trigger,
    waiting,
    oldestTime: timeText(oldestMs),
    pausedTime: timeText(pausedMs),
    lastError: lastError && { time: timeText(lastError.atMs), message: lastError.message },
  }
}

const timeText = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()

/** Of a type whose events can be kept. Throws `TriggerNotFound`, and `InvalidArgument` for one of another type. */
export async function requireSourceTrigger(
  functionName: string,
  triggerName: string,
  { records, accountId }: Context,
): Promise<StoredRecord<SourceTriggerRecord>> {
  const source = await records.get<SourceTriggerRecord>(
    sourceTriggerKey(accountId, functionName, triggerName),
  )
  if (source) return source
  const other = await records.get<TriggerRecord>(triggerKey(accountId, functionName, triggerName))
  if (!other) throw triggerNotFound(functionName, triggerName)
  throw invalidArgument(
    `a trigger of the type '${other.value.triggerType}' keeps no events: it can be neither paused nor replayed`,
  )
}

export const setPaused = (
  { functionName, triggerName }: { functionName: string; triggerName: string },
  pausedMs: number | undefined,
  context: Context & Pick<FunctionsContext, 'directory'>,
): Promise<void> =>
  changeFunction(context, functionName, async () => {
    const { key, value, version } = await requireSourceTrigger(functionName, triggerName, context)
    const { pausedMs: before, ...trigger } = value
    const since = pausedMs === undefined ? {} : { pausedMs: before ?? pausedMs }
    return { writes: [{ put: key, value: { ...trigger, ...since }, expect: version }], result: undefined }
  })
