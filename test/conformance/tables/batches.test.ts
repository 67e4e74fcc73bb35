/** Many rows: BatchGetRow, BatchWriteRow, GetRange, and local transactions. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import {
  assertRefused,
  columnsOf,
  expectExist,
  expectNotExist,
  ignore,
  keyOf,
  long,
  newTable,
  sharedTables,
  TableStore,
} from './tables.fixture.ts'

const bed = sharedTables()
const twoKeys = [
  { name: 'p', type: 'STRING' },
  { name: 'n', type: 'INTEGER' },
]

const put = (primaryKey: object[], attributeColumns: object[] = [], condition = ignore()) => ({
  type: 'PUT',
  condition,
  primaryKey,
  attributeColumns,
})

/** Rows a..c × 1..3. */
async function filled(more: object = {}): Promise<string> {
  const tableName = await newTable(bed, twoKeys, more)
  const rows = ['a', 'b', 'c'].flatMap((p) =>
    [1, 2, 3].map((n) => put([{ p }, { n: long(n) }], [{ v: long(n) }])),
  )
  const { tables } = await bed.client.batchWriteRow({ tables: [{ tableName, rows }] })
  assert.ok(tables.every(({ isOk }: { isOk: boolean }) => isOk))
  return tableName
}

describe('BatchWriteRow and BatchGetRow', () => {
  test('answer for each row, over tables', async () => {
    const [one, two] = [await newTable(bed), await newTable(bed)]
    const id = (value: number) => [{ id: long(value) }]
    const { tables: written } = await bed.client.batchWriteRow({
      tables: [
        { tableName: one, rows: [put(id(1), [{ a: 'x' }]), put(id(2), [{ a: 'y' }], expectExist())] },
        {
          tableName: two,
          rows: [
            {
              type: 'UPDATE',
              condition: ignore(),
              primaryKey: id(1),
              attributeColumns: [{ PUT: [{ b: 'z' }] }, { INCREMENT: [{ n: long(3) }] }],
            },
            { type: 'DELETE', condition: ignore(), primaryKey: id(9) },
          ],
        },
        { tableName: 'nowhere', rows: [put(id(1))] },
      ],
    })
    assert.deepEqual(
      written.map(({ isOk, errorCode, errorMessage }: Record<string, unknown>) => [
        isOk,
        errorCode ?? null,
        errorMessage ?? null,
      ]),
      [
        [true, null, null],
        [false, 'OTSConditionCheckFail', 'Condition check failed.'],
        [true, null, null],
        [true, null, null],
        [false, 'OTSObjectNotExist', 'Requested table does not exist.'],
      ],
    )
    const { tables: read } = await bed.client.batchGetRow({
      tables: [
        { tableName: one, primaryKey: [id(1), id(2), [{ no: long(1) }]] },
        { tableName: two, primaryKey: [id(1)], columnsToGet: ['n'] },
      ],
    })
    const [first, missing, wrong] = read[0]
    assert.deepEqual(columnsOf(first), { a: 'x' })
    assert.deepEqual([missing.isOk, missing.primaryKey ?? null], [true, null])
    assert.deepEqual([wrong.isOk, wrong.errorCode], [false, 'OTSInvalidPK'])
    assert.deepEqual(columnsOf(read[1][0]), { n: 3 })
  })

  test('refuse what is too much, or nothing', async () => {
    const tableName = await newTable(bed)
    const id = (value: number) => [{ id: long(value) }]
    const write = (rows: object[]) => bed.client.batchWriteRow({ tables: [{ tableName, rows }] })
    const many = (count: number, make: (at: number) => unknown) =>
      Array.from({ length: count }, (_, at) => make(at))
    const refused = (promise: Promise<unknown>, message: string) =>
      assertRefused(promise, 400, 'OTSParameterInvalid', message)
    await write(many(200, (at) => put(id(at), [{ a: 'x' }])) as object[])
    await refused(
      write(many(201, (at) => put(id(at))) as object[]),
      'Rows count exceeds the upper limit: 200.',
    )
    await refused(write([]), `No operation is specified for table: '${tableName}'.`)
    await refused(bed.client.batchGetRow({ tables: [] }), 'No row specified in the request of BatchGetRow.')
    const keys = many(101, (at) => id(at))
    const tooMany = bed.client.batchGetRow({ tables: [{ tableName, primaryKey: keys }] })
    await refused(tooMany, 'Rows count exceeds the upper limit: 100.')
    // The name of a column, the key and its name count: 'a', 'id' and eight bytes.
    const large = (total: number) => [
      ...many(3, (at) => put(id(at), [{ a: 'v'.repeat(1_048_576 - 11) }])),
      put(id(9), [{ a: 'v'.repeat(total - 3 * 1_048_576 - 11) }]),
    ]
    await write(large(4_194_304) as object[])
    await refused(
      write(large(4_194_305) as object[]),
      'The total data size of BatchWriteRow request exceeds the limit, limit size: 4194304, data size: 4194305.',
    )
    await refused(
      write([put(id(1), [{ a: 'x' }], expectNotExist()), put(id(1), [{ a: 'y' }])]),
      'Repeated rows do not support row exist expectation check in BatchModify.',
    )
  })
})

