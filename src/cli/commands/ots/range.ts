import type { PlainCell } from '../../../lib/plain-buffer/cell.ts'
import { readPlainRows } from '../../../lib/plain-buffer/read.ts'
import { type EncodedValue, infMax, infMin } from '../../../lib/plain-buffer/value.ts'
import { type Arguments, type Command, isSet, outputFlag, text } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { numberFlag } from '../../number-flag.ts'
import { readOutput } from '../../output.ts'
import { connectTables, tableFlags } from '../../tables/client.ts'
import {
  type KeyColumn,
  keyValueOf,
  notInKey,
  readColumn,
  rowText,
  type TypedColumn,
} from '../../tables/columns.ts'
import { getRange, gottenRange } from '../../tables/messages.ts'
import { columnsFlag, columnsWanted, keyOfTable, plainRow } from './rows.ts'

export const otsRange: Command = {
  summary: 'Print the rows of a range of keys, a line of JSON each',
  usage: 'ots range TABLE [NAME=VALUE...] [--from NAME=VALUE] [--to NAME=VALUE] [FLAGS]',
  details: [
    'NAME=VALUE for the first columns of the key: only rows that have these. --from and --to are about the column',
    'behind those. Without any of it: the whole table.',
  ].join('\n'),
  examples: [
    'hanshu ots range orders --instance shop',
    'hanshu ots range orders customer=ann --from id=100 --to id=200 --instance shop',
    'hanshu ots range log device=a --reverse --limit 10 --columns level,text --instance shop',
  ],
  positionals: { min: 1, max: 5 },
  flags: {
    from: { value: 'NAME=VALUE', help: 'Where reading begins; rows with this value are read.' },
    to: { value: 'NAME=VALUE', help: 'Where reading ends; rows with this value are not read.' },
    reverse: { help: 'The last row first; then --from is the greater one.' },
    limit: { value: 'N', help: 'No more than N rows; default: all.' },
    ...columnsFlag,
    ...outputFlag,
    ...tableFlags,
  },

  async run(args, terminal) {
    const output = readOutput(text(args, 'output'))
    const limit = numberFlag(args, 'limit', { min: 1, max: 999_999_999 }) ?? Number.POSITIVE_INFINITY
    const [table = '', ...typed] = args.positionals
    const prefix = typed.map(readColumn)
    const bounds = { from: boundOf(args, 'from'), to: boundOf(args, 'to') }
    const tables = await connectTables(args, terminal)
    const keyColumns = await keyOfTable(tables, table)
    const isReverse = isSet(args, 'reverse')
    const wanted = columnsWanted(args)
    const { start, end } = spanOf(prefix, bounds, keyColumns, isReverse)

    let next: Uint8Array | undefined = plainRow(start)
    let count = 0
    while (next !== undefined && count < limit && !terminal.signal.aborted) {
      const page: { rows: Uint8Array; next_start_primary_key?: Uint8Array | undefined } = await tables.call(
        { name: 'GetRange', request: getRange, response: gottenRange },
        {
          table_name: table,
          direction: isReverse ? 1 : 0,
          columns_to_get: wanted.length === 0 ? [] : [...keyColumns.map(({ name }) => name), ...wanted],
          max_versions: 1,
          ...(Number.isFinite(limit) ? { limit: limit - count } : {}),
          inclusive_start_primary_key: next,
          exclusive_end_primary_key: plainRow(end),
        },
      )
      for (const row of readPlainRows(page.rows)) {
        const before = count === 0 ? '[\n  ' : ',\n  '
        if (output === 'json') await terminal.write(Buffer.from(before + rowText(row)))
        else terminal.print(rowText(row))
        count++
      }
      next = page.next_start_primary_key
    }
    if (output === 'json') terminal.print(count === 0 ? '[]' : '\n]')
    return 0
  },
}

function boundOf(args: Arguments, name: string): TypedColumn | undefined {
  const typed = text(args, name)
  return typed === undefined ? undefined : readColumn(typed)
}

/** The key with which reading begins, and that before which it ends. */
function spanOf(
  prefix: readonly TypedColumn[],
  { from, to }: { from: TypedColumn | undefined; to: TypedColumn | undefined },
  keyColumns: readonly KeyColumn[],
  isReverse: boolean,
): { start: PlainCell[]; end: PlainCell[] } {
  const fixed = keyColumns.slice(0, prefix.length)
  const byName = new Map(prefix.map((column) => [column.name, column]))
  for (const { name } of prefix) {
    if (!keyColumns.some((column) => column.name === name)) throw notInKey(name, keyColumns)
  }
  const cells = fixed.map((column): PlainCell => {
    const given = byName.get(column.name)
    if (!given)
      throw new UsageError(`Columns of the key are fixed from the first on: say ${column.name}=… too.`)
    return { name: column.name, value: keyValueOf(column, given) }
  })
  const [ranged, ...rest] = keyColumns.slice(prefix.length)
  for (const bound of [from, to]) {
    if (bound && bound.name !== ranged?.name)
      throw new UsageError(
        ranged
          ? `--from and --to are about ${ranged.name} here, not ${bound.name}.`
          : 'All of the key is said already: --from and --to have nothing to be about.',
      )
  }
  if (!ranged) throw new UsageError('All of the key is said: hanshu ots get reads a single row.')
  const [first, last] = isReverse ? [infMax, infMin] : [infMin, infMax]
  // Of a bound, the columns behind it are where reading comes first: so all rows with it are in, or all are out.
  const keyWith = (bound: TypedColumn | undefined, open: EncodedValue): PlainCell[] => [
    ...cells,
    { name: ranged.name, value: bound ? keyValueOf(ranged, bound) : open },
    ...rest.map(({ name }) => ({ name, value: bound ? first : open })),
  ]
  return { start: keyWith(from, first), end: keyWith(to, last) }
}
