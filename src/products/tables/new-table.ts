/** Schemas of tables: from and to messages, and the vendor's limits. */
import { parameterInvalid } from './errors.ts'
import { KEY_COLUMNS_MAX } from './key.ts'
import { primaryKeyTypes, type TableMetaMessage } from './messages/tables.ts'
import { checkColumnName, checkTableName } from './names.ts'
import type { KeyType, PrimaryKeyColumn, TableRecord } from './table.ts'

const DEFINED_COLUMNS_MAX = 32

const typeNames = new Map<number, KeyType>(
  (Object.entries(primaryKeyTypes) as [KeyType, number][]).map(([name, type]) => [type, name]),
)

export function schemaOf({
  table_name: name,
  primary_key: columns,
  defined_column: defined,
}: TableMetaMessage): Pick<TableRecord, 'primaryKey' | 'definedColumns'> {
  checkTableName(name)
  if (columns.length < 1 || columns.length > KEY_COLUMNS_MAX)
    throw parameterInvalid(`The number of primary key columns must be in range: [1, ${KEY_COLUMNS_MAX}].`)
  const seen = new Set<string>()
  const primaryKey = columns.map(({ name, type, option }): PrimaryKeyColumn => {
    checkColumnName(name)
    if (seen.has(name)) throw parameterInvalid(`Duplicated primary key name: '${name}'.`)
    seen.add(name)
    return { name, type: typeNames.get(type)!, autoIncrement: option !== undefined }
  })
  if (primaryKey[0]!.autoIncrement)
    throw parameterInvalid(`First primary key can't be auto increment, table: ${name}.`)
  const numbered = primaryKey.filter(({ autoIncrement }) => autoIncrement)
  if (numbered.length > 1) throw parameterInvalid('AUTO_INCREMENT primary key count must <= 1.')
  if (numbered.some(({ type }) => type !== 'integer'))
    throw parameterInvalid('AUTO_INCREMENT primary key must be integer.')
  checkDefinedColumns(defined, seen)
  return { primaryKey, definedColumns: defined }
}

/** `taken`: names that they cannot have. */
export function checkDefinedColumns(
  columns: TableRecord['definedColumns'],
  taken: ReadonlySet<string>,
): void {
  if (columns.length > DEFINED_COLUMNS_MAX)
    throw parameterInvalid(`The number of defined columns must be in range: [0, ${DEFINED_COLUMNS_MAX}].`)
  const seen = new Set(taken)
  for (const { name } of columns) {
    checkColumnName(name)
    if (seen.has(name)) throw parameterInvalid(`Duplicated defined column name: '${name}'.`)
    seen.add(name)
  }
}

export const metaMessage = ({ name, primaryKey, definedColumns }: TableRecord): TableMetaMessage => ({
  table_name: name,
  primary_key: keySchemaMessage(primaryKey),
  defined_column: definedColumns,
  index_meta: [],
})

export const keySchemaMessage = (primaryKey: readonly PrimaryKeyColumn[]): TableMetaMessage['primary_key'] =>
  primaryKey.map(({ name, type, autoIncrement }) => ({
    name,
    type: primaryKeyTypes[type],
    ...(autoIncrement ? { option: 1 as const } : {}),
  }))