describe('GetRange', () => {
  const min = TableStore.INF_MIN
  const max = TableStore.INF_MAX
  const key = (p: unknown, n: unknown) => [{ p }, { n: typeof n === 'number' ? long(n) : n }]
  const range = (tableName: string, start: object[], end: object[], more: object = {}) =>
    bed.client.getRange({
      tableName,
      direction: TableStore.Direction.FORWARD,
      inclusiveStartPrimaryKey: start,
      exclusiveEndPrimaryKey: end,
      ...more,
    })
  const backward = { direction: TableStore.Direction.BACKWARD }
  const keys = ({ rows }: { rows: object[] }) => rows.map((row) => keyOf(row).join(''))

  test('reads forwards and backwards between keys and their ends', async () => {
    const tableName = await filled()
    const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3']
    assert.deepEqual(keys(await range(tableName, key(min, min), key(max, max))), all)
    assert.deepEqual(keys(await range(tableName, key(max, max), key(min, min), backward)), all.toReversed())
    assert.deepEqual(keys(await range(tableName, key('a', 2), key('b', 2))), ['a2', 'a3', 'b1'])
    assert.deepEqual(keys(await range(tableName, key('b', 2), key('a', 2), backward)), ['b2', 'b1', 'a3'])
    assert.deepEqual(keys(await range(tableName, key('a', max), key('c', min))), ['b1', 'b2', 'b3'])
    assert.deepEqual(keys(await range(tableName, key('a', max), key('b', min))), [])
  })

  test('goes on from page to page, and counts rows before its filter', async () => {
    const tableName = await filled()
    for (const [start, end, more] of [
      [key(min, min), key(max, max), {}],
      [key(max, max), key(min, min), backward],
    ] as const) {
      const seen: string[] = []
      let pages = 0
      for (let from: object[] | undefined = start; from; pages++) {
        const page: Sdk = await range(tableName, from, end, { limit: 2, ...more })
        seen.push(...keys(page))
        from = page.nextStartPrimaryKey?.map(({ name, value }: Sdk) => ({ [name]: value }))
      }
      assert.deepEqual([seen.length, new Set(seen).size, pages], [9, 9, 5])
    }
    const { SingleColumnCondition, ComparatorType } = TableStore
    const columnFilter = new SingleColumnCondition('v', long(3), ComparatorType.EQUAL)
    const page = await range(tableName, key(min, min), key(max, max), { limit: 4, columnFilter })
    assert.deepEqual(keys(page), ['a3'])
    assert.deepEqual(
      page.nextStartPrimaryKey.map(({ value }: { value: unknown }) => String(value)),
      ['b', '2'],
    )
  })

  test('refuses ranges that lead nowhere', async () => {
    const tableName = await filled()
    const refused = (promise: Promise<unknown>, message: string) =>
      assertRefused(promise, 400, 'OTSParameterInvalid', message)
    const forward = 'Begin key must less than end key in FORWARD'
    await refused(range(tableName, key('b', 1), key('a', 1)), forward)
    await refused(range(tableName, key('a', 1), key('a', 1)), forward)
    await refused(
      range(tableName, key('a', 1), key('b', 1), backward),
      'Begin key must more than end key in BACKWARD',
    )
    await refused(
      range(tableName, key('a', 1), key('b', 1), { limit: -1 }),
      'The limit must be greater than 0.',
    )
  })

  test('ends a page at 4 MB', async () => {
    const tableName = await newTable(bed)
    for (let id = 0; id < 3; id++) {
      await bed.client.putRow({
        tableName,
        condition: ignore(),
        primaryKey: [{ id: long(id) }],
        attributeColumns: [{ a: 'v'.repeat(1_900_000) }],
      })
    }
    const page = await range(tableName, [{ id: min }], [{ id: max }])
    assert.deepEqual(page.rows.map((row: object) => keyOf(row)), [[0], [1]]) // biome-ignore format: one line
    assert.equal(String(page.nextStartPrimaryKey[0].value), '2')
  })
})

