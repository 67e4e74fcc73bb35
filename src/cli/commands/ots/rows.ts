import type { PlainCell } from '../../../lib/plain-buffer/cell.ts'
import { readPlainRows } from '../../../lib/plain-buffer/read.ts'
import { valueType } from '../../../lib/plain-buffer/value.ts'
import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { type Arguments, type Command, isSet, text } from '../../command.ts'
import { CommandFailed, UsageError } from '../../errors.ts'
import { connectTables, type Tables, tableFlags } from '../../tables/client.ts'
import {
  columnsHelp,
  columnValue,
  integerOf,
  type KeyColumn,
  keyColumnsOf,
  keyOnly,
  readColumn,
  rowText,
  splitColumns,
} from '../../tables/columns.ts'
import {
  describedTable,
  getRow,
  gottenRow,
  RETURN_KEY,
  tableName,
  writeRow,
  writtenRow,
} from '../../tables/messages.ts'

const EXPECT = { ignore: 0, exist: 1, notExist: 2 } as const

export const columnsFlag = {
  columns: {
    value: 'NAMES',
    help: 'Only these, with commas between them; those of the key are always there.',
  },
} as const

export const columnsWanted = (args: Arguments): string[] =>
  (text(args, 'columns') ?? '').split(',').filter((name) => name !== '')

export async function keyOfTable(tables: Tables, table: string): Promise<KeyColumn[]> {
  const { table_meta: meta } = await tables.call(
    { name: 'DescribeTable', request: tableName, response: describedTable },
    { table_name: table },
  )
  return keyColumnsOf(meta.primary_key)
}

export const otsGet: Command = {
  summary: 'Print a row of a table, as JSON',
  usage: 'ots get TABLE NAME=VALUE... [FLAGS]',
  details: `The columns of the key say which. Exit code 1: there is no such row.\n${columnsHelp}`,
  examples: ['hanshu ots get orders customer=ann id=7 --instance shop'],
  positionals: { min: 2, max: 5 },
  flags: { ...columnsFlag, ...tableFlags },

  async run(args, terminal) {
    const [table = '', ...typed] = args.positionals
    const columns = typed.map(readColumn)
    const tables = await connectTables(args, terminal)
    const primaryKey = keyOnly(columns, await keyOfTable(tables, table))
    const wanted = columnsWanted(args)
    const { row } = await tables.call(
      { name: 'GetRow', request: getRow, response: gottenRow },
      {
        table_name: table,
        primary_key: plainRow(primaryKey),
        // Of named columns alone the key is not told.
        columns_to_get: wanted.length === 0 ? [] : [...primaryKey.map(({ name }) => name), ...wanted],
        max_versions: 1,
      },
    )
    const [found] = readPlainRows(row)
    if (!found) throw new CommandFailed(`There is no such row in ${table}.`)
    terminal.print(rowText(found))
    return 0
  },
}

export const otsPut: Command = {
  summary: 'Put a row into a table, in place of one with its key',
  usage: 'ots put TABLE NAME=VALUE... [FLAGS]',
  details: `The columns of the key and any others. A key column that the table numbers may be left out: the key is printed.\n${columnsHelp}`,
  examples: [
    'hanshu ots put orders customer=ann id=7 item=tea amount:=2 --instance shop',
    'hanshu ots put orders customer=ann id=7 item=tea --if-absent --instance shop',
  ],
  positionals: { min: 2, max: 1000 },
  flags: { 'if-absent': { help: 'Only where there is no row with this key.' }, ...tableFlags },

  async run(args, terminal) {
    const [table = '', ...typed] = args.positionals
    const columns = typed.map(readColumn)
    const tables = await connectTables(args, terminal)
    const numbered = ({ isAutoIncrement }: KeyColumn) =>
      isAutoIncrement ? Uint8Array.of(valueType.autoIncrement) : undefined
    const { key, others } = splitColumns(columns, await keyOfTable(tables, table), numbered)
    const isNumbered = key.some(({ value }) => value?.[0] === valueType.autoIncrement)
    const { row } = await tables.call(
      { name: 'PutRow', request: writeRow, response: writtenRow },
      {
        table_name: table,
        row: plainRow(
          key,
          others.map((column) => ({ name: column.name, value: columnValue(column) })),
        ),
        condition: { row_existence: isSet(args, 'if-absent') ? EXPECT.notExist : EXPECT.ignore },
        ...(isNumbered ? { return_content: { return_type: RETURN_KEY } } : {}),
      },
    )
    const [written] = isNumbered && row ? readPlainRows(row) : []
    terminal.print(
      written ? rowText(written) : `put ${rowText({ primaryKey: key, attributes: [], deletesRow: false })}`,
    )
    return 0
  },
}

