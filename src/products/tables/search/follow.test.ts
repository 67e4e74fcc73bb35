/** Indexes follow their tables: random writes, restarts, and failures in between; rows that expire; indexes that are lost. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { sqliteRecordStore } from '../../../drivers/embedded/records.ts'
import { sqliteRowStore } from '../../../drivers/embedded/rows.ts'
import { sqliteSearchIndexes } from '../../../drivers/embedded/search-index.ts'
import { temporaryFolder } from '../../../drivers/embedded/temporary-folder.fixture.ts'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { memoryRowStore } from '../../../drivers/memory/rows.ts'
import { memorySearchIndexes } from '../../../drivers/memory/search-index.ts'
import { readPlainRow } from '../../../lib/plain-buffer/read.ts'
import type { RecordStore } from '../../../ports/records.ts'
import type { RowStore } from '../../../ports/rows.ts'
import type { SearchIndexStore } from '../../../ports/search-index.ts'
import { nothing } from '../messages/common.ts'
import { query, queryType, termQuery } from '../messages/queries.ts'
import {
  deleteRowRequest,
  putRowRequest,
  startLocalTransactionRequest,
  startLocalTransactionResponse,
  transactionRequest,
  writeRowResponse,
} from '../messages/rows.ts'
import {
  createSearchIndexRequest,
  describeSearchIndexResponse,
  searchIndexRequest,
  searchQuery,
  searchRequest,
  searchResponse,
} from '../messages/search.ts'
import { decoded, encoded, type RunningTables, rowOf, runningTables } from '../tables.testing.ts'
import { sweepSearchIndexes } from './sweep.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

interface Stores {
  records: RecordStore
  rows: RowStore
  searchIndexes: SearchIndexStore
}

const inMemory = (): Stores => ({
  records: memoryRecordStore(),
  rows: memoryRowStore(),
  searchIndexes: memorySearchIndexes(),
})

const createIndex = (tables: RunningTables, index_name = 'i', more: object = {}) =>
  tables.call('CreateSearchIndex', createSearchIndexRequest, nothing, {
    table_name: 't',
    index_name,
    schema: {
      field_schemas: [
        { field_name: 'k', field_type: 4, field_schemas: [], source_field_names: [], date_formats: [] },
      ],
    },
    ...more,
  })

/** The ids of rows whose `k` is this; undefined: of all. */
async function search(tables: RunningTables, k?: string, index_name = 'i'): Promise<unknown[]> {
  const asked = k === undefined ? undefined : termQuery.encode({ field_name: 'k', term: encoded(k) })
  const wanted = asked ? { query: query.encode({ type: queryType.term, query: asked }) } : {}
  const { rows, total_hits } = await tables.call('Search', searchRequest, searchResponse, {
    table_name: 't',
    index_name,
    search_query: searchQuery.encode({ limit: 100, get_total_count: true, ...wanted }),
    routing_values: [],
  })
  const ids = rows.map((row) => decoded(readPlainRow(row).primaryKey[0]!.value!))
  assert.equal(total_hits, BigInt(ids.length))
  return ids
}

const deleteRow = (tables: RunningTables, id: number) =>
  tables.call('DeleteRow', deleteRowRequest, writeRowResponse, {
    table_name: 't',
    primary_key: rowOf(id, [], true),
    condition: { row_existence: 0 },
  })

const id = fc.nat(5)
const k = fc.constantFrom('x', 'y')
const step = fc.oneof(
  { arbitrary: fc.record({ is: fc.constant('put' as const), id, k }), weight: 6 },
  { arbitrary: fc.record({ is: fc.constant('delete' as const), id }), weight: 2 },
  {
    arbitrary: fc.record({ is: fc.constant('transaction' as const), id, k, commits: fc.boolean() }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      is: fc.constantFrom(
        'follow' as const,
        'fail' as const,
        'restart' as const,
        'lose' as const,
        'index' as const,
      ),
    }),
    weight: 4,
  },
)
const steps = fc.array(step, { minLength: 5, maxLength: 25 })

