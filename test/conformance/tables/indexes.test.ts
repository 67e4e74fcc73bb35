/** Secondary indexes: tables that follow another, made with it or later, read under names of their own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, columnsOf, ignore, keyOf, long, sharedTables, TableStore } from './tables.fixture.ts'

const bed = sharedTables()
const { INF_MIN: min, INF_MAX: max } = TableStore
const STRING = TableStore.DefinedColumnType.DCT_STRING
const INTEGER = TableStore.DefinedColumnType.DCT_INTEGER
const definedColumn = [
  { name: 'city', type: STRING },
  { name: 'age', type: INTEGER },
]
const byCity = (name: string): Sdk => ({ name, primaryKey: ['city'], definedColumn: ['age'] })

const make = (tableName: string, indexMetas: object[] = [], more: object = {}) =>
  bed.client.createTable({
    tableMeta: { tableName, primaryKey: [{ name: 'id', type: 'INTEGER' }], definedColumn },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 1, ...more },
    indexMetas,
  })

const put = (tableName: string, id: number, columns: object[]) =>
  bed.client.putRow({
    tableName,
    condition: ignore(),
    primaryKey: [{ id: long(id) }],
    attributeColumns: columns,
  })

async function cities(indexName: string): Promise<unknown[]> {
  const { rows } = await bed.client.getRange({
    tableName: indexName,
    direction: TableStore.Direction.FORWARD,
    inclusiveStartPrimaryKey: [{ city: min }, { id: min }],
    exclusiveEndPrimaryKey: [{ city: max }, { id: max }],
  })
  return rows.map((row: Sdk) => [...keyOf(row), columnsOf(row)])
}

describe('an index', () => {
  test('has the rows of its table that have its columns, and follows them', async () => {
    await make('people', [byCity('people_by_city')])
    await put('people', 1, [{ city: 'Oslo' }, { age: long(30) }, { other: 'x' }])
    await put('people', 2, [{ city: 'Bern' }])
    await put('people', 3, [{ age: long(5) }])
    assert.deepEqual(await cities('people_by_city'), [
      ['Bern', 2, {}],
      ['Oslo', 1, { age: 30 }],
    ])
    await bed.client.updateRow({
      tableName: 'people',
      condition: ignore(),
      primaryKey: [{ id: long(1) }],
      updateOfAttributeColumns: [{ PUT: [{ city: 'Athens' }] }, { INCREMENT: [{ age: long(1) }] }],
    })
    await bed.client.deleteRow({ tableName: 'people', condition: ignore(), primaryKey: [{ id: long(2) }] })
    assert.deepEqual(await cities('people_by_city'), [['Athens', 1, { age: 31 }]])
    const { row } = await bed.client.getRow({
      tableName: 'people_by_city',
      primaryKey: [{ city: 'Athens' }, { id: long(1) }],
    })
    assert.deepEqual(columnsOf(row), { age: 31 })
  })

  test('is described with its table, is no table of the list, and cannot be written to', async () => {
    await make('described', [byCity('described_by_city')])
    const { indexMetas } = await bed.client.describeTable({ tableName: 'described' })
    const [{ name, primaryKey, definedColumn: columns, indexUpdateMode, indexType }] = indexMetas
    assert.deepEqual(
      [name, primaryKey, columns, indexUpdateMode, indexType],
      ['described_by_city', ['city'], ['age'], 0, 0],
    )
    const { tableNames } = await bed.client.listTable({})
    assert.ok(tableNames.includes('described') && !tableNames.includes('described_by_city'))
    const directly = ['OTSParameterInvalid', "Can't write index table directly."] as const
    await assertRefused(put('described_by_city', 1, []), 400, ...directly)
    await assertRefused(bed.client.deleteTable({ tableName: 'described_by_city' }), 400, ...directly)
  })

  test('that is made later brings the rows in that are there, if it is asked to', async () => {
    await make('later')
    for (let id = 0; id < 5; id++) await put('later', id, [{ city: `c${id}` }])
    const createIndex = (name: string, includeBaseData: boolean) =>
      bed.client.createIndex({ mainTableName: 'later', indexMeta: byCity(name), includeBaseData })
    await createIndex('later_full', true)
    await createIndex('later_new', false)
    await until(async () => (await cities('later_full')).length === 5, { what: 'all rows in the index' })
    assert.deepEqual(await cities('later_new'), [])
    await put('later', 9, [{ city: 'new' }])
    assert.deepEqual(await cities('later_new'), [['new', 9, {}]])
    assert.equal((await cities('later_full')).length, 6)
    await until(
      async () => {
        const { indexMetas } = await bed.client.describeTable({ tableName: 'later' })
        return indexMetas.every(({ indexSyncPhase }: Sdk) => indexSyncPhase === TableStore.SyncPhase.INCR)
      },
      { what: 'the phase ISP_INCR' },
    )
  })

  test('is made beside others at the same time', async () => {
    await make('busy')
    const names = ['busy_1', 'busy_2', 'busy_3', 'busy_4']
    const made = names.map((name) =>
      bed.client.createIndex({ mainTableName: 'busy', indexMeta: byCity(name), includeBaseData: true }),
    )
    await Promise.all(made)
    const { indexMetas } = await bed.client.describeTable({ tableName: 'busy' })
    assert.deepEqual(indexMetas.map(({ name }: Sdk) => name).sort(), names)
  })

  test('goes with its table, or alone', async () => {
    await make('gone', [byCity('gone_1'), byCity('gone_2')])
    await bed.client.dropIndex({ mainTableName: 'gone', indexName: 'gone_1' })
    const notThere = ['OTSObjectNotExist', 'Requested table does not exist.'] as const
    await assertRefused(cities('gone_1'), 404, ...notThere)
    await put('gone', 1, [{ city: 'x' }])
    assert.equal((await cities('gone_2')).length, 1)
    const again = bed.client.dropIndex({ mainTableName: 'gone', indexName: 'gone_1' })
    await assertRefused(again, 404, 'OTSObjectNotExist')
    await bed.client.deleteTable({ tableName: 'gone' })
    await assertRefused(cities('gone_2'), 404, ...notThere)
    await make('gone', [byCity('gone_1')])
  })

  test('that is local begins with the first key of its table', async () => {
    const local = {
      name: 'local_index',
      primaryKey: ['id', 'city'],
      definedColumn: [],
      indexUpdateMode: TableStore.IndexUpdateMode.IUM_SYNC_INDEX,
      indexType: TableStore.IndexType.IT_LOCAL_INDEX,
    }
    const refused = (meta: object) => assertRefused(make('local', [meta]), 400, 'OTSParameterInvalid')
    await refused({ ...local, primaryKey: ['city'] })
    await refused({ ...local, indexType: 0 })
    await make('local', [local])
    await put('local', 1, [{ city: 'Bern' }])
    const { row } = await bed.client.getRow({
      tableName: 'local_index',
      primaryKey: [{ id: long(1) }, { city: 'Bern' }],
    })
    assert.deepEqual(keyOf(row), [1, 'Bern'])
  })

  test('is refused when it cannot be', async () => {
    const refused = (meta: object, message: string | RegExp, more: object = {}) =>
      assertRefused(make('refused', [meta], more), 400, 'OTSParameterInvalid', message)
    const range = 'The number of primary key columns must be in range: [1, 4] in index.'
    await refused({ ...byCity('i'), primaryKey: [] }, range)
    await refused({ ...byCity('i'), primaryKey: ['city', 'age', 'id', 'b', 'c'] }, range)
    await refused({ ...byCity('i'), primaryKey: ['none'] }, "Column does not exist:'none'.")
    await refused({ ...byCity('i'), definedColumn: ['none'] }, "Column does not exist:'none'.")
    await refused({ ...byCity('i'), definedColumn: ['city'] }, /Duplicated column name/)
    await refused(byCity('1'), "Invalid table name: '1'.")
    await refused(byCity('refused'), 'Duplicated index name.')
    await refused(byCity('i'), /max versions/, { maxVersions: 2 })
    await refused(byCity('i'), /time to live/, { timeToLive: 86_400 })
    await make('taken')
    await assertRefused(make('refused', [byCity('taken')]), 409, 'OTSObjectAlreadyExist')
    await assertRefused(bed.client.describeTable({ tableName: 'refused' }), 404, 'OTSObjectNotExist')
  })
})
