/** Tables as records: what was said when they were made. Their rows are in the RowStore, under the id of the table. */
import {
  type RecordStore,
  type StoredRecord,
  VersionConflict,
  type Write,
  writtenKey,
} from '../../ports/records.ts'
import { parameterInvalid, tableAlreadyExist, tableNotExist } from './errors.ts'
import type { SortMessage } from './messages/search.ts'
import { checkTableName } from './names.ts'
import type { SearchField } from './search/schema.ts'

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
  indexes?: IndexRecord[]
  searchIndexes?: SearchIndexRecord[]
  /** Each has a record of its own besides (`tunnels/tunnel.ts`). */
  tunnels?: { id: string; name: string }[]
  /** Of an index, which is a table that follows another: the name of that. */
  indexOf?: string
}

/** What a table knows of an index; that it is read as a table of its own is a record of its own. */
export interface IndexRecord {
  name: string
  /** Of its table. */
  id: string
  /** Columns that it was asked for, then what is missing of the key of the table that it follows. */
  primaryKey: PrimaryKeyColumn[]
  /** How many of them it was asked for. */
  askedColumns: number
  /** Attribute columns that it has of each row. */
  columns: string[]
  isLocal: boolean
  /** Rows from before the index are still being brought in. */
  isFilling: boolean
}

/** An index that is searched, which follows its table a moment later. */
export interface SearchIndexRecord {
  name: string
  /** What it holds is kept under this. A later index of the same name has another. */
  id: string
  createdMs: number
  /** -1: as long as the table. */
  timeToLiveSeconds: number
  fields: SearchField[]
  /** Key columns that the vendor places rows by; here all are in one place. */
  routingFields: string[]
  /** How rows are ordered when a search does not say. */
  sort?: SortMessage
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

const ALL_TABLES = 'tables/table/'
export const tablesOf = ({ accountId, instance }: InstanceName): string =>
  `${ALL_TABLES}${accountId}/${instance}/`
export const tableKey = (owner: InstanceName, name: string): string => `${tablesOf(owner)}${name}`

/** Of the key of a table. */
export function ownerOf(key: string): InstanceName {
  const [accountId, instance] = key.slice(ALL_TABLES.length).split('/')
  return { accountId: accountId!, instance: instance! }
}

/** What a tunnel is, and how far it has come. */
export const tunnelKey = ({ accountId, instance }: InstanceName, tunnelId: string): string =>
  `tables/tunnel/${accountId}/${instance}/${tunnelId}`

/** What the RowStore calls the rows of a table, and the changes of its stream. */
export const rowsOf = ({ id }: { id: string }): string => `${id}/rows`
export const changesOf = ({ id }: { id: string }, stream: StreamSettings): string =>
  `${id}/changes/${stream.id}`

/** Keys of rows that were written since the search indexes of the table were last brought up to date. */
export const unfollowedOf = ({ id }: { id: string }): string => `${id}/search`

/** Of one instance, when another is made. The vendor's is 64, more on request. */
export const TABLES_MAX = 1000
export const INDEXES_MAX = 20
const AT_ONCE = 500

/** The tables of an instance and their indexes, by name. */
export const tablesIn = (records: RecordStore, owner: InstanceName): Promise<StoredRecord<TableRecord>[]> =>
  records.list({ prefix: tablesOf(owner), limit: TABLES_MAX * (1 + INDEXES_MAX) })

/** Those of all instances. */
export async function* allTables(records: RecordStore): AsyncGenerator<StoredRecord<TableRecord>> {
  for (let after = ALL_TABLES; ; ) {
    const page = await records.list<TableRecord>({ prefix: ALL_TABLES, after, limit: AT_ONCE })
    yield* page
    const last = page.at(-1)
    if (!last || page.length < AT_ONCE) return
    after = last.key
  }
}

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

/** A table that is none that follows another: what can be changed, deleted and written to. */
export async function requireMainTable(
  records: RecordStore,
  owner: InstanceName,
  name: string,
): Promise<StoredRecord<TableRecord>> {
  const found = await requireTable(records, owner, name)
  if (found.value.indexOf !== undefined) throw parameterInvalid("Can't write index table directly.")
  return found
}

/** The record of a table is not the one that was read: who wanted to change it has to look at it again. */
export class TableChanged extends Error {
  constructor() {
    super('the record of a table was changed meanwhile')
    this.name = 'TableChanged'
  }
}

/** Replaces the record; throws `TableChanged` when somebody else has changed it. `others` are of the same commit. */
export async function replaceTable(
  records: RecordStore,
  { key, version }: StoredRecord<TableRecord>,
  value: TableRecord,
  others: readonly Write[] = [],
): Promise<void> {
  await commitOf(records, [{ put: key, value, expect: version }, ...others])
}

/** Removes the record, and those of its indexes and tunnels; throws `TableChanged` when somebody else has changed it. */
export async function removeTable(
  records: RecordStore,
  owner: InstanceName,
  { key, version, value: { indexes = [], tunnels = [] } }: StoredRecord<TableRecord>,
): Promise<void> {
  const ofIndexes = indexes.map(({ name }): Write => ({ remove: tableKey(owner, name) }))
  const ofTunnels = tunnels.map(({ id }): Write => ({ remove: tunnelKey(owner, id) }))
  await commitOf(records, [{ remove: key, expect: version }, ...ofIndexes, ...ofTunnels])
}

/** Throws `TableChanged` where the first record is not the one that was read, and that there is a table of that name where another is not. */
export async function commitOf(
  records: Pick<RecordStore, 'commit'>,
  writes: readonly Write[],
): Promise<void> {
  try {
    await records.commit(writes)
  } catch (error) {
    if (!(error instanceof VersionConflict)) throw error
    throw error.key === writtenKey(writes[0]!) ? new TableChanged() : tableAlreadyExist()
  }
}
