/** Tables as records: what was said when they were made. Their rows are in the RowStore, under the id of the table. */
import { type RecordStore, type StoredRecord, VersionConflict } from '../../ports/records.ts'
import { tableNotExist, tableNotReady } from './errors.ts'
import { checkTableName } from './names.ts'

export interface TableRecord {
  name: string
  /** Its rows are kept under this. A later table of the same name has another, so that no old row comes back. */
  id: string
  createdMs: number
  primaryKey: PrimaryKeyColumn[]
  /** Only indexes need to know of attribute columns in advance; `type` is the vendor's number. */
  definedColumns: { name: string; type: DefinedColumnType }[]
  options: TableOptions
  throughput: { read: number; write: number; lastIncreaseMs: number; lastDecreaseMs?: number }
  /** The vendor opens them to tables that ask for it, which only some SDKs can; here they are closed to who says so. */
  localTransactions: boolean
  stream?: StreamSettings
}

export type KeyType = 'integer' | 'string' | 'binary'
export type DefinedColumnType = 1 | 2 | 3 | 4 | 7

export interface PrimaryKeyColumn {
  name: string
  type: KeyType
  autoIncrement: boolean
}

export interface TableOptions {
  /** -1: for ever. */
  timeToLiveSeconds: number
  maxVersions: number
  /** How far from now the version of a cell may be that a client names. */
  deviationSeconds: number
  allowUpdate: boolean
}

export interface StreamSettings {
  /** The name of the table and something that is never used twice, with an underscore between. */
  id: string
  expirationHours: number
  enabledMs: number
}

/** Whose tables: every instance has names of its own. */
export interface InstanceName {
  accountId: string
  instance: string
}

export const ALL_TABLES = 'tables/table/'
export const tablesOf = ({ accountId, instance }: InstanceName): string =>
  `${ALL_TABLES}${accountId}/${instance}/`
export const tableKey = (owner: InstanceName, name: string): string => `${tablesOf(owner)}${name}`

/** What the RowStore calls the rows of a table, and the changes of its stream. */
export const rowsOf = ({ id }: { id: string }): string => `${id}/rows`
export const changesOf = ({ id }: { id: string }, stream: StreamSettings): string =>
  `${id}/changes/${stream.id}`

export async function requireTable(
  records: RecordStore,
  owner: InstanceName,
  name: string,
): Promise<StoredRecord<TableRecord>> {
  checkTableName(name)
  const found = await records.get<TableRecord>(tableKey(owner, name))
  if (!found) throw tableNotExist()
  return found
}

/** Replaces the record if nobody else has changed it meanwhile. */
export async function replaceTable(
  records: RecordStore,
  { key, version }: StoredRecord<TableRecord>,
  value: TableRecord,
): Promise<void> {
  try {
    await records.commit([{ put: key, value, expect: version }])
  } catch (error) {
    if (error instanceof VersionConflict) throw tableNotReady()
    throw error
  }
}

/** Removes the record if nobody else has changed it meanwhile. */
export async function removeTable(
  records: RecordStore,
  { key, version }: StoredRecord<TableRecord>,
): Promise<void> {
  try {
    await records.commit([{ remove: key, expect: version }])
  } catch (error) {
    if (error instanceof VersionConflict) throw tableNotReady()
    throw error
  }
}
