/** Rows, one at a time: put, get, update, delete, with conditions, filters, versions and numbers that the table gives. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
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

describe('PutRow and GetRow', () => {
  test('keep every type of key and value', async () => {
    const tableName = await newTable(bed, [
      { name: 's', type: 'STRING' },
      { name: 'i', type: 'INTEGER' },
      { name: 'b', type: 'BINARY' },
    ])
    const primaryKey = [{ s: 'ключ 键' }, { i: long(-(2 ** 40)) }, { b: Buffer.from([0, 255, 0]) }]
    const put = await bed.client.putRow({
      tableName,
      condition: ignore(),
      primaryKey,
      attributeColumns: [
        { text: 'é\0' },
        { int: long(42) },
        { double: 1.5 },
        { yes: true },
        { no: false },
        { bytes: Buffer.from([1, 2]) },
      ],
    })
    assert.deepEqual([put.consumed.capacityUnit.read, put.consumed.capacityUnit.write], [0, 1])
    const { row, consumed } = await bed.client.getRow({ tableName, primaryKey })
    assert.equal(consumed.capacityUnit.read, 1)
    assert.deepEqual(keyOf(row), ['ключ 键', -(2 ** 40), Buffer.from([0, 255, 0])])
    assert.deepEqual(columnsOf(row), {
      text: 'é\0',
      int: 42,
      double: 1.5,
      yes: true,
      no: false,
      bytes: Buffer.from([1, 2]),
    })
    assert.deepEqual(
      row.attributes.map(({ columnName }: { columnName: string }) => columnName),
      ['bytes', 'double', 'int', 'no', 'text', 'yes'],
      'columns come by name',
    )
    assert.ok(Math.abs(row.attributes[0].timestamp.toNumber() - Date.now()) < 60_000)
  })

  test('answer nothing for a row that is not there', async () => {
    const tableName = await newTable(bed)
    const { row } = await bed.client.getRow({ tableName, primaryKey: [{ id: long(1) }] })
    assert.deepEqual(row, {})
  })
})

describe('PutRow', () => {
  test('replaces the whole row, and checks that it is there or not', async () => {
    const tableName = await newTable(bed)
    const primaryKey = [{ id: long(1) }]
    const put = (condition: unknown, column: object) =>
      bed.client.putRow({ tableName, condition, primaryKey, attributeColumns: [column] })
    const notThere = ['OTSConditionCheckFail', 'Condition check failed.'] as const
    await assertRefused(put(expectExist(), { a: 'x' }), 403, ...notThere)
    await put(expectNotExist(), { a: 'x' })
    await assertRefused(put(expectNotExist(), { a: 'y' }), 403, ...notThere)
    await put(expectExist(), { b: 'y' })
    assert.deepEqual(columnsOf((await bed.client.getRow({ tableName, primaryKey })).row), { b: 'y' })
  })

  test('returns the number that the table gave to a key, which rises', async () => {
    const tableName = await newTable(bed, [
      { name: 'p', type: 'STRING' },
      { name: 'n', type: 'INTEGER', option: 'AUTO_INCREMENT' },
    ])
    const seen: number[] = []
    for (let count = 0; count < 3; count++) {
      const { row } = await bed.client.putRow({
        tableName,
        condition: ignore(),
        primaryKey: [{ p: 'a' }, { n: TableStore.PK_AUTO_INCR }],
        attributeColumns: [{ v: long(count) }],
        returnContent: { returnType: TableStore.ReturnType.Primarykey },
      })
      seen.push(keyOf(row)[1] as number)
    }
    assert.ok(seen[0]! < seen[1]! && seen[1]! < seen[2]!, String(seen))
    const read = await bed.client.getRow({ tableName, primaryKey: [{ p: 'a' }, { n: long(seen[1]!) }] })
    assert.deepEqual(columnsOf(read.row), { v: 1 })
  })
})

describe('UpdateRow and DeleteRow', () => {
  test('put, delete and increment columns, and return what became of the increment', async () => {
    const tableName = await newTable(bed)
    const primaryKey = [{ id: long(1) }]
    const update = (updateOfAttributeColumns: object[], more: object = {}) =>
      bed.client.updateRow({ tableName, condition: ignore(), primaryKey, updateOfAttributeColumns, ...more })
    await update([{ PUT: [{ a: 'x' }, { b: 'y' }] }])
    const answer = await update(
      [{ PUT: [{ a: 'z' }] }, { DELETE_ALL: ['b'] }, { INCREMENT: [{ n: long(8) }] }],
      { returnContent: { returnType: TableStore.ReturnType.AfterModify, returnColumns: ['n'] } },
    )
    assert.deepEqual(columnsOf(answer.row), { n: 8 })
    await Promise.all(Array.from({ length: 20 }, () => update([{ INCREMENT: [{ n: long(-1) }] }])))
    assert.deepEqual(columnsOf((await bed.client.getRow({ tableName, primaryKey })).row), { a: 'z', n: -12 })
    await assertRefused(update([{ INCREMENT: [{ a: long(1) }] }]), 400, 'OTSParameterInvalid')
    await bed.client.deleteRow({ tableName, condition: expectExist(), primaryKey })
    assert.deepEqual((await bed.client.getRow({ tableName, primaryKey })).row, {})
    const again = bed.client.deleteRow({ tableName, condition: expectExist(), primaryKey })
    await assertRefused(again, 403, 'OTSConditionCheckFail', 'Condition check failed.')
  })

  test('write only when the columns are as the condition says', async () => {
    const { SingleColumnCondition, CompositeCondition, ComparatorType, LogicalOperator } = TableStore
    const tableName = await newTable(bed)
    const primaryKey = [{ id: long(1) }]
    await bed.client.putRow({
      tableName,
      condition: ignore(),
      primaryKey,
      attributeColumns: [{ name: 'john' }, { age: long(20) }],
    })
    const write = (filter: unknown) =>
      bed.client.updateRow({
        tableName,
        condition: expectExist(filter),
        primaryKey,
        updateOfAttributeColumns: [{ PUT: [{ seen: true }] }],
      })
    const isJohn = new SingleColumnCondition('name', 'john', ComparatorType.EQUAL)
    const isOld = new SingleColumnCondition('age', long(30), ComparatorType.GREATER_THAN)
    const composite = (operator: unknown, ...parts: unknown[]) => {
      const condition = new CompositeCondition(operator)
      for (const part of parts) condition.addSubCondition(part)
      return condition
    }
    await write(isJohn)
    await assertRefused(write(isOld), 403, 'OTSConditionCheckFail')
    await write(composite(LogicalOperator.OR, isJohn, isOld))
    await assertRefused(write(composite(LogicalOperator.AND, isJohn, isOld)), 403, 'OTSConditionCheckFail')
    await write(composite(LogicalOperator.NOT, isOld))
    await write(new SingleColumnCondition('none', 'x', ComparatorType.EQUAL, true))
    const mustBe = new SingleColumnCondition('none', 'x', ComparatorType.EQUAL, false)
    await assertRefused(write(mustBe), 403, 'OTSConditionCheckFail')
  })

  test('keep as many versions as the table says, and read those of a time', async () => {
    const tableName = await newTable(bed, undefined, { maxVersions: 3 })
    const primaryKey = [{ id: long(1) }]
    const nowMs = Date.now()
    for (const age of [4, 3, 2, 1]) {
      await bed.client.updateRow({
        tableName,
        condition: ignore(),
        primaryKey,
        updateOfAttributeColumns: [{ PUT: [{ v: long(age), timestamp: nowMs - age * 1000 }] }],
      })
    }
    const read = async (more: object) =>
      (await bed.client.getRow({ tableName, primaryKey, ...more })).row.attributes?.map(
        ({ columnValue }: { columnValue: { toNumber(): number } }) => columnValue.toNumber(),
      )
    assert.deepEqual(await read({ maxVersions: 10 }), [1, 2, 3])
    assert.deepEqual(await read({}), [1])
    assert.deepEqual(await read({ timeRange: { specificTime: nowMs - 2000 } }), [2])
    const between = { startTime: nowMs - 3000, endTime: nowMs - 1000 }
    assert.deepEqual(await read({ maxVersions: 10, timeRange: between }), [2, 3])
    await bed.client.updateRow({
      tableName,
      condition: ignore(),
      primaryKey,
      updateOfAttributeColumns: [{ DELETE: [{ v: nowMs - 2000 }] }],
    })
    assert.deepEqual(await read({ maxVersions: 10 }), [1, 3])
  })
})

describe('what rows are read through', () => {
  test('columns, ranges of columns, and filters hold back what was not asked for', async () => {
    const { SingleColumnCondition, ColumnPaginationFilter, ComparatorType } = TableStore
    const tableName = await newTable(bed)
    const primaryKey = [{ id: long(1) }]
    const attributeColumns = ['a', 'b', 'c', 'd'].map((name, at) => ({ [name]: long(at) }))
    await bed.client.putRow({ tableName, condition: ignore(), primaryKey, attributeColumns })
    const read = async (more: object) =>
      columnsOf((await bed.client.getRow({ tableName, primaryKey, ...more })).row)
    assert.deepEqual(await read({ columnsToGet: ['b', 'd', 'none'] }), { b: 1, d: 3 })
    assert.deepEqual(await read({ columnsToGet: ['none'] }), {})
    assert.deepEqual(await read({ startColumn: 'b', endColumn: 'd' }), { b: 1, c: 2 })
    const page = new ColumnPaginationFilter(2, 1)
    assert.deepEqual(await read({ columnFilter: page }), { b: 1, c: 2 })
    const small = new SingleColumnCondition('a', long(1), ComparatorType.LESS_THAN)
    assert.deepEqual(await read({ columnFilter: small }), { a: 0, b: 1, c: 2, d: 3 })
    const large = new SingleColumnCondition('a', long(1), ComparatorType.GREATER_EQUAL)
    assert.deepEqual(await read({ columnFilter: large }), {})
  })
})

describe('a row is refused', () => {
  const table = [
    { name: 'p', type: 'STRING' },
    { name: 'q', type: 'INTEGER' },
  ]
  const put = (tableName: string, primaryKey: object[], attributeColumns: object[] = [{ a: 'x' }]) =>
    bed.client.putRow({ tableName, condition: ignore(), primaryKey, attributeColumns })

  test('with another key than the table has', async () => {
    const tableName = await newTable(bed, table)
    await assertRefused(
      put(tableName, [{ p: 'a' }]),
      400,
      'OTSInvalidPK',
      'Validate PK size fail. Input: 1, Meta: 2.',
    )
    await assertRefused(
      put(tableName, [{ p: 'a' }, { z: long(1) }]),
      400,
      'OTSInvalidPK',
      'Validate PK name fail. Input: z, Meta: q.',
    )
    await assertRefused(
      put(tableName, [{ p: 'a' }, { q: 'b' }]),
      400,
      'OTSInvalidPK',
      'Validate PK type fail. Input: VT_STRING, Meta: VT_INTEGER.',
    )
    const five = ['p', 'q', 'r', 's', 't'].map((name) => ({ [name]: 'x' }))
    const inRange = 'The number of primary key columns must be in range: [1, 4].'
    await assertRefused(put(tableName, five), 400, 'OTSParameterInvalid', inRange)
    const twice = "Duplicated primary key name: 'p'."
    await assertRefused(put(tableName, [{ p: 'a' }, { p: 'a' }]), 400, 'OTSParameterInvalid', twice)
  })

  test('when something of it is too long, or too many', async () => {
    const tableName = await newTable(bed, table)
    const key = [{ p: 'a' }, { q: long(1) }]
    await put(tableName, [{ p: 'k'.repeat(1024) }, { q: long(1) }])
    await assertRefused(
      put(tableName, [{ p: 'k'.repeat(1025) }, { q: long(1) }]),
      400,
      'OTSParameterInvalid',
      "The length of primary key column: 'p' exceeds the MaxLength:1024 with CurrentLength:1025.",
    )
    await put(tableName, key, [{ attr: 'v'.repeat(2097152) }])
    await assertRefused(
      put(tableName, key, [{ attr: 'v'.repeat(2097153) }]),
      400,
      'OTSParameterInvalid',
      "The length of attribute column: 'attr' exceeds the MaxLength:2097152 with CurrentLength:2097153.",
    )
    const columns = Array.from({ length: 1025 }, (_, at) => ({ [`c${at}`]: true }))
    await put(tableName, key, columns.slice(1))
    await assertRefused(
      put(tableName, key, columns),
      400,
      'OTSParameterInvalid',
      'The number of attribute columns exceeds the limit, limit count: 1024, column count: 1025.',
    )
    await assertRefused(
      put(tableName, key, [{ q: 'x' }]),
      400,
      'OTSParameterInvalid',
      /primary key column: 'q'/,
    )
    await assertRefused(put(tableName, key, [{ ['n'.repeat(256)]: 'x' }]), 400, 'OTSParameterInvalid')
  })

  test('with a version that is far from now', async () => {
    const tableName = await newTable(bed, table)
    const old = [{ a: 'x', timestamp: Date.now() - 2 * 86_400_000 }]
    const key = [{ p: 'a' }, { q: long(1) }]
    await assertRefused(put(tableName, key, old), 400, 'OTSParameterInvalid', "Invalid timestamp. Cell:'a'.")
  })

  test('in a table that is not there', async () => {
    const gone = put('nowhere', [{ p: 'a' }])
    await assertRefused(gone, 404, 'OTSObjectNotExist', 'Requested table does not exist.')
    await assertRefused(put('', [{ p: 'a' }]), 400, 'OTSParameterInvalid', "Invalid table name: ''.")
  })

  test('by more conditions than the vendor takes', async () => {
    const { SingleColumnCondition, CompositeCondition, ComparatorType, LogicalOperator } = TableStore
    const tableName = await newTable(bed)
    const get = (count: number) => {
      const columnFilter = new CompositeCondition(LogicalOperator.OR)
      for (let at = 0; at < count; at++)
        columnFilter.addSubCondition(new SingleColumnCondition('a', 'x', ComparatorType.EQUAL))
      return bed.client.getRow({ tableName, primaryKey: [{ id: long(1) }], columnFilter })
    }
    await get(32)
    await assertRefused(get(33), 400, 'OTSParameterInvalid', 'The count of filter exceeds the max: 32.')
  })
})
