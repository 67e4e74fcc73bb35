/** Indexes, against what the rows of their tables say: while they are filled, and through local transactions. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryRowStore } from '../../drivers/memory/rows.ts'
import type { RecordStore } from '../../ports/records.ts'
import { keyCells } from './key.ts'
import { nothing } from './messages/common.ts'
import {
  deleteRowRequest,
  startLocalTransactionRequest,
  startLocalTransactionResponse,
  transactionRequest,
  updateRowRequest,
  writeRowResponse,
} from './messages/rows.ts'
import { createIndexRequest } from './messages/tables.ts'
import { columnOf, decodeRow } from './row.ts'
import { sweepTables } from './sweep.ts'
import { rowsOf, type TableRecord } from './table.ts'
import { decoded, encoded, type RunningTables, rowOf, runningTables } from './tables.testing.ts'

const meta = {
  name: 'i',
  primary_key: ['k'],
  defined_column: ['v'],
  index_update_mode: 0 as const,
  index_type: 0 as const,
}
const defined = [
  { name: 'k', type: 4 as const },
  { name: 'v', type: 1 as const },
]

let tables: RunningTables
beforeEach(async () => {
  tables = await runningTables({ records: memoryRecordStore(), rows: memoryRowStore() })
})
afterEach(async () => {
  await tables.stop()
  assert.deepEqual(tables.defects, [])
})

const make = (indexes: (typeof meta)[]) =>
  tables.createTable(
    't',
    {},
    {
      table_meta: {
        table_name: 't',
        primary_key: [{ name: 'id', type: 1 }],
        defined_column: defined,
        index_meta: [],
      },
      index_metas: indexes,
    },
  )

const createIndex = (include_base_data: boolean) =>
  tables.call('CreateIndex', createIndexRequest, nothing, {
    main_table_name: 't',
    index_meta: meta,
    include_base_data,
  })

/** Every row of a table that is kept, as texts: its key and its columns. */
async function kept(name: string): Promise<{ key: unknown[]; columns: Record<string, unknown> }[]> {
  const { records, rows } = tables
  const found = await records.get<TableRecord>(`tables/table/1234567890123456/inst/${name}`)
  const table = found!.value
  const page = await rows.scan(rowsOf(table), { from: Uint8Array.of(0), limit: 1000 })
  return page.rows.map(({ key, data }) => {
    const row = decodeRow(data)
    return {
      key: keyCells(key, table.primaryKey).map(({ value }) => decoded(value!)),
      columns: Object.fromEntries(
        row.columns.map(({ name }) => [name, decoded(columnOf(row, name)!.versions[0]!.value)]),
      ),
    }
  })
}

/** The index has what the table says, and nothing else. */
async function assertFollows(): Promise<void> {
  const expected = (await kept('t'))
    .filter(({ columns }) => typeof columns['k'] === 'string')
    .map(({ key: [id], columns: { k, v } }) => ({ key: [k, id], columns: v === undefined ? {} : { v } }))
  const byKey = ({ key: [a, m] }: { key: unknown[] }, { key: [b, n] }: { key: unknown[] }): number =>
    a === b ? Number(m) - Number(n) : String(a) < String(b) ? -1 : 1
  assert.deepEqual(await kept('i'), expected.sort(byKey))
}

const value = fc.option(fc.oneof(fc.constantFrom('a', 'b'), fc.nat(2)), { nil: undefined })
const step = fc.record({
  type: fc.constantFrom('put', 'update', 'delete'),
  id: fc.nat(4),
  k: value,
  v: value,
  inTransaction: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function write({ type, id, k, v, inTransaction }: Step): Promise<void> {
  const condition = { row_existence: 0 as const }
  const cells = Object.entries({ k, v }).map(([name, value]) =>
    value === undefined ? { name, op: 'deleteAllVersions' as const } : { name, value: encoded(value) },
  )
  const transaction_id = inTransaction
    ? (
        await tables.call(
          'StartLocalTransaction',
          startLocalTransactionRequest,
          startLocalTransactionResponse,
          { table_name: 't', key: rowOf(id) },
        )
      ).transaction_id
    : undefined
  if (type === 'delete') {
    const primary_key = rowOf(id, [], true)
    await tables.call('DeleteRow', deleteRowRequest, writeRowResponse, {
      table_name: 't',
      primary_key,
      condition,
      transaction_id,
    })
  } else {
    await tables.call('UpdateRow', updateRowRequest, writeRowResponse, {
      table_name: 't',
      row_change: rowOf(id, cells),
      condition,
      transaction_id,
    })
  }
  if (transaction_id !== undefined)
    await tables.call('CommitTransaction', transactionRequest, nothing, { transaction_id })
}

describe('an index', () => {
  it('has what the rows of its table say, whatever is written', async () => {
    await make([meta])
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        for (const one of steps) await write(one)
        await assertFollows()
      }),
      { numRuns: 20 },
    )
  })

  it('has every row when it was filled, also those that are written meanwhile', async () => {
    await make([])
    for (let id = 0; id < 300; id++) await tables.putRow('t', id, { k: `k${id % 7}`, v: id })
    const writing = Array.from({ length: 30 }, (_, at) => tables.putRow('t', at * 13, { k: 'moved', v: at }))
    await createIndex(true)
    const more = Array.from({ length: 30 }, (_, at) => tables.putRow('t', 1000 + at, { k: 'late', v: at }))
    await Promise.all([...writing, ...more])
    await tables.filling.run()
    await assertFollows()
    assert.equal((await kept('i')).length, (await kept('t')).length)
  })

  it('is filled by the next platform when one ended in between', async () => {
    await make([])
    for (let id = 0; id < 3; id++) await tables.putRow('t', id, { k: 'a', v: id })
    await tables.filling.end()
    await createIndex(true)
    assert.deepEqual(await kept('i'), [])
    const { records, rows } = tables
    await tables.stop()
    tables = await runningTables({ records, rows })
    await tables.filling.run()
    await assertFollows()
  })

  it('stays incomplete while the records cannot be written, until it is filled again', async () => {
    await make([])
    await tables.putRow('t', 1, { k: 'a', v: 1 })
    await tables.filling.end()
    await createIndex(true)
    const { records, rows } = tables
    await tables.stop()
    let isFull = true
    const commit: RecordStore['commit'] = async (writes) => {
      if (isFull) throw new Error('the disk is full')
      await records.commit(writes)
    }
    tables = await runningTables({ records: { ...records, commit }, rows })
    await assert.rejects(tables.filling.run(), /the disk is full/)
    const isFilling = async () =>
      (await records.get<TableRecord>('tables/table/1234567890123456/inst/t'))?.value.indexes?.[0]?.isFilling
    assert.equal(await isFilling(), true)
    isFull = false
    await tables.filling.run()
    assert.equal(await isFilling(), false)
    await assertFollows()
  })

  it('ends the local transactions of its table', async () => {
    await make([])
    const { transaction_id } = await tables.call(
      'StartLocalTransaction',
      startLocalTransactionRequest,
      startLocalTransactionResponse,
      { table_name: 't', key: rowOf(1) },
    )
    await createIndex(false)
    const commit = tables.call('CommitTransaction', transactionRequest, nothing, { transaction_id })
    await assert.rejects(commit, { code: 'OTSSessionNotExist' })
  })

  it('is swept away with its table only', async () => {
    await make([meta])
    await tables.putRow('t', 1, { k: 'a' })
    await sweepTables(tables)
    await assertFollows()
  })
})
