/** Tables: made, listed, described, changed and deleted; what cannot be a table; what is not built. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertRefused, ignore, long, newTable, plain, sharedTables, tablesClient } from './tables.fixture.ts'

const bed = sharedTables()
const id = [{ name: 'id', type: 'INTEGER' }]
const capacity = { reservedThroughput: { capacityUnit: { read: 0, write: 0 } } }
const notThere = ['OTSObjectNotExist', 'Requested table does not exist.'] as const

describe('a table', () => {
  test('is described as it was made', async () => {
    const tableName = await newTable(
      bed,
      [
        { name: 'p', type: 'STRING' },
        { name: 'q', type: 'BINARY' },
        { name: 'n', type: 'INTEGER', option: 'AUTO_INCREMENT' },
      ],
      { timeToLive: 86_400, maxVersions: 5 },
      { streamSpecification: { enableStream: true, expirationTime: 24 } },
    )
    const described = await bed.client.describeTable({ tableName })
    const { tableMeta, tableOptions, streamDetails, tableStatus } = described
    assert.equal(tableMeta.tableName, tableName)
    assert.deepEqual(
      tableMeta.primaryKey.map(({ name, type, option }: Record<string, unknown>) => [name, type, option]),
      [
        ['p', 2, 1],
        ['q', 3, 1],
        ['n', 1, 1],
      ],
      'an option that is not there is 1 to this SDK, as its first number',
    )
    assert.equal(tableStatus, 1)
    assert.deepEqual([tableOptions.timeToLive, tableOptions.maxVersions], [86_400, 5])
    assert.equal(plain(tableOptions.deviationCellVersionInSec), 86_400)
    assert.equal(tableOptions.allowUpdate, true)
    assert.deepEqual([streamDetails.enableStream, streamDetails.expirationTime], [true, 24])
    assert.ok(streamDetails.streamId.startsWith(`${tableName}_`))
    assert.ok(
      Math.abs(Number(plain(described.reservedThroughputDetails.lastIncreaseTime)) - Date.now() / 1000) < 60,
    )
  })

  test('is listed in its instance only, until it is deleted', async () => {
    const client = tablesClient(bed.platform, { instancename: 'other' })
    for (const tableName of ['b', 'a', '_c1']) {
      await client.createTable({
        tableMeta: { tableName, primaryKey: id },
        ...capacity,
        tableOptions: { timeToLive: -1, maxVersions: 1 },
      })
    }
    assert.deepEqual((await client.listTable({})).tableNames, ['_c1', 'a', 'b'])
    assert.ok(!(await bed.client.listTable({})).tableNames.includes('a'))
    await client.deleteTable({ tableName: 'a' })
    assert.deepEqual((await client.listTable({})).tableNames, ['_c1', 'b'])
    await assertRefused(client.describeTable({ tableName: 'a' }), 404, ...notThere)
    await assertRefused(client.deleteTable({ tableName: 'a' }), 404, ...notThere)
  })

  test('has none of the rows of an earlier table of its name', async () => {
    const tableName = await newTable(bed)
    const primaryKey = [{ id: long(1) }]
    await bed.client.putRow({ tableName, condition: ignore(), primaryKey, attributeColumns: [{ a: 'x' }] })
    await bed.client.deleteTable({ tableName })
    await assertRefused(bed.client.getRow({ tableName, primaryKey }), 404, ...notThere)
    await bed.client.createTable({
      tableMeta: { tableName, primaryKey: id },
      ...capacity,
      tableOptions: { timeToLive: -1, maxVersions: 1 },
    })
    assert.deepEqual((await bed.client.getRow({ tableName, primaryKey })).row, {})
  })

  test('is changed in its options, and keeps the others', async () => {
    const tableName = await newTable(bed)
    const { tableOptions } = await bed.client.updateTable({
      tableName,
      tableOptions: { maxVersions: 3, timeToLive: 100_000 },
    })
    assert.deepEqual([tableOptions.maxVersions, tableOptions.timeToLive], [3, 100_000])
    assert.equal(plain(tableOptions.deviationCellVersionInSec), 86_400)
    const update = (options: object) => bed.client.updateTable({ tableName, tableOptions: options })
    await assertRefused(update({ maxVersions: -1 }), 400, 'OTSParameterInvalid')
    await assertRefused(
      update({ timeToLive: -2 }),
      400,
      'OTSParameterInvalid',
      'TimeToLive cannot be 0 or less than -1.',
    )
    await assertRefused(update({ timeToLive: 86_399 }), 400, 'OTSParameterInvalid')
    assert.equal((await bed.client.describeTable({ tableName })).tableOptions.maxVersions, 3)
  })
})

describe('CreateTable refuses', () => {
  const make = (tableName: string, primaryKey: object[], more: object = {}) =>
    bed.client.createTable({
      tableMeta: { tableName, primaryKey },
      ...capacity,
      tableOptions: { timeToLive: -1, maxVersions: 1 },
      ...more,
    })

  test('a name that is taken, or is none', async () => {
    const tableName = await newTable(bed)
    await assertRefused(make(tableName, id), 409, 'OTSObjectAlreadyExist', 'Requested table already exists.')
    for (const name of ['', '1a', 'a-b', 'é', 'a'.repeat(256), '../x'])
      await assertRefused(make(name, id), 400, 'OTSParameterInvalid', `Invalid table name: '${name}'.`)
  })

  test('to decide for how long, and in how many versions, a table keeps what it is given', async () => {
    const tableOptions = { timeToLive: -1, maxVersions: 1 }
    const refused = (options: object, message: string) =>
      assertRefused(make('x', id, { tableOptions: options }), 400, 'OTSParameterInvalid', message)
    await refused({ ...tableOptions, timeToLive: undefined }, 'Time-to-live is missing while creating table.')
    await refused({ ...tableOptions, maxVersions: undefined }, 'MaxVersions is missing while creating table.')
    await refused({ ...tableOptions, timeToLive: 0 }, 'TimeToLive cannot be 0 or less than -1.')
    await refused(
      { ...tableOptions, maxVersions: -1 },
      'The maximum versions cannot be less than or equal to 0.',
    )
  })

  test('keys that the vendor does not take', async () => {
    const range = 'The number of primary key columns must be in range: [1, 4].'
    await assertRefused(make('x', []), 400, 'OTSParameterInvalid', range)
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, type: 'STRING' }))
    await assertRefused(make('x', five), 400, 'OTSParameterInvalid', range)
    const pk0 = { name: 'PK0', type: 'STRING' }
    await assertRefused(
      make('x', [pk0, pk0]),
      400,
      'OTSParameterInvalid',
      "Duplicated primary key name: 'PK0'.",
    )
    const numbered = { name: 'n', type: 'INTEGER', option: 'AUTO_INCREMENT' }
    await assertRefused(make('x', [numbered]), 400, 'OTSParameterInvalid', /First primary key can't be auto/)
    await assertRefused(
      make('x', [pk0, numbered, { ...numbered, name: 'm' }]),
      400,
      'OTSParameterInvalid',
      'AUTO_INCREMENT primary key count must <= 1.',
    )
    await assertRefused(
      make('x', [pk0, { ...numbered, type: 'STRING' }]),
      400,
      'OTSParameterInvalid',
      'AUTO_INCREMENT primary key must be integer.',
    )
  })
})

test('what is not built says so', async () => {
  const notBuilt = (promise: Promise<unknown>) => assertRefused(promise, 501, 'NotImplemented')
  await notBuilt(bed.client.sqlQuery({ query: 'show tables' }))
  // Operations in JSON are refused in JSON, which the SDK decodes.
  await assert.rejects(bed.client.listKnowledgeBase({}), { code: 'NotImplemented' })
})
