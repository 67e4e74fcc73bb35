import type { RecordStore, Write } from '../../ports/records.ts'
import { invalidArgument, notImplemented } from './errors.ts'
import type { EventSources } from './event-sources.ts'
import { type HttpTriggerSettings, type HttpTriggerUrls, parseHttpTriggerConfig } from './http-trigger.ts'
import { httpTriggerKey, sourceTriggerKey, timerTriggerKey, triggerKey } from './keys.ts'
import { qualifiedArn } from './names.ts'
import { type SourceKind, type SourceTriggerRecord, sourceKinds, sourceOf } from './source-trigger.ts'
import { parseTimerTriggerConfig, type TimerTriggerRecord, timerTriggerRecord } from './timer-trigger.ts'

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
  if (Object.hasOwn(kinds, triggerType)) return
  if (vendorTypes.includes(triggerType)) throw notImplemented(`the trigger type '${triggerType}'`)
  throw invalidArgument(
    `TriggerType is set to an invalid value (allowed: ${vendorTypes.join(', ')}; actual: '${triggerType}')`,
  )
}

interface Place {
  records: RecordStore
  accountId: string
  functionName: string
  eventSources: EventSources
}

type FunctionPlace = Pick<Place, 'accountId' | 'functionName'>

/** What differs between the types of triggers. */
interface TriggerKind {
  /** Checks a `triggerConfig` and answers it as it is shown. Throws `ApiError`. */
  configText(triggerConfig: string): string
  /** What is written beside the trigger itself, for who delivers its events. Throws `ApiError` where there is no room. */
  writes(
    place: Place,
    trigger: TriggerRecord,
    before: TriggerRecord | undefined,
    nowMs: number,
  ): Promise<Write[]>
  removals(place: FunctionPlace, trigger: TriggerRecord): Write[]
}

const kinds: Readonly<Record<string, TriggerKind>> = {
  /** The edge looks them up by qualifier, of which each has one. */
  http: {
    configText: (triggerConfig) => parseHttpTriggerConfig(triggerConfig).text,
    async writes({ records, accountId, functionName }, trigger, before) {
      const { triggerName, triggerId, qualifier } = trigger
      const key = httpTriggerKey(accountId, functionName, qualifier)
      const moves = before !== undefined && before.qualifier !== qualifier
      if ((before === undefined || moves) && (await records.get(key))) {
        throw invalidArgument(
          `qualifier '${qualifier}' of function '${functionName}' already has an HTTP trigger`,
        )
      }
      const settings: HttpTriggerSettings = {
        accountId,
        functionName,
        qualifier,
        triggerName,
        triggerId,
        ...parseHttpTriggerConfig(trigger.triggerConfig).settings,
      }
      return [
        ...(moves ? [{ remove: httpTriggerKey(accountId, functionName, before.qualifier) }] : []),
        { put: key, value: settings },
      ]
    },
    removals: ({ accountId, functionName }, { qualifier }) => [
      { remove: httpTriggerKey(accountId, functionName, qualifier) },
    ],
  },

  timer: {
    configText: (triggerConfig) => parseTimerTriggerConfig(triggerConfig).text,
    async writes({ records, accountId, functionName }, trigger, _before, nowMs) {
      const { triggerName, triggerId, qualifier } = trigger
      const key = timerTriggerKey(accountId, functionName, triggerName)
      const stored = await records.get<TimerTriggerRecord>(key)
      const { settings } = parseTimerTriggerConfig(trigger.triggerConfig)
      const wanted = { functionName, triggerName, triggerId, qualifier, ...settings }
      const value = timerTriggerRecord(wanted, stored?.value, nowMs)
      // A tick that is fired meanwhile must not be forgotten.
      return [{ put: key, value, expect: stored?.version ?? 'absent' }]
    },
    removals: ({ accountId, functionName }, { triggerName }) => [
      { remove: timerTriggerKey(accountId, functionName, triggerName) },
    ],
  },

  ...Object.fromEntries(
    Object.entries(sourceKinds).map(([triggerType, kind]) => [triggerType, sourceTrigger(kind)]),
  ),
}

/** Who delivers its events finds them by what it is wired to. */
function sourceTrigger(kind: SourceKind): TriggerKind {
  return {
    configText: (triggerConfig) => JSON.stringify(kind.parse(triggerConfig)),
    async writes({ records, accountId, functionName, eventSources }, trigger, before, nowMs) {
      const { triggerName, triggerId, triggerType, qualifier, invocationRole, sourceArn = '' } = trigger
      const source = sourceOf(kind, sourceArn, accountId)
      const config = kind.parse(trigger.triggerConfig)
      if (before === undefined) {
        const flaw = await eventSources.flawOf(triggerType, source)
        if (flaw !== undefined) throw invalidArgument(flaw)
      }
      const key = sourceTriggerKey(accountId, functionName, triggerName)
      const stored = await records.get<SourceTriggerRecord>(key)
      const { sinceMs = nowMs, pausedMs } = stored?.value ?? {}
      const value: SourceTriggerRecord = {
        functionName,
        triggerName,
        triggerId,
        qualifier,
        triggerType,
        source,
        config,
        ...(invocationRole ? { invocationRole } : {}),
        sinceMs,
        ...(pausedMs === undefined ? {} : { pausedMs }),
      }
      return [{ put: key, value, expect: stored?.version ?? 'absent' }]
    },
    removals: ({ accountId, functionName }, { triggerName }) => [
      { remove: sourceTriggerKey(accountId, functionName, triggerName) },
    ],
  }
}

function kindOf(triggerType: string): TriggerKind {
  const kind = kinds[triggerType]
  if (!kind) throw new Error(`a trigger of the type '${triggerType}' cannot have been created`)
  return kind
}

export const triggerConfigText = (triggerType: string, triggerConfig: string): string =>
  kindOf(triggerType).configText(triggerConfig)

/** The records of a trigger that is created or changed; `before` is what it replaces. Throws `ApiError`. */
export async function triggerWrites(
  place: Place,
  trigger: TriggerRecord,
  before: TriggerRecord | undefined,
  nowMs: number,
): Promise<Write[]> {
  return [
    { put: triggerKey(place.accountId, place.functionName, trigger.triggerName), value: trigger },
    ...(await kindOf(trigger.triggerType).writes(place, trigger, before, nowMs)),
  ]
}

export const triggerRemovals = (place: FunctionPlace, trigger: TriggerRecord): Write[] => [
  { remove: triggerKey(place.accountId, place.functionName, trigger.triggerName) },
  ...kindOf(trigger.triggerType).removals(place, trigger),
]

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
    ...(trigger.triggerType === 'http'
      ? { httpTrigger: context.httpTriggerUrl(functionName, trigger.qualifier) }
      : {}),
  }
}
