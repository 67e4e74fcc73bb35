/** One write of one row: its key completed, its condition checked, its change applied and committed. */

import type { PlainCell, PlainRow } from '../../lib/plain-buffer/cell.ts'
import { decodeValue, type EncodedValue, integerValue, typeOf } from '../../lib/plain-buffer/value.ts'
import { writePlainRows } from '../../lib/plain-buffer/write.ts'
import { RowConflict, type RowWrite } from '../../ports/rows.ts'
import { hopsOf } from '../../wire/signatures/secret-lookup.ts'
import { applyChange } from './apply-change.ts'
import { consumed, unitsOf } from './capacity.ts'
import { changeBytes, changeOf, type RowChange } from './change.ts'
import { conditionCheckFail, parameterInvalid, rowOperationConflict, tableNotReady } from './errors.ts'
import { type Filter, parseFilter, passes } from './filter.ts'
import { indexWrites } from './index-rows.ts'
import { checkPrimaryKey, decodeKey, encodeKey } from './key.ts'
import {
  type ConditionMessage,
  type ReturnContentMessage,
  returnType,
  rowExistence,
} from './messages/rows.ts'
import type { TablesContext } from './product.ts'
import { columnOf, decodeRow, encodeRow, liveRow, type Row } from './row.ts'
import { encodeStreamRecord, streamRecordOf } from './stream-record.ts'
import { changesOf, requireMainTable, rowsOf, type TableRecord, tableKey, unfollowedOf } from './table.ts'

export interface RowWriteRequest {
  table: TableRecord
  /** Of `operationType`. */
  type: number
  row: PlainRow
  condition: ConditionMessage
  returnContent?: ReturnContentMessage | undefined
  transactionId?: string | undefined
}

export interface RowWritten {
  consumed: ReturnType<typeof consumed>
  /** What was asked to be returned, in PlainBuffer; nothing otherwise. */
  row: Buffer
}

/** Times that a row may turn out changed by others than its writers, who take turns: by what removes old versions. */
const TRIES_MAX = 5

export async function writeRow(request: RowWriteRequest, context: TablesContext): Promise<RowWritten> {
  const { table, type, row, condition, returnContent, transactionId } = request
  const { locks, transactions } = context
  checkPrimaryKey(row.primaryKey, table.primaryKey, { autoIncrement: true })
  const change = changeOf(type, row, new Set(table.primaryKey.map(({ name }) => name)))
  if (change.is === 'update' && !table.options.allowUpdate)
    throw parameterInvalid('UpdateRow is not allowed on this table: its option AllowUpdate is false.')
  const filter = parseFilter(condition.column_condition)
  checkAutoIncrement(request, change, filter)

  const values = await completedKey(row.primaryKey, table, context)
  const primaryKey = row.primaryKey.map(({ name }, at): PlainCell => ({ name, value: values[at]! }))
  const key = encodeKey(values)
  const access = transactions.access(transactionId, rowsOf(table))
  const partition = encodeKey(values.slice(0, 1))

  const after = await locks.withRow(rowsOf(table), key, async () => {
    for (let tries = 1; ; tries++) {
      transactions.checkPartition(transactionId, rowsOf(table), partition)
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof RowConflict)) throw error
        if (tries === TRIES_MAX) throw rowOperationConflict()
      }
    }
  })
  const readsRow = condition.row_existence !== rowExistence.ignore || filter !== undefined
  return {
    consumed: consumed(readsRow ? 1 : 0, unitsOf(changeBytes({ ...row, primaryKey }))),
    row: returned(returnContent, change, after, primaryKey),
  }

  async function attempt(): Promise<Row | undefined> {
    // Nobody's turn at a row is with a table as it was before: whoever changes a table can wait for who came before.
    const { value: table } = await requireMainTable(context.records, context, request.table.name)
    if (table.id !== request.table.id) throw tableNotReady()
    const nowMs = context.clock.now()
    const stored = await access.get(rowsOf(table), key)
    const before = stored && liveRow(decodeRow(stored.data), table.options, nowMs)
    checkCondition(condition.row_existence, filter, before, primaryKey)
    const after = applyChange(before, change, table.options, nowMs)
    const expect = stored?.version ?? 'absent'
    const writes: RowWrite[] = []
    if (after) writes.push({ table: rowsOf(table), put: key, data: encodeRow(after), expect })
    else if (stored) writes.push({ table: rowsOf(table), remove: key, expect })
    // Nothing was there, and nothing is: no change that anybody has to be told of.
    if (table.stream && (before || after)) {
      const record = streamRecordOf(change, after, primaryKey, {
        nowMs,
        hops: hopsOf(context.principal),
      })
      writes.push({ table: changesOf(table, table.stream), append: encodeStreamRecord(record) })
    }
    for (const index of table.indexes ?? []) writes.push(...indexWrites(index, primaryKey, before, after))
    const { searchIndexes = [] } = table
    if (searchIndexes.length > 0 && writes.length > 0)
      writes.push({ table: unfollowedOf(table), append: key })
    if (writes.length > 0) await access.commit(writes)
    if (searchIndexes.length > 0) context.searching.wake(tableKey(context, table.name))
    return after
  }
}