async function transaction(tables: RunningTables, of: { id: number; k: string; commits: boolean }) {
  const { transaction_id } = await tables.call(
    'StartLocalTransaction',
    startLocalTransactionRequest,
    startLocalTransactionResponse,
    { table_name: 't', key: rowOf(of.id) },
  )
  await tables.call('PutRow', putRowRequest, writeRowResponse, {
    table_name: 't',
    row: rowOf(of.id, [{ name: 'k', value: encoded(of.k) }]),
    condition: { row_existence: 0 },
    transaction_id,
  })
  await tables.call(of.commits ? 'CommitTransaction' : 'AbortTransaction', transactionRequest, nothing, {
    transaction_id,
  })
}

async function walk(
  all: typeof steps extends fc.Arbitrary<infer S> ? S : never,
  open: () => Promise<Stores>,
  close: (stores: Stores) => Promise<void>,
) {
  const model = new Map<number, string>()
  let stores = await open()
  let tables = await runningTables(stores)
  const indexes: string[] = []
  const checkAll = async (): Promise<void> => {
    await tables.searching.run()
    for (const index of indexes) {
      for (const value of ['x', 'y', undefined]) {
        const wanted = [...model]
          .filter(([, have]) => value === undefined || have === value)
          .map(([one]) => one)
        assert.deepEqual(await search(tables, value, index), wanted.sort())
      }
    }
  }
  try {
    await tables.createTable('t')
    for (const one of all) {
      if (one.is === 'put') {
        await tables.putRow('t', one.id, { k: one.k })
        model.set(one.id, one.k)
      } else if (one.is === 'delete') {
        await deleteRow(tables, one.id)
        model.delete(one.id)
      } else if (one.is === 'transaction') {
        await transaction(tables, one)
        if (one.commits) model.set(one.id, one.k)
      } else if (one.is === 'index') {
        if (indexes.length === 3) continue
        indexes.push(`i${indexes.length}`)
        await createIndex(tables, indexes.at(-1))
      } else if (one.is === 'follow') {
        await checkAll()
      } else if (one.is === 'lose') {
        // Its file is gone, or was put back from an older copy: it is filled anew.
        for (const name of await stores.searchIndexes.indexes())
          while (await stores.searchIndexes.clear(name, 2));
      } else {
        await tables.stop()
        if (one.is === 'fail') {
          // Dies when the index has followed, before the notes of what was written are removed.
          const dying = await runningTables({
            ...stores,
            rows: { ...stores.rows, clear: async () => Promise.reject(new Error('died')) },
          })
          await dying.searching.run().catch((error: Error) => assert.equal(error.message, 'died'))
          await dying.stop()
        } else {
          await close(stores)
          stores = await open()
        }
        tables = await runningTables(stores)
      }
    }
    await checkAll()
    assert.deepEqual(tables.defects, [])
    const left = (await stores.rows.tables('')).filter((name) => name.endsWith('/search'))
    assert.deepEqual(left, [], 'what was followed is removed')
  } finally {
    await tables.stop()
    await close(stores)
  }
}

