/** What triggers of tables want of the rest of the platform; the composition root plugs it in. */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { SourceTrigger, SourceTriggers } from '../events/source-triggers.ts'

export type ChangedValue = bigint | number | boolean | string | Uint8Array

/** One change of one row, as its stream keeps it. */
export interface TableChange {
  /** Where it is in the stream: rises with every change. */
  key: Uint8Array
  type: 'PutRow' | 'UpdateRow' | 'DeleteRow'
  timestampMs: number
  primaryKey: readonly { name: string; value: ChangedValue }[]
  columns: readonly {
    type: 'Put' | 'DeleteOneVersion' | 'DeleteAllVersions'
    name: string
    value?: ChangedValue
    timestampMs?: bigint
  }[]
  /** Functions that led to it, each triggered by what the one before it did. */
  hops: number
}

export type TableChanges =
  | { is: 'read'; streamId: string; changesTable: string; changes: readonly TableChange[] }
  | { is: 'noTable' | 'noStream' }

export interface StreamPlace {
  streamId: string
  key: Uint8Array
}

export interface Batch {
  requestId: string
  event: Uint8Array
  hops: number
}

export interface TableTriggersNeeds {
  triggers: Pick<SourceTriggers, 'all' | 'find'>
  /** Where it is kept how far each trigger has got. */
  records: Pick<RecordStore, 'get' | 'commit'>
  /** What comes after a place, or after the start of the stream; at most `limit`. */
  read(source: string, place: StreamPlace | undefined, limit: number): Promise<TableChanges>
  /**
   * Calls the function and waits for it, or until `signal` is aborted. What it answers is why it has to be called again;
   * undefined: it has succeeded.
   */
  call(trigger: SourceTrigger, batch: Batch, signal: AbortSignal): Promise<string | undefined>
  /** Why a batch is not to be called at all; undefined: it is. */
  refusal(batch: Batch): { because: string; condition: string } | undefined
  /** Keeps what is not called where the owner of the function finds it. */
  bury(trigger: SourceTrigger, batch: Batch, death: { because: string; condition: string }): Promise<void>
  clock: Clock
  log: Logger
}