describe('a local transaction', () => {
  const row = (n: number) => [{ p: 'a' }, { n: long(n) }]
  const putRow = (tableName: string, n: number, v: number, transactionId?: string) =>
    bed.client.putRow({
      tableName,
      condition: ignore(),
      primaryKey: row(n),
      attributeColumns: [{ v: long(v) }],
      ...(transactionId ? { transactionId } : {}),
    })
  const get = async (tableName: string, n: number, more: object = {}) =>
    columnsOf((await bed.client.getRow({ tableName, primaryKey: row(n), ...more })).row)

  test('counts as a whole when it is committed, and not at all when it is aborted', async () => {
    const tableName = await filled()
    for (const end of ['commitTransaction', 'abortTransaction']) {
      const { transactionId } = await bed.client.startLocalTransaction({
        tableName,
        primaryKey: [{ p: 'a' }],
      })
      await putRow(tableName, 1, 10, transactionId)
      await bed.client.deleteRow({ tableName, condition: ignore(), primaryKey: row(2), transactionId })
      await putRow(tableName, 4, 40, transactionId)
      assert.deepEqual(await get(tableName, 1, { transactionId }), { v: 10 })
      const before = end === 'commitTransaction' ? { v: 1 } : { v: 11 }
      if (end === 'commitTransaction') assert.deepEqual(await get(tableName, 1), before)
      const { rows } = await bed.client.getRange({
        tableName,
        direction: TableStore.Direction.FORWARD,
        inclusiveStartPrimaryKey: [{ p: 'a' }, { n: TableStore.INF_MIN }],
        exclusiveEndPrimaryKey: [{ p: 'a' }, { n: TableStore.INF_MAX }],
        transactionId,
      })
      assert.deepEqual(rows.map((found: object) => keyOf(found)[1]), [1, 3, 4]) // biome-ignore format: one line
      await assertRefused(
        putRow(tableName, 3, 0),
        409,
        'OTSRowOperationConflict',
        'Data is being modified by the other request.',
      )
      const second = bed.client.startLocalTransaction({ tableName, primaryKey: [{ p: 'a' }] })
      await assertRefused(second, 409, 'OTSRowOperationConflict')
      await bed.client[end]({ transactionId })
      const over = 'Session not exist or may be timeout.'
      await assertRefused(bed.client[end]({ transactionId }), 404, 'OTSSessionNotExist', over)
      await assertRefused(putRow(tableName, 1, 0, transactionId), 404, 'OTSSessionNotExist', over)
      assert.deepEqual(await get(tableName, 1), { v: 10 })
      assert.deepEqual(await get(tableName, 4), { v: 40 })
    }
  })

  test('is about one partition key, and has an id', async () => {
    const tableName = await filled()
    const start = (primaryKey: object[]) => bed.client.startLocalTransaction({ tableName, primaryKey })
    await assertRefused(
      start(row(1)),
      400,
      'OTSParameterInvalid',
      'StartLocalTransaction support only one primary key.',
    )
    const { transactionId } = await start([{ p: 'b' }])
    await assertRefused(putRow(tableName, 1, 0, transactionId), 400, 'OTSParameterInvalid')
    await bed.client.abortTransaction({ transactionId })
    await assertRefused(
      bed.client.commitTransaction({ transactionId: '' }),
      400,
      'OTSParameterInvalid',
      'TransactionID is invalid.',
    )
  })
})