describe('search indexes follow their table', () => {
  it('in memory', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const stores = inMemory()
        await walk(
          all,
          async () => stores,
          async () => {},
        )
      }),
      { numRuns: 20 },
    )
  })

  it('on the disk', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const folder = newPath('data')
        await walk(
          all,
          async () => ({
            records: await sqliteRecordStore({ file: `${folder}-records.db` }),
            rows: await sqliteRowStore({ file: `${folder}-rows.db` }),
            searchIndexes: sqliteSearchIndexes({ file: `${folder}-search.db` }),
          }),
          async (stores) => {
            for (const store of Object.values(stores)) await store.close()
          },
        )
      }),
      { numRuns: 1 },
    )
  })

  it('without being asked, a moment later', async () => {
    const stores = inMemory()
    const { promise: hasFollowed, resolve } = Promise.withResolvers<void>()
    const write: SearchIndexStore['write'] = async (...all) => {
      await stores.searchIndexes.write(...all)
      resolve()
    }
    const tables = await runningTables({ ...stores, searchIndexes: { ...stores.searchIndexes, write } })
    try {
      await tables.createTable('t')
      await createIndex(tables)
      await tables.putRow('t', 1, { k: 'x' })
      assert.deepEqual(await search(tables), [])
      tables.clock.advance(1000)
      await hasFollowed
      assert.deepEqual(await search(tables), [1])
    } finally {
      await tables.stop()
    }
  })

  it('again after a failure', async () => {
    const stores = inMemory()
    let isFull = true
    const write: SearchIndexStore['write'] = async (...all) => {
      if (isFull) throw new Error('the disk is full')
      await stores.searchIndexes.write(...all)
    }
    const tables = await runningTables({ ...stores, searchIndexes: { ...stores.searchIndexes, write } })
    await tables.createTable('t')
    await tables.putRow('t', 1, { k: 'x' })
    await createIndex(tables)
    await assert.rejects(tables.searching.run(), /full/)
    const { sync_stat } = await tables.call(
      'DescribeSearchIndex',
      searchIndexRequest,
      describeSearchIndexResponse,
      {
        table_name: 't',
        index_name: 'i',
      },
    )
    assert.deepEqual(sync_stat, { sync_phase: 1 })
    isFull = false
    await tables.searching.run()
    assert.deepEqual(await search(tables), [1])
    await tables.stop()
  })

  it('also when another cannot', async () => {
    const stores = inMemory()
    const tables = await runningTables({
      ...stores,
      rows: {
        ...stores.rows,
        async scan(table, range) {
          const page = await stores.rows.scan(table, range)
          if (page.rows.some(({ data }) => Buffer.from(data).includes('damaged'))) throw new Error('damaged')
          return page
        },
      },
    })
    await tables.createTable('first')
    await tables.putRow('first', 1, { k: 'damaged' })
    await createIndex(tables, 'i', { table_name: 'first' })
    await tables.createTable('t')
    await tables.putRow('t', 1, { k: 'x' })
    await createIndex(tables)
    await assert.rejects(tables.searching.run(), /damaged/)
    assert.deepEqual(await search(tables), [1])
    await tables.stop()
  })

  it('when rows expire, with their table or before it', async () => {
    const stores = inMemory()
    const tables = await runningTables(stores)
    const day = 86_400
    await tables.createTable('t', { time_to_live: 3 * day, allow_update: false } as never)
    await createIndex(tables, 'i', { time_to_live: 3 * day })
    await createIndex(tables, 'short', { time_to_live: day })
    await tables.putRow('t', 1, { k: 'x' })
    tables.clock.advance(2 * day * 1000)
    await tables.putRow('t', 2, { k: 'x' })
    await tables.searching.run()
    assert.deepEqual([await search(tables, 'x'), await search(tables, 'x', 'short')], [[1, 2], [2]])
    tables.clock.advance(2 * day * 1000)
    assert.deepEqual([await search(tables), await search(tables, undefined, 'short')], [[2], []])
    await tables.searching.run()
    const counts = await Promise.all(
      (await stores.searchIndexes.indexes()).map((name) => stores.searchIndexes.count(name, { is: 'all' })),
    )
    assert.deepEqual(counts.sort(), [0, 1])
    await tables.stop()
  })

  it('and leave nothing behind when they go, alone or with their table', async () => {
    const stores = inMemory()
    const tables = await runningTables(stores)
    await tables.createTable('t')
    await createIndex(tables, 'i')
    await createIndex(tables, 'j')
    await tables.putRow('t', 1, { k: 'x' })
    await tables.searching.run()
    await tables.call('DeleteSearchIndex', searchIndexRequest, nothing, { table_name: 't', index_name: 'i' })
    await sweepSearchIndexes(stores)
    assert.equal((await stores.searchIndexes.indexes()).length, 1)
    await tables.send({ operation: 'DeleteTable', body: Buffer.from('0a0174', 'hex') })
    await sweepSearchIndexes(stores)
    assert.deepEqual(await stores.searchIndexes.indexes(), [])
    await tables.stop()
  })
})
