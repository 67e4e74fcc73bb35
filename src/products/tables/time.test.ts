/** What time does to rows: versions that expire, transactions that end, streams that forget; and what is swept away. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryRowStore } from '../../drivers/memory/rows.ts'
import { integerValue } from '../../lib/plain-buffer/value.ts'
import type { RowStore } from '../../ports/rows.ts'
import { nothing } from './messages/common.ts'
import {
  startLocalTransactionRequest,
  startLocalTransactionResponse,
  transactionRequest,
  updateRowRequest,
  writeRowResponse,
} from './messages/rows.ts'
import {
  describeStreamRequest,
  describeStreamResponse,
  getShardIteratorRequest,
  getShardIteratorResponse,
  getStreamRecordRequest,
  getStreamRecordResponse,
  listStreamRequest,
  listStreamResponse,
} from './messages/streams.ts'
import { tableNameRequest, updateTableRequest, updateTableResponse } from './messages/tables.ts'
import { sweepTables } from './sweep.ts'
import { decoded, encoded, type RunningTables, rowOf, runningTables } from './tables.testing.ts'
import { readOf, type TunnelRead } from './tunnels/tunnels.testing.ts'

const DAY_MS = 86_400_000
const stream = { enable_stream: true, expiration_time: 24, columns_to_get: [] }

let tables: RunningTables
beforeEach(async () => {
  tables = await runningTables({ records: memoryRecordStore(), rows: memoryRowStore() })
})
afterEach(async () => {
  await tables.stop()
  assert.deepEqual(tables.defects, [])
})

describe('a time to live', () => {
  it('ends columns one by one, then the row, for readers and for writers', async () => {
    await tables.createTable('t', { time_to_live: 86_400 })
    await tables.putRow('t', 1, { old: 'x' })
    tables.clock.advance(DAY_MS / 2)
    await tables.call('UpdateRow', updateRowRequest, writeRowResponse, {
      table_name: 't',
      row_change: rowOf(1, [{ name: 'young', value: encoded('y') }]),
      condition: { row_existence: 1 },
    })
    tables.clock.advance(DAY_MS / 2 + 1)
    assert.deepEqual(await tables.getRow('t', 1), { young: 'y' })
    tables.clock.advance(DAY_MS / 2)
    assert.equal(await tables.getRow('t', 1), undefined)
    await assert.rejects(tables.putRow('t', 1, {}, 1), { code: 'OTSConditionCheckFail' })
    await tables.putRow('t', 1, {}, 2)
  })

  it('takes the room of what has ended back, and leaves the rest', async () => {
    await tables.createTable('t', { time_to_live: 86_400 })
    for (let id = 0; id < 3; id++) await tables.putRow('t', id, { a: 'x' })
    tables.clock.advance(DAY_MS + 1)
    await tables.putRow('t', 3, { a: 'y' })
    await sweepTables(tables)
    const [name] = await tables.rows.tables('')
    assert.equal((await tables.rows.scan(name!, { from: Uint8Array.of(0), limit: 10 })).rows.length, 1)
    assert.deepEqual(await tables.getRow('t', 3), { a: 'y' })
  })
})

describe('a table that is deleted', () => {
  it('is swept away with its stream, and nothing else is', async () => {
    for (const name of ['gone', 'stays']) {
      await tables.createTable(name, {}, { stream_spec: stream })
      for (let id = 0; id < 3; id++) await tables.putRow(name, id, { a: name })
    }
    await tables.call('DeleteTable', tableNameRequest, nothing, { table_name: 'gone' })
    assert.equal((await tables.rows.tables('')).length, 4)
    await sweepTables(tables)
    assert.equal((await tables.rows.tables('')).length, 2)
    assert.deepEqual(await tables.getRow('stays', 2), { a: 'stays' })
    assert.equal((await changes('stays')).length, 3)
  })
})

describe('a local transaction', () => {
  const start = async (id: number): Promise<string> => {
    const { transaction_id } = await tables.call(
      'StartLocalTransaction',
      startLocalTransactionRequest,
      startLocalTransactionResponse,
      { table_name: 't', key: rowOf(id) },
    )
    return transaction_id
  }

  it('is over after a minute, and what it has written is forgotten', async () => {
    await tables.createTable('t')
    const transaction_id = await start(1)
    await tables.call('UpdateRow', updateRowRequest, writeRowResponse, {
      table_name: 't',
      row_change: rowOf(1, [{ name: 'a', value: encoded('x') }]),
      condition: { row_existence: 0 },
      transaction_id,
    })
    await assert.rejects(tables.putRow('t', 1, {}), { code: 'OTSRowOperationConflict' })
    tables.clock.advance(60_000)
    const commit = tables.call('CommitTransaction', transactionRequest, nothing, { transaction_id })
    await assert.rejects(commit, { code: 'OTSSessionNotExist' })
    assert.equal(await tables.getRow('t', 1), undefined)
    await tables.putRow('t', 1, { a: 'y' })
  })

  it('leaves no timer behind when it ends, and there are not too many', async () => {
    await tables.createTable('t')
    const ids = []
    for (let id = 0; id < 64; id++) ids.push(await start(id))
    await assert.rejects(start(64), { code: 'OTSQuotaExhausted' })
    for (const transaction_id of ids)
      await tables.call('CommitTransaction', transactionRequest, nothing, { transaction_id })
    assert.equal(tables.clock.pendingTimers, 0)
    await start(64)
  })
})

interface Change {
  action: number
  place: TunnelRead['place']
  cells: [string, string | number | undefined, string | undefined][]
}

async function shard(tableName: string): Promise<{ stream_id: string; shard_id: string }> {
  const { streams } = await tables.call('ListStream', listStreamRequest, listStreamResponse, {
    table_name: tableName,
  })
  const { stream_id } = streams[0]!
  const described = await tables.call('DescribeStream', describeStreamRequest, describeStreamResponse, {
    stream_id,
  })
  assert.equal(described.table_name, tableName)
  return { stream_id, shard_id: described.shards[0]!.shard_id }
}

/** Everything from the oldest change on, two at a time. */
async function changes(tableName: string, timestamp?: bigint): Promise<Change[]> {
  const where = { ...(await shard(tableName)), timestamp }
  let { shard_iterator } = await tables.call(
    'GetShardIterator',
    getShardIteratorRequest,
    getShardIteratorResponse,
    where,
  )
  const found: Change[] = []
  for (;;) {
    const page = await tables.call('GetStreamRecord', getStreamRecordRequest, getStreamRecordResponse, {
      shard_iterator,
      limit: 2,
    })
    for (const change of page.stream_records) {
      const { action, row, place } = readOf(change)
      const { attributes } = row
      found.push({
        action,
        place,
        cells: attributes.map(({ name, value, op }) => [name, value && decoded(value), op]),
      })
    }
    if (page.stream_records.length === 0) {
      assert.equal(page.may_more_record, false)
      return found
    }
    shard_iterator = page.next_shard_iterator!
  }
}