function checkCondition(
  existence: number,
  filter: Filter | undefined,
  before: Row | undefined,
  primaryKey: readonly PlainCell[],
): void {
  if (existence === rowExistence.expectExist && !before) throw conditionCheckFail()
  if (existence === rowExistence.expectNotExist && before) throw conditionCheckFail()
  if (!filter) return
  const keyValues = new Map(primaryKey.map(({ name, value }) => [name, value!]))
  if (!passes(filter, before ?? { writtenMs: 0, columns: [] }, keyValues)) throw conditionCheckFail()
}

function checkAutoIncrement(
  { row, condition }: RowWriteRequest,
  { is }: RowChange,
  filter: Filter | undefined,
): void {
  if (!row.primaryKey.some(({ value }) => typeOf(value!) === 'autoIncrement')) return
  if (is === 'delete') throw parameterInvalid('Invalid row to delete which with pk auto increment.')
  if (condition.row_existence !== rowExistence.ignore) {
    const expect = condition.row_existence === rowExistence.expectExist ? 'EXPECT_EXIST' : 'EXPECT_NOT_EXIST'
    throw parameterInvalid(`Invalid expect: ${expect} when modify row with pk auto increment.`)
  }
  if (filter) throw parameterInvalid("Can't set condition when modify row with pk auto increment.")
}

/** The key with a number in the place of the column that the table numbers. */
async function completedKey(
  cells: readonly PlainCell[],
  table: TableRecord,
  { rows, autoIncrement }: TablesContext,
): Promise<EncodedValue[]> {
  const values = cells.map(({ value }) => value!)
  const at = values.findIndex((value) => typeOf(value) === 'autoIncrement')
  if (at === -1) return values
  const types = table.primaryKey.map(({ type }) => type)
  const prefix = encodeKey(values.slice(0, at))
  const { rows: found } = await rows.scan(rowsOf(table), {
    from: Buffer.concat([prefix, Uint8Array.of(0xff)]),
    to: prefix,
    backwards: true,
    limit: 1,
  })
  const last = found[0]
  const highest = last && decodeValue(decodeKey(last.key, types)[at]!)
  const next = autoIncrement.next(highest?.type === 'integer' ? highest.value : undefined)
  return values.with(at, integerValue(next))
}

function returned(
  content: ReturnContentMessage | undefined,
  change: RowChange,
  after: Row | undefined,
  primaryKey: readonly PlainCell[],
): Buffer {
  if (content?.return_type === returnType.primaryKey) {
    return writePlainRows([{ primaryKey, attributes: [], deletesRow: false }])
  }
  if (content?.return_type !== returnType.afterModify || !after) return writePlainRows([])
  const names =
    content.return_column_names.length > 0
      ? new Set(content.return_column_names)
      : new Set(
          change.is === 'update'
            ? change.cells.filter(({ is }) => is === 'increment').map(({ name }) => name)
            : [],
        )
  const attributes = [...names].flatMap((name): PlainCell[] => {
    const latest = columnOf(after, name)?.versions[0]
    return latest ? [{ name, value: latest.value, timestampMs: BigInt(latest.timestampMs) }] : []
  })
  return writePlainRows([{ primaryKey, attributes, deletesRow: false }])
}
