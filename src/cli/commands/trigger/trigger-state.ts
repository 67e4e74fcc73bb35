/** Triggers as those see them who run the platform. */
import type { Platform } from '../../platform.ts'
import { age } from '../../watch/words.ts'

export interface TriggerState {
  functionName: string
  triggerName: string
  triggerType: string
  qualifier: string
  sourceArn?: string
  /** Absent of a type that keeps no events. */
  waiting?: number
  oldestTime?: string
  pausedTime?: string
  lastError?: { time: string; message: string }
}

export const triggerPath = (functionName: string, triggerName: string, rest = ''): string =>
  `/hanshu/functions/${encodeURIComponent(functionName)}/triggers/${encodeURIComponent(triggerName)}${rest}`

/** Every trigger, or those of one function. */
export async function triggerStates(platform: Platform, functionName?: string): Promise<TriggerState[]> {
  const states = await platform.list<TriggerState>(
    { action: 'ListTriggerStates', method: 'GET', path: '/hanshu/triggers' },
    'triggers',
  )
  return functionName === undefined ? states : states.filter((it) => it.functionName === functionName)
}

/** The last part of an ARN is what it names: the bucket, the topic, the table. */
export const sourceText = ({ sourceArn = '' }: TriggerState): string =>
  sourceArn.split(':').slice(4).join(':').replace(/^\//, '')

/** How long ago, as `3h12m`; nothing where there is no such time. */
export const ageText = (time: string | undefined, nowMs: number): string =>
  time === undefined ? '' : age(Math.max(0, (nowMs - Date.parse(time)) / 1000))
