/**
 * Secondary indexes. An index is a table that follows another: it has a row for each row that has all columns of the
 * index's key, written in the same commit. The vendor's global indexes follow a moment later; here nobody has to wait.
 */
import type { IdSource } from '../../lib/ids.ts'
import { parameterInvalid } from './errors.ts'
import { KEY_COLUMNS_MAX } from './key.ts'
import { type IndexMetaMessage, indexSyncPhase, indexType, indexUpdateMode } from './messages/tables.ts'
import { checkTableName } from './names.ts'
import {
  INDEXES_MAX,
  type IndexRecord,
  type KeyType,
  type PrimaryKeyColumn,
  type TableRecord,
} from './table.ts'
import { standardOptions } from './table-options.ts'

/** Types of defined columns that a key can have. */
const keyTypes: Partial<Record<number, KeyType>> = { 1: 'integer', 4: 'string', 7: 'binary' }

interface Made {
  ids: IdSource
  nowMs: number
  isFilling: boolean
}

/** The table with these indexes, and the tables that they are. */
export function withIndexes(
  table: TableRecord,
  metas: readonly IndexMetaMessage[],
  { ids, nowMs, isFilling }: Made,
): { main: TableRecord; tables: TableRecord[] } {
  if (metas.length === 0) return { main: table, tables: [] }
  checkIndexable(table)
  const added = metas.map((meta) => indexOf(table, meta, ids.uuid(), isFilling))
  const indexes = [...(table.indexes ?? []), ...added]
  if (indexes.length > INDEXES_MAX)
    throw parameterInvalid(`The number of indexes exceeds the limit, limit count: ${INDEXES_MAX}.`)
  if (new Set([table.name, ...indexes.map(({ name }) => name)]).size !== indexes.length + 1)
    throw parameterInvalid('Duplicated index name.')
  return { main: { ...table, indexes }, tables: added.map((index) => tableOf(table, index, nowMs)) }
}

/** The vendor's conditions: what expires, or is an older version, would stay in an index. */
export function checkIndexable({ options: { maxVersions, timeToLiveSeconds } }: TableRecord): void {
  if (maxVersions !== 1) throw parameterInvalid('The max versions of a table with an index must be 1.')
  if (timeToLiveSeconds !== -1)
    throw parameterInvalid('The time to live of a table with an index must be -1.')
}

function indexOf(table: TableRecord, meta: IndexMetaMessage, id: string, isFilling: boolean): IndexRecord {
  checkTableName(meta.name)
  const isLocal = meta.index_type === indexType.local
  if (meta.index_update_mode !== (isLocal ? indexUpdateMode.sync : indexUpdateMode.async))
    throw parameterInvalid('A global index is updated asynchronously, and a local index synchronously.')
  const asked = meta.primary_key
  if (asked.length < 1 || asked.length > KEY_COLUMNS_MAX)
    throw parameterInvalid(
      `The number of primary key columns must be in range: [1, ${KEY_COLUMNS_MAX}] in index.`,
    )
  const names = [...asked, ...meta.defined_column]
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw parameterInvalid(`Duplicated column name in index: '${twice}'.`)
  if (isLocal && asked[0] !== table.primaryKey[0]!.name)
    throw parameterInvalid('The first primary key column of a local index must be that of its table.')
  for (const name of meta.defined_column) {
    if (!table.definedColumns.some((column) => column.name === name))
      throw parameterInvalid(`Column does not exist:'${name}'.`)
  }
  const missing = table.primaryKey.filter(({ name }) => !asked.includes(name))
  const primaryKey = [...asked.map((name) => keyColumn(table, name)), ...missing]
  return {
    name: meta.name,
    id,
    primaryKey: primaryKey.map((column) => ({ ...column, autoIncrement: false })),
    askedColumns: asked.length,
    columns: meta.defined_column,
    isLocal,
    isFilling,
  }
}

function keyColumn({ primaryKey, definedColumns }: TableRecord, name: string): PrimaryKeyColumn {
  const ofKey = primaryKey.find((column) => column.name === name)
  if (ofKey) return ofKey
  const defined = definedColumns.find((column) => column.name === name)
  if (!defined) throw parameterInvalid(`Column does not exist:'${name}'.`)
  const type = keyTypes[defined.type]
  if (!type) throw parameterInvalid(`The column '${name}' is of a type that cannot be in a primary key.`)
  return { name, type, autoIncrement: false }
}

const tableOf = (
  main: TableRecord,
  { name, id, primaryKey, columns }: IndexRecord,
  nowMs: number,
): TableRecord => ({
  name,
  id,
  createdMs: nowMs,
  primaryKey,
  definedColumns: main.definedColumns.filter((column) => columns.includes(column.name)),
  options: standardOptions,
  throughput: { read: 0, write: 0, lastIncreaseMs: nowMs },
  localTransactions: false,
  indexOf: main.name,
})

/** Every column that the index needs. */
export const namesOf = ({ primaryKey, columns }: IndexRecord): string[] => [
  ...primaryKey.map(({ name }) => name),
  ...columns,
]

export const indexMessage = (index: IndexRecord): IndexMetaMessage => ({
  name: index.name,
  primary_key: index.primaryKey.slice(0, index.askedColumns).map(({ name }) => name),
  defined_column: index.columns,
  index_update_mode: index.isLocal ? indexUpdateMode.sync : indexUpdateMode.async,
  index_type: index.isLocal ? indexType.local : indexType.global,
  index_sync_phase: index.isFilling ? indexSyncPhase.full : indexSyncPhase.incremental,
})
