import { z } from 'zod'
import { parseTimerSchedule } from '../../lib/timer-schedule.ts'
import { invalidArgument, notImplemented } from './errors.ts'
import { withoutNulls } from './function-spec.ts'
import { isEmpty } from './not-built.ts'

/** What fires a timer trigger needs to know of it. It writes `doneMs` back, by the version that it read. */
export interface TimerTriggerRecord {
  functionName: string
  triggerName: string
  triggerId: string
  qualifier: string
  cronExpression: string
  payload: string
  enable: boolean
  /** When this schedule came into force, ms: only ticks after it count. */
  sinceMs: number
  /** The last tick that is done with, ms. Undefined: none of this schedule was. */
  doneMs?: number
}

export interface TimerTriggerConfig {
  settings: Pick<TimerTriggerRecord, 'cronExpression' | 'payload' | 'enable'>
  /** The `triggerConfig` that is answered. */
  text: string
}

/** The event is called asynchronously: "async payload 128 KB", of which the name and the time take less than one. */
const PAYLOAD_BYTES_MAX = 127 * 1024

const timerTriggerConfig = z.preprocess(
  withoutNulls,
  z.looseObject({
    cronExpression: z.string().optional(),
    enable: z.boolean().optional(),
    payload: z.string().optional(),
  }),
)

const knownFields = new Set(['cronExpression', 'enable', 'payload'])

/** Reads the `triggerConfig` of a timer trigger: a JSON document in a string. Throws `ApiError`. */
export function parseTimerTriggerConfig(triggerConfig: string): TimerTriggerConfig {
  let document: unknown
  try {
    document = triggerConfig.trim() === '' ? {} : JSON.parse(triggerConfig)
  } catch {
    throw invalidArgument('TriggerConfig is not a JSON document')
  }
  const read = timerTriggerConfig.safeParse(document)
  if (!read.success) {
    const [issue] = read.error.issues
    throw invalidArgument(
      `TriggerConfig is set to an invalid value: ${issue?.path.join('.')}: ${issue?.message}`,
    )
  }
  const { cronExpression, enable, payload, ...others } = read.data
  for (const [field, value] of Object.entries(others)) {
    if (!knownFields.has(field) && !isEmpty(value)) throw notImplemented(`the field 'triggerConfig.${field}'`)
  }
  if (!cronExpression) throw invalidArgument('cronExpression is required but not provided')
  if (!parseTimerSchedule(cronExpression)) {
    throw invalidArgument(
      "cronExpression is set to an invalid value: it must be '@every' and a time from one minute to 366 days (1h30m), or " +
        'six cron fields (seconds minutes hours day-of-month month day-of-week), which CRON_TZ=Area/City may precede ' +
        `(actual: '${cronExpression.slice(0, 300)}')`,
    )
  }
  if (Buffer.byteLength(JSON.stringify(payload ?? '')) > PAYLOAD_BYTES_MAX) {
    throw invalidArgument(`payload must not take more than ${PAYLOAD_BYTES_MAX} bytes as JSON`)
  }
  return {
    settings: { cronExpression, enable: enable ?? true, payload: payload ?? '' },
    // What was not given is not answered: clients compare the answer with what they sent.
    text: JSON.stringify({ payload, cronExpression, enable }),
  }
}

/** A schedule that is changed, or enabled again, begins anew; otherwise ticks go on as they were. */
export function timerTriggerRecord(
  trigger: Omit<TimerTriggerRecord, 'sinceMs' | 'doneMs'>,
  before: TimerTriggerRecord | undefined,
  nowMs: number,
): TimerTriggerRecord {
  const goesOn =
    before?.triggerId === trigger.triggerId &&
    before.cronExpression === trigger.cronExpression &&
    before.enable === trigger.enable
  if (!goesOn) return { ...trigger, sinceMs: nowMs }
  const { sinceMs, doneMs } = before
  return { ...trigger, sinceMs, ...(doneMs === undefined ? {} : { doneMs }) }
}
