import type { Write } from '../../ports/records.ts'
import { invalidArgument, notImplemented } from './errors.ts'
import { type HttpTriggerSettings, type HttpTriggerUrls, parseHttpTriggerConfig } from './http-trigger.ts'
import { httpTriggerKey, triggerKey } from './keys.ts'
import { qualifiedArn } from './names.ts'

export interface TriggerRecord {
  triggerName: string
  triggerId: string
  triggerType: string
  /** A JSON document in a string, as in the API. */
  triggerConfig: string
  qualifier: string
  description: string
  invocationRole?: string
  sourceArn?: string
  createdTime: string
  lastModifiedTime: string
}

/** "triggers 50/function" */
export const TRIGGERS_MAX = 50

const vendorTypes = ['http', 'timer', 'oss', 'log', 'mns_topic', 'tablestore', 'cdn_events', 'eventbridge']

export function checkTriggerType(triggerType: string): void {
  if (triggerType === 'http') return
  if (vendorTypes.includes(triggerType)) throw notImplemented(`the trigger type '${triggerType}'`)
  throw invalidArgument(
    `TriggerType is set to an invalid value (allowed: ${vendorTypes.join(', ')}; actual: '${triggerType}')`,
  )
}

/** The records of a trigger: its own, and what the edge looks up by qualifier. `before` is what it replaces. */
export function triggerWrites(
  accountId: string,
  functionName: string,
  trigger: TriggerRecord,
  before?: TriggerRecord,
): Write[] {
  const { triggerName, triggerId, qualifier } = trigger
  const settings: HttpTriggerSettings = {
    accountId,
    functionName,
    qualifier,
    triggerName,
    triggerId,
    ...parseHttpTriggerConfig(trigger.triggerConfig).settings,
  }
  return [
    ...(before && before.qualifier !== qualifier
      ? [{ remove: httpTriggerKey(accountId, functionName, before.qualifier) }]
      : []),
    { put: triggerKey(accountId, functionName, triggerName), value: trigger },
    { put: httpTriggerKey(accountId, functionName, qualifier), value: settings },
  ]
}

/** The `Trigger` of the API. */
export function triggerDocument(
  trigger: TriggerRecord,
  functionName: string,
  context: {
    region: string
    accountId: string
    httpTriggerUrl(functionName: string, qualifier: string): HttpTriggerUrls
  },
): Record<string, unknown> {
  return {
    ...trigger,
    targetArn: qualifiedArn(context.region, context.accountId, functionName, trigger.qualifier),
    httpTrigger: context.httpTriggerUrl(functionName, trigger.qualifier),
  }
}