const withoutPlace = ({ action, cells }: Change) => ({ action, cells })

describe('a stream', () => {
  it('has every change in its order, with what became of increments', async () => {
    await tables.createTable('t', {}, { stream_spec: stream })
    await tables.putRow('t', 1, { n: 5, s: 'x' })
    await tables.call('UpdateRow', updateRowRequest, writeRowResponse, {
      table_name: 't',
      row_change: rowOf(1, [
        { name: 'n', value: integerValue(2n), op: 'increment' },
        { name: 's', op: 'deleteAllVersions' },
      ]),
      condition: { row_existence: 0 },
    })
    await assert.rejects(tables.putRow('t', 1, { n: 0 }, 2), { code: 'OTSConditionCheckFail' })
    await tables.putRow('t', 2, {})
    const found = await changes('t')
    // Those of one time are told apart, and in their order.
    assert.deepEqual(
      found.map(({ place }) => place!.timestampUs),
      Array(3).fill(BigInt(tables.clock.now()) * 1000n),
    )
    const [first, second, third] = found.map(({ place }) => place!.rowIndex)
    assert.ok(first! < second! && second! < third!)
    assert.deepEqual(found.map(withoutPlace), [
      {
        action: 1,
        cells: [
          ['n', 5, undefined],
          ['s', 'x', undefined],
        ],
      },
      {
        action: 2,
        cells: [
          ['n', 7, undefined],
          ['s', undefined, 'deleteAllVersions'],
        ],
      },
      { action: 1, cells: [] },
    ])
  })

  it('is read from a time on, and forgets what is older than it keeps', async () => {
    await tables.createTable('t', {}, { stream_spec: stream })
    const ids = async (timestamp?: bigint) => (await changes('t', timestamp)).map(({ cells }) => cells[0]![1])
    for (let hour = 0; hour < 4; hour++) {
      await tables.putRow('t', hour, { hour })
      tables.clock.advance(DAY_MS / 4)
    }
    const nowUs = BigInt(tables.clock.now()) * 1000n
    const quarterUs = BigInt(DAY_MS / 4) * 1000n
    assert.deepEqual(await ids(nowUs - 2n * quarterUs), [2, 3])
    assert.deepEqual(await ids(nowUs), [])
    assert.deepEqual(await ids(0n), [0, 1, 2, 3])
    tables.clock.advance(DAY_MS / 4 + 1)
    await sweepTables(tables)
    assert.deepEqual(await ids(), [2, 3])
    tables.clock.advance(DAY_MS)
    await sweepTables(tables)
    assert.deepEqual(await ids(), [])
    await tables.putRow('t', 9, { hour: 9 })
    assert.deepEqual(await ids(), [9])
  })

  it('loses no change that comes while old ones are removed', async () => {
    await tables.createTable('t', {}, { stream_spec: stream })
    await tables.putRow('t', 1, { at: 'first' })
    tables.clock.advance(DAY_MS + 1)
    const scan: RowStore['scan'] = async (table, range) => {
      const page = await tables.rows.scan(table, range)
      await tables.putRow('t', 2, { at: 'between' })
      return page
    }
    await sweepTables({ ...tables, rows: { ...tables.rows, scan } })
    assert.deepEqual((await changes('t')).map(withoutPlace), [
      { action: 1, cells: [['at', 'between', undefined]] },
    ])
  })

  it('is gone when it is turned off, and another when it is turned on again', async () => {
    await tables.createTable('t', {}, { stream_spec: stream })
    await tables.putRow('t', 1, { a: 'x' })
    const before = await shard('t')
    const turn = (enable_stream: boolean) =>
      tables.call('UpdateTable', updateTableRequest, updateTableResponse, {
        table_name: 't',
        stream_spec: { enable_stream, columns_to_get: [] },
      })
    assert.equal((await turn(false)).stream_details?.enable_stream, false)
    const describe = tables.call('DescribeStream', describeStreamRequest, describeStreamResponse, before)
    await assert.rejects(describe, { code: 'OTSObjectNotExist' })
    await tables.putRow('t', 2, { a: 'unseen' })
    await turn(true)
    assert.notDeepEqual(await shard('t'), before)
    assert.deepEqual(await changes('t'), [])
    await sweepTables(tables)
    assert.equal((await tables.rows.tables('')).length, 1)
  })

  it('refuses iterators that it never gave', async () => {
    await tables.createTable('t', {}, { stream_spec: stream })
    for (const shard_iterator of ['', 'x', '../00', `${(await shard('t')).stream_id}/zz`]) {
      const read = tables.call('GetStreamRecord', getStreamRecordRequest, getStreamRecordResponse, {
        shard_iterator,
      })
      await assert.rejects(read, { code: /^OTS(ParameterInvalid|ObjectNotExist)$/ })
    }
  })
})