export const otsUpdate: Command = {
  summary: 'Change columns of a row, and make the row where there is none',
  usage: 'ots update TABLE NAME=VALUE... [--remove NAME]... [--increment NAME=N]... [FLAGS]',
  details: `The columns of the key say which row; the others are set.\n${columnsHelp}`,
  examples: [
    'hanshu ots update orders customer=ann id=7 state=paid --instance shop',
    'hanshu ots update orders customer=ann id=7 --increment amount=1 --remove note --instance shop',
  ],
  positionals: { min: 2, max: 1000 },
  flags: {
    remove: { value: 'NAME', repeatable: true, help: 'A column that goes; may be repeated.' },
    increment: { value: 'NAME=N', repeatable: true, help: 'An integer that N is added to; may be repeated.' },
    'if-exists': { help: 'Only where there is such a row.' },
    ...tableFlags,
  },

  async run(args, terminal) {
    const [table = '', ...typed] = args.positionals
    const columns = typed.map(readColumn)
    const removed = (args.flags['remove'] as readonly string[] | undefined) ?? []
    const increments = ((args.flags['increment'] as readonly string[] | undefined) ?? []).map(readColumn)
    const tables = await connectTables(args, terminal)
    const { key, others } = splitColumns(columns, await keyOfTable(tables, table))
    const cells: PlainCell[] = [
      ...others.map((column) => ({ name: column.name, value: columnValue(column) })),
      ...removed.map((name) => ({ name, op: 'deleteAllVersions' as const })),
      ...increments.map(({ name, value }) => ({
        name,
        value: integerOf(name, value),
        op: 'increment' as const,
      })),
    ]
    if (cells.length === 0)
      throw new UsageError('Nothing is to be changed: say NAME=VALUE, --remove or --increment.')
    await write(tables, 'UpdateRow', table, plainRow(key, cells), isSet(args, 'if-exists'))
    terminal.print(`updated ${rowText({ primaryKey: key, attributes: [], deletesRow: false })}`)
    return 0
  },
}

export const otsDelete: Command = {
  summary: 'Delete a row of a table',
  usage: 'ots delete TABLE NAME=VALUE... [FLAGS]',
  details: `The columns of the key say which.\n${columnsHelp}`,
  examples: ['hanshu ots delete orders customer=ann id=7 --instance shop'],
  positionals: { min: 2, max: 5 },
  flags: { 'if-exists': { help: 'Refused where there is no such row.' }, ...tableFlags },

  async run(args, terminal) {
    const [table = '', ...typed] = args.positionals
    const columns = typed.map(readColumn)
    const tables = await connectTables(args, terminal)
    const key = keyOnly(columns, await keyOfTable(tables, table))
    const row = writePlainRows([{ primaryKey: key, attributes: [], deletesRow: true }])
    await write(tables, 'DeleteRow', table, row, isSet(args, 'if-exists'))
    terminal.print(`deleted ${rowText({ primaryKey: key, attributes: [], deletesRow: false })}`)
    return 0
  },
}

const write = (tables: Tables, name: string, table: string, row: Buffer, mustExist: boolean) =>
  tables.call(
    { name, request: writeRow, response: writtenRow },
    { table_name: table, row, condition: { row_existence: mustExist ? EXPECT.exist : EXPECT.ignore } },
  )

export const plainRow = (primaryKey: PlainCell[], attributes: PlainCell[] = []): Buffer =>
  writePlainRows([{ primaryKey, attributes, deletesRow: false }])
