/** `tablestore` triggers: written by the vendor's SDK, seen by functions in CBOR, in order, until they succeed. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, type Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { api, assertRefused, logOf, sharedPlatform } from '../conformance.fixture.ts'
import { long, TableStore, tablesClient } from '../tables/tables.fixture.ts'
import { type Cbor, decodeCbor } from './cbor.fixture.ts'
import { createTrigger, recordingFunction, someEvents } from './triggers.fixture.ts'

const bed = sharedPlatform({ sandbox: 'process' })
let ots: Sdk

const tableTrigger = (functionName: string, table: string, fields: object = {}) =>
  createTrigger(bed.client, functionName, {
    triggerName: 'changes',
    triggerType: 'tablestore',
    sourceArn: `acs:ots:cn-hangzhou:${bed.platform.accountId}:instance/conformance/table/${table}`,
    triggerConfig: '{}',
    ...fields,
  })

const createTable = (tableName: string, isStreamEnabled = true) =>
  ots.createTable({
    tableMeta: {
      tableName,
      primaryKey: [
        { name: 'id', type: 'INTEGER' },
        { name: 'name', type: 'STRING' },
      ],
    },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 2 },
    streamSpecification: isStreamEnabled
      ? { enableStream: true, expirationTime: 24 }
      : { enableStream: false },
  })

const key = (id: number, name = 'a') => [{ id: long(id) }, { name }]
const anyway = () => new TableStore.Condition(TableStore.RowExistenceExpectation.IGNORE, null)
const put = (tableName: string, id: number, columns: object[]) =>
  ots.putRow({ tableName, condition: anyway(), primaryKey: key(id), attributeColumns: columns })

interface Change {
  Type: string
  Info: { Timestamp: bigint }
  PrimaryKey: { ColumnName: string; Value: Cbor }[]
  Columns: { Type: string; ColumnName: string; Value?: Cbor; Timestamp?: bigint }[]
}

const changesSeen = async (functionName: string, count: number): Promise<Change[]> =>
  until(
    async () => {
      const events = await someEvents(bed.platform, functionName, 1)
      const changes = events.flatMap(({ event }) => {
        const document = decodeCbor(event) as unknown as { Version: string; Records: Change[] }
        assert.equal(document.Version, 'Sync-v1')
        return document.Records
      })
      return changes.length >= count && changes
    },
    { what: `${count} changes seen by ${functionName}` },
  )

describe('a trigger of a table', () => {
  before(() => {
    ots = tablesClient(bed.platform)
  })

  test('gives the function what was done to rows since it was made, in order', async () => {
    const { client } = bed
    await createTable('orders')
    await put('orders', 0, [{ before: 'the trigger' }])
    await recordingFunction(client, 'follows')
    await tableTrigger('follows', 'orders')
    await put('orders', 1, [
      { text: '函数' },
      { whole: long(-7) },
      { real: 1.5 },
      { yes: true },
      { bytes: Buffer.from([1, 2]) },
    ])
    await ots.updateRow({
      tableName: 'orders',
      condition: anyway(),
      primaryKey: key(1),
      updateOfAttributeColumns: [{ PUT: [{ text: 'new' }] }, { DELETE_ALL: ['real'] }],
    })
    await ots.deleteRow({ tableName: 'orders', condition: anyway(), primaryKey: key(1) })
    const changes = await changesSeen('follows', 3)
    const nowUs = Date.now() * 1000
    for (const { Info, PrimaryKey } of changes) {
      assert.ok(Math.abs(Number(Info.Timestamp) - nowUs) < 60_000_000)
      assert.deepEqual(PrimaryKey, [
        { ColumnName: 'id', Value: 1n },
        { ColumnName: 'name', Value: 'a' },
      ])
    }
    const shown = changes.map(({ Type, Columns }) => [
      Type,
      Columns.map(({ Timestamp, ...column }) => {
        assert.equal(typeof Timestamp === 'bigint', column.Type !== 'DeleteAllVersions')
        return column
      }),
    ])
    assert.deepEqual(shown, [
      [
        'PutRow',
        [
          { Type: 'Put', ColumnName: 'text', Value: '函数' },
          { Type: 'Put', ColumnName: 'whole', Value: -7n },
          { Type: 'Put', ColumnName: 'real', Value: 1.5 },
          { Type: 'Put', ColumnName: 'yes', Value: true },
          { Type: 'Put', ColumnName: 'bytes', Value: Buffer.from([1, 2]) },
        ],
      ],
      [
        'UpdateRow',
        [
          { Type: 'Put', ColumnName: 'text', Value: 'new' },
          { Type: 'DeleteAllVersions', ColumnName: 'real' },
        ],
      ],
      ['DeleteRow', []],
    ])
  })

  test('calls again what the function fails with, and nothing behind it before', async () => {
    const { client, platform } = bed
    await createTable('stubborn')
    await createFunction(client, {
      functionName: 'stubborn',
      instanceConcurrency: 1,
      files: {
        'index.js': `let calls = 0
          exports.handler = async (event, { requestId }) => {
            console.log('CALL ' + requestId + ' ' + event.toString('base64'))
            if (++calls < 3) throw new Error('not yet')
          }`,
      },
    })
    await tableTrigger('stubborn', 'stubborn')
    await put('stubborn', 1, [{ a: '1' }])
    await put('stubborn', 2, [{ a: '2' }])
    const stateOf = async () =>
      JSON.parse((await api(platform, 'GET', '/hanshu/functions/stubborn/triggers/changes')).text)
    await until(async () => /not yet/.test((await stateOf()).lastError?.message), {
      what: 'the error in the state',
    })
    await until(async () => (await stateOf()).waiting === 0, { what: 'the end of the stream' })
    const calls = (await logOf(platform, 'stubborn')).flatMap((line) => {
      const [, requestId, base64 = ''] = /CALL (\S+) (\S+)/.exec(line) ?? []
      if (!requestId) return []
      const { Records } = decodeCbor(Buffer.from(base64, 'base64')) as unknown as { Records: Change[] }
      return [{ requestId, ids: Records.map(({ PrimaryKey: [id] }) => Number(id!.Value)) }]
    })
    const [first] = calls
    assert.deepEqual(
      calls.slice(0, 3).map(({ requestId, ids }) => [requestId, ids[0]]),
      [
        [first!.requestId, 1],
        [first!.requestId, 1],
        [first!.requestId, 1],
      ],
    )
    assert.deepEqual([...new Set(calls.slice(2).flatMap(({ ids }) => ids))], [1, 2])
  })

  test('is refused for a table that is not there, or keeps no changes', async () => {
    const { client } = bed
    await createTable('silent', false)
    await recordingFunction(client, 'refused')
    for (const [table, message] of [
      ['none', /the table 'none' of SourceArn does not exist/],
      ['silent', /the stream of the table 'silent' is not enabled/],
    ] as const)
      await assertRefused(tableTrigger('refused', table), 400, 'InvalidArgument', message)
  })
})
