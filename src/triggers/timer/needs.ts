/** What timer triggers want of the rest of the platform; the composition root plugs it in. */
import type { RecordStore, StoredRecord, Write } from '../../ports/records.ts'

/** The record of a trigger. All but `doneMs` is written by who keeps triggers. */
export interface TimerTrigger {
  functionName: string
  triggerName: string
  qualifier: string
  cronExpression: string
  payload: string
  /** False: it does not fire. */
  enable: boolean
  /** When the schedule came into force, ms. */
  sinceMs: number
  /** The last tick that is done with, ms; undefined: none. */
  doneMs?: number
}

export interface TimerTriggerNeeds {
  /** Where the triggers are. */
  records: Pick<RecordStore, 'get' | 'commit'>
  /** Triggers of all functions or of one, in the order of their keys, those after a key. */
  list(range: {
    functionName?: string
    after?: string
    limit: number
  }): Promise<readonly StoredRecord<TimerTrigger>[]>
  /** The function is there and may be invoked at all. */
  mayInvoke(functionName: string, qualifier: string): Promise<boolean>
  /** A tick comes in a moment: an instance may be started for it. */
  soon(functionName: string, qualifier: string): void
  /** Takes an event in to be called later and makes the write, both or neither. Throws `VersionConflict`. */
  accept(event: TimerEvent, alongside: Write): Promise<void>
}

export interface TimerEvent {
  functionName: string
  qualifier: string
  event: Uint8Array
}
