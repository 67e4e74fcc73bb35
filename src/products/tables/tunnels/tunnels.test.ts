/** Tunnels over the wire: what they are asked for, what they refuse, what a restart leaves, and when they expire. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { memoryRowStore } from '../../../drivers/memory/rows.ts'
import type { ManualClock } from '../../../lib/clock.ts'
import type { RecordStore } from '../../../ports/records.ts'
import type { RowStore } from '../../../ports/rows.ts'
import { nothing } from '../messages/common.ts'
import {
  startLocalTransactionRequest,
  startLocalTransactionResponse,
  transactionRequest,
  updateRowRequest,
  writeRowResponse,
} from '../messages/rows.ts'
import {
  describeTableResponse,
  tableNameRequest,
  updateTableRequest,
  updateTableResponse,
} from '../messages/tables.ts'
import { channelStatus, tunnelNameRequest } from '../messages/tunnels.ts'
import { sweepTables } from '../sweep.ts'
import { decoded, encoded, NOW_MS, type RunningTables, rowOf, runningTables } from '../tables.testing.ts'
import { FINISHED } from './token.ts'
import { TUNNELS_MAX } from './tunnel.ts'
import { type TunnelRead, tunnelApi, tunnelWorker } from './tunnels.testing.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const streaming = { stream_spec: { enable_stream: true, expiration_time: 24, columns_to_get: [] } }

let records: RecordStore
let rows: RowStore
let tables: RunningTables
const api = tunnelApi(() => tables)
beforeEach(async () => {
  records = memoryRecordStore()
  rows = memoryRowStore()
  tables = await runningTables({ records, rows })
})
afterEach(async () => {
  await tables.stop()
  assert.deepEqual(tables.defects, [])
})

async function restart(clock: ManualClock): Promise<void> {
  await tables.stop()
  tables = await runningTables({ records, rows, clock })
}

/** Everything that there is now, by a client of its own; ids in their order, those of rows before a bar. */
async function readAll(tunnelId: string): Promise<string> {
  const read: TunnelRead[] = []
  const worker = tunnelWorker(api, tunnelId, (records) => void read.push(...records))
  for (let idle = 0; idle < 2; ) {
    await worker.beat()
    idle = (await worker.read()) === 0 ? idle + 1 : 0
    await worker.checkpoint()
  }
  await worker.shutdown()
  const ids = (all: TunnelRead[]) => all.map(({ row }) => decoded(row.primaryKey[0]!.value!)).join(' ')
  return `${ids(read.filter(({ place }) => !place))} | ${ids(read.filter(({ place }) => place))}`
}

const streamOf = async (tableName: string) =>
  (await tables.call('DescribeTable', tableNameRequest, describeTableResponse, { table_name: tableName }))
    .stream_details

/** A client with the only channel that there is. */
async function holding(tunnelId: string) {
  const client = await api.connect(tunnelId)
  const [channel] = await api.heartbeat(tunnelId, client, [])
  return { client, channel: channel!.channel_id }
}

describe('a tunnel', () => {
  it('reads rows, changes, or rows and then changes, as its type says', async () => {
    await tables.createTable('t', {}, streaming)
    for (const id of [1, 2]) await tables.putRow('t', id, { a: id })
    const base = await api.create('t', 'base', 'BaseData')
    const stream = await api.create('t', 'stream', 'Stream')
    const both = await api.create('t', 'both', 'BaseAndStream')
    await tables.putRow('t', 3, { a: 3 })
    assert.equal(await readAll(base), '1 2 3 | ')
    assert.equal(await readAll(stream), ' | 3')
    assert.equal(await readAll(both), '1 2 3 | 3')
    await tables.putRow('t', 2, { a: 4 })
    assert.equal(await readAll(base), ' | ')
    assert.equal(await readAll(stream), ' | 2')
    assert.equal(await readAll(both), ' | 2')
  })

  it('tells of itself, of its channels and of who has them', async () => {
    await tables.createTable('t', {}, streaming)
    const id = await api.create('t', 'n', 'BaseAndStream')
    const before = await api.describe('t', 'n')
    assert.deepEqual(before.tunnel, {
      tunnel_id: id,
      tunnel_type: 'BaseAndStream',
      table_name: 't',
      instance_name: 'inst',
      stream_id: (await streamOf('t'))!.stream_id,
      stage: 'ProcessBaseData',
      expired: false,
      tunnel_name: 'n',
      create_time: BigInt(NOW_MS) * 1_000_000n,
    })
    const told = async () =>
      (await api.describe('t', 'n')).channels.map((channel) => [
        channel.channel_type,
        channel.channel_status,
        channel.client_id,
      ])
    assert.deepEqual(await told(), [['BaseData', 'WAIT', '']])
    const client = await api.connect(id, undefined, 'host')
    const [base] = await api.heartbeat(id, client, [])
    assert.deepEqual(await told(), [['BaseData', 'OPEN', client]])
    await api.checkpoint(id, client, base!.channel_id, FINISHED, 1n)
    const channels = await api.heartbeat(id, client, [base!])
    assert.deepEqual(
      channels.map(({ status }) => status),
      [channelStatus.TERMINATED, channelStatus.OPEN],
    )
    assert.deepEqual(await told(), [
      ['BaseData', 'TERMINATED', client],
      ['Stream', 'OPEN', client],
    ])
    assert.equal((await api.describe('t', 'n')).tunnel.stage, 'ProcessStream')

    tables.clock.advance(5)
    await tables.putRow('t', 1, {})
    const stream = channels[1]!.channel_id
    const { checkpoint } = await api.getCheckpoint(id, client, stream)
    const { next_token } = await api.read(id, client, stream, checkpoint)
    assert.equal((await api.describe('t', 'n')).tunnel_rpo, 0n)
    await api.checkpoint(id, client, stream, next_token, 1n)
    assert.equal((await api.describe('t', 'n')).tunnel_rpo, BigInt(NOW_MS + 5) * 1_000_000n)

    await api.create('t', 'other', 'BaseData')
    assert.deepEqual(
      (await api.list()).map(({ tunnel_name, stream_id }) => [tunnel_name, stream_id === '']),
      [
        ['n', false],
        ['other', true],
      ],
    )
    assert.equal((await api.list('t')).length, 2)
  })

  it('has channels that are suspended, ended and opened by hand, and loses nothing by it', async () => {
    await tables.createTable('t', {}, streaming)
    await tables.putRow('t', 1, {})
    const id = await api.create('t', 'n', 'BaseAndStream')
    const shown = async () =>
      (await api.describe('t', 'n')).channels.map(({ channel_type, channel_status }) => [
        channel_type,
        channel_status,
      ])
    const read: string[] = []
    const worker = tunnelWorker(api, id, (records) => {
      for (const { row, place } of records)
        read.push(`${place ? 'change' : 'row'} ${decoded(row.primaryKey[0]!.value!)}`)
    })
    const work = async () => {
      for (let turn = 0; turn < 3; turn++) {
        await worker.beat()
        await worker.read()
        await worker.checkpoint()
      }
    }
    await worker.beat()
    const [base] = worker.channelIds
    await api.schedule(id, [base!, 'CLOSING'])
    await worker.beat()
    await worker.beat()
    assert.deepEqual([worker.channelIds, await shown()], [[], [['BaseData', 'CLOSE']]])
    await tables.putRow('t', 2, {})
    await work()
    // Changes wait for the rows.
    assert.deepEqual(read, [])

    await restart(tables.clock)
    await api.schedule(id, [base!, 'OPEN'])
    await work()
    assert.deepEqual(read.splice(0), ['row 1', 'row 2', 'change 2'])
    const stream = (await api.describe('t', 'n')).channels.find(
      ({ channel_type }) => channel_type === 'Stream',
    )!.channel_id
    await api.schedule(id, [stream, 'TERMINATED'])
    await work()
    await tables.putRow('t', 3, {})
    await work()
    assert.deepEqual([worker.channelIds, read], [[], []])
    assert.deepEqual(await shown(), [
      ['BaseData', 'TERMINATED'],
      ['Stream', 'TERMINATED'],
    ])
    await api.schedule(id, [stream, 'OPEN'])
    await work()
    assert.deepEqual(read, ['change 3'])

    const invalid = { code: 'OTSParameterInvalid' }
    await assert.rejects(api.schedule(id, [stream, 'TERMINATED'], ['none', 'OPEN']), invalid)
    await assert.rejects(api.schedule(id, [stream, 'CLOSE']), invalid)
    await assert.rejects(api.schedule('none', [stream, 'OPEN']), invalid)
    assert.deepEqual((await shown())[1], ['Stream', 'OPEN'])
  })

  it('turns the stream of its table on, and misses nobody who wrote without knowing', async () => {
    await tables.createTable('t')
    const { transaction_id } = await tables.call(
      'StartLocalTransaction',
      startLocalTransactionRequest,
      startLocalTransactionResponse,
      { table_name: 't', key: rowOf(1) },
    )
    await tables.call('UpdateRow', updateRowRequest, writeRowResponse, {
      table_name: 't',
      row_change: rowOf(1, [{ name: 'a', value: encoded('x') }]),
      condition: { row_existence: 0 },
      transaction_id,
    })
    const id = await api.create('t', 'n', 'Stream')
    const stream = await streamOf('t')
    assert.deepEqual([stream?.enable_stream, stream?.expiration_time], [true, 168])
    const commit = tables.call('CommitTransaction', transactionRequest, nothing, { transaction_id })
    await assert.rejects(commit, { code: 'OTSSessionNotExist' })
    await tables.putRow('t', 2, {})
    assert.equal(await readAll(id), ' | 2')
    await api.create('t', 'base', 'BaseData')
    assert.equal((await streamOf('t'))?.stream_id, stream?.stream_id)
  })

  it('waits, when it turns the stream on, for those who are writing', async () => {
    await tables.stop()
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let isHeld = false
    const commit: RowStore['commit'] = async (writes) => {
      if (isHeld) {
        begun.resolve()
        await gate.promise
      }
      await rows.commit(writes)
    }
    tables = await runningTables({ records, rows: { ...rows, commit } })
    await tables.createTable('t')
    isHeld = true
    const put = tables.putRow('t', 1, { a: 1 })
    await begun.promise
    let isMade = false
    const created = api.create('t', 'n', 'BaseAndStream').finally(() => {
      isMade = true
    })
    while ((await streamOf('t'))?.enable_stream !== true);
    assert.equal(isMade, false)
    isHeld = false
    gate.resolve()
    await put
    assert.equal(await readAll(await created), '1 | ')
  })

  it('begins with the oldest change, at a time or now, and ends at a time', async () => {
    await tables.createTable('t', {}, streaming)
    for (let hour = 0; hour < 4; hour++) {
      await tables.putRow('t', hour, {})
      tables.clock.advance(HOUR_MS)
    }
    const at = (hour: number, unit = 1n) => BigInt(NOW_MS + hour * HOUR_MS) * unit
    const ids = async (name: string, config: Parameters<typeof api.create>[3]) =>
      readAll(await api.create('t', name, 'Stream', config))
    assert.equal(await ids('earliest', { flag: 1 }), ' | 0 1 2 3')
    assert.equal(await ids('latest', { flag: 0 }), ' | ')
    assert.equal(await ids('ms', { startOffset: at(2) }), ' | 2 3')
    assert.equal(await ids('us', { startOffset: at(2, 1000n) }), ' | 2 3')
    assert.equal(await ids('ns', { startOffset: at(3, 1_000_000n) }), ' | 3')
    assert.equal(await ids('section', { startOffset: at(1), endOffset: at(3) }), ' | 1 2')
    const { channels, tunnel } = await api.describe('t', 'section')
    assert.equal(channels[0]!.channel_status, 'TERMINATED')
    assert.deepEqual(tunnel.stream_tunnel_config, {
      startOffset: at(1),
      endOffset: at(3),
    })

    const open = await api.create('t', 'open', 'Stream', { endOffset: at(5) })
    assert.equal(await readAll(open), ' | ')
    assert.equal((await api.describe('t', 'open')).channels[0]!.channel_status, 'WAIT')
    tables.clock.advance(HOUR_MS)
    assert.equal(await readAll(open), ' | ')
    assert.equal((await api.describe('t', 'open')).channels[0]!.channel_status, 'TERMINATED')

    for (const config of [
      { startOffset: at(-20) },
      { startOffset: at(6) },
      { endOffset: at(0) },
      { startOffset: at(3), endOffset: at(3) },
      { startOffset: -1n },
    ])
      await assert.rejects(api.create('t', 'bad', 'Stream', config), { code: 'OTSParameterInvalid' })
  })

  it('is one of its name and not one of too many, and is gone when it is deleted', async () => {
    await tables.createTable('t')
    const id = await api.create('t', 'n0', 'BaseData')
    await assert.rejects(api.create('t', 'n0', 'Stream'), { code: 'OTSTunnelExist' })
    assert.equal((await streamOf('t'))?.enable_stream, false, 'what is refused changes nothing')
    const created = await Promise.allSettled(
      Array.from({ length: TUNNELS_MAX + 3 }, () => api.create('t', 'same', 'BaseData')),
    )
    assert.equal(created.filter(({ status }) => status === 'fulfilled').length, 1)
    for (let count = 2; count < TUNNELS_MAX; count++) await api.create('t', `n${count}`, 'BaseData')
    await assert.rejects(api.create('t', 'more', 'BaseData'), { code: 'OTSQuotaExhausted' })

    const client = await api.connect(id)
    await api.remove('t', 'n0')
    await assert.rejects(api.heartbeat(id, client, []), { code: 'OTSParameterInvalid' })
    await assert.rejects(api.describe('t', 'n0'), { code: 'OTSParameterInvalid' })
    await assert.rejects(api.remove('t', 'n0'), { code: 'OTSParameterInvalid' })
    assert.notEqual(await api.create('t', 'n0', 'BaseData'), id)

    const asked = { table_name: 't', tunnel_name: 'same', tunnel_id: 'another' }
    const remove = tables.call('tunnel/delete', tunnelNameRequest, nothing, asked)
    await assert.rejects(remove, { code: 'OTSParameterInvalid' })
  })

  it('goes with its table, and does not come back with one of the same name', async () => {
    await tables.createTable('t', {}, streaming)
    const id = await api.create('t', 'n', 'Stream')
    await tables.call('DeleteTable', tableNameRequest, nothing, { table_name: 't' })
    assert.deepEqual(await records.list({ prefix: 'tables/', limit: 10 }), [])
    await tables.createTable('t', {}, streaming)
    await assert.rejects(api.connect(id), { code: 'OTSParameterInvalid' })
    assert.deepEqual(await api.list('t'), [])
  })

  it('answers a failure of ours with what its clients try again', async () => {
    await tables.createTable('t')
    const id = await api.create('t', 'n', 'BaseData')
    await tables.stop()
    const scan = () => Promise.reject(new Error('the disk is gone'))
    tables = await runningTables({ records, rows: { ...rows, scan } })
    const { client, channel } = await holding(id)
    const { checkpoint } = await api.getCheckpoint(id, client, channel)
    const answer = api.read(id, client, channel, checkpoint)
    await assert.rejects(answer, { code: 'OTSTunnelServerUnavailable' })
    assert.equal(tables.defects.splice(0).length, 1)
  })

  it('is refused for what is no table, or has no name', async () => {
    await tables.createTable('t')
    const invalid = { code: 'OTSParameterInvalid' }
    await assert.rejects(api.create('none', 'n', 'Stream'), invalid)
    await assert.rejects(api.list('none'), invalid)
    await assert.rejects(api.describe('none', 'n'), invalid)
    for (const name of ['', 'a/b', 'x'.repeat(256)])
      await assert.rejects(api.create('t', name, 'BaseData'), invalid)
    for (const id of ['', '../x', 'x'.repeat(200)]) await assert.rejects(api.connect(id), invalid)
  })
})

describe('a checkpoint', () => {
  it('is refused when it is not newer than the last, and is there after a restart, when clients are not', async () => {
    await tables.createTable('t', {}, streaming)
    const id = await api.create('t', 'n', 'Stream')
    for (const row of [1, 2]) await tables.putRow('t', row, {})
    const { client, channel } = await holding(id)
    const start = await api.getCheckpoint(id, client, channel)
    assert.equal(start.sequence_number, 0n)
    const { next_token: next } = await api.read(id, client, channel, start.checkpoint)
    for (const stale of [0n, -1n])
      await assert.rejects(api.checkpoint(id, client, channel, next, stale), {
        code: 'OTSSequenceNumberNotMatch',
      })
    await api.checkpoint(id, client, channel, next, 1n)
    await assert.rejects(api.checkpoint(id, client, channel, start.checkpoint, 1n), {
      code: 'OTSSequenceNumberNotMatch',
    })
    await restart(tables.clock)
    await assert.rejects(api.read(id, client, channel, next), { code: 'OTSResourceGone' })
    await assert.rejects(api.checkpoint(id, client, channel, next, 2n), { code: 'OTSResourceGone' })
    const again = await holding(id)
    assert.equal(again.channel, channel)
    assert.deepEqual(await api.getCheckpoint(id, again.client, channel), {
      checkpoint: next,
      sequence_number: 1n,
    })
    await tables.putRow('t', 3, {})
    await api.shutdown(id, again.client)
    assert.equal(await readAll(id), ' | 3')
  })

  it('is only of who has the channel, and is a place in it', async () => {
    await tables.createTable('t', {}, streaming)
    await tables.createTable('other', {}, streaming)
    const [id, base, other] = [
      await api.create('t', 'n', 'Stream'),
      await api.create('t', 'base', 'BaseData'),
      await api.create('other', 'n', 'Stream'),
    ]
    const mine = await holding(id)
    const idle = await api.connect(id)
    assert.deepEqual(await api.heartbeat(id, idle, []), [])
    const { checkpoint } = await api.getCheckpoint(id, mine.client, mine.channel)
    const gone = { code: 'OTSResourceGone' }
    await assert.rejects(api.checkpoint(id, idle, mine.channel, checkpoint, 1n), gone)
    await assert.rejects(api.read(id, idle, mine.channel, checkpoint), gone)
    await assert.rejects(api.getCheckpoint(id, 'nobody', mine.channel), gone)

    const [ofBase, ofOther] = [await holding(base), await holding(other)]
    const baseStart = (await api.getCheckpoint(base, ofBase.client, ofBase.channel)).checkpoint
    const otherStart = (await api.getCheckpoint(other, ofOther.client, ofOther.channel)).checkpoint
    const invalid = { code: 'OTSParameterInvalid' }
    for (const token of ['', 'x', '%%', baseStart, otherStart, 'A'.repeat(9000), FINISHED]) {
      await assert.rejects(api.checkpoint(id, mine.client, mine.channel, token, 1n), invalid)
      if (token !== FINISHED) await assert.rejects(api.read(id, mine.client, mine.channel, token), invalid)
    }
    await assert.rejects(api.checkpoint(base, ofBase.client, ofBase.channel, checkpoint, 1n), invalid)
    await assert.rejects(api.checkpoint(id, mine.client, ofBase.channel, checkpoint, 1n), invalid)
  })
})

describe('a tunnel that is read too late', () => {
  const expired = { code: 'OTSTunnelExpired' }
  const isExpired = async (name: string) => (await api.describe('t', name)).tunnel.expired

  it('is expired when a change is gone that it had not read, and others are not', async () => {
    await tables.createTable('t', {}, streaming)
    const [late, inTime] = [
      await api.create('t', 'late', 'Stream'),
      await api.create('t', 'inTime', 'Stream'),
    ]
    const idle = await api.create('t', 'both', 'BaseAndStream')
    await tables.putRow('t', 1, {})
    assert.equal(await readAll(inTime), ' | 1')
    const held = await holding(late)
    const { checkpoint } = await api.getCheckpoint(late, held.client, held.channel)
    tables.clock.advance(DAY_MS)
    await sweepTables(tables)
    assert.deepEqual([await isExpired('late'), await isExpired('inTime')], [false, false])
    const again = await holding(late)
    tables.clock.advance(1)
    await sweepTables(tables)
    assert.deepEqual(
      [await isExpired('late'), await isExpired('inTime'), await isExpired('both')],
      [true, false, true],
    )
    await assert.rejects(api.connect(late), expired)
    await assert.rejects(api.heartbeat(late, again.client, []), expired)
    await assert.rejects(api.read(late, again.client, again.channel, checkpoint), expired)
    await assert.rejects(api.checkpoint(late, again.client, again.channel, checkpoint, 9n), expired)
    await tables.putRow('t', 2, {})
    assert.equal(await readAll(inTime), ' | 2')
    // Rows can still be read, and then no more.
    await assert.rejects(readAll(idle), expired)
    assert.equal((await api.describe('t', 'both')).tunnel.stage, 'ProcessStream')
  })

  it('says so instead of leaving out what is removed while it reads', async () => {
    await tables.createTable('t', {}, streaming)
    const id = await api.create('t', 'n', 'Stream')
    await tables.putRow('t', 1, {})
    const { clock } = tables
    clock.advance(DAY_MS + 1)
    await tables.putRow('t', 2, {})
    const scan: RowStore['scan'] = async (table, range) => {
      // The sweeper, between the look at the tunnel and the look at its changes.
      if (isSwept) {
        isSwept = false
        await sweepTables({ records, rows, clock })
      }
      return rows.scan(table, range)
    }
    let isSwept = false
    await tables.stop()
    tables = await runningTables({ records, rows: { ...rows, scan }, clock })
    const { client, channel } = await holding(id)
    const { checkpoint } = await api.getCheckpoint(id, client, channel)
    isSwept = true
    await assert.rejects(api.read(id, client, channel, checkpoint), expired)
  })

  it('is expired when the stream is turned off, also when another is turned on', async () => {
    await tables.createTable('t', {}, streaming)
    const id = await api.create('t', 'n', 'Stream')
    for (const enable_stream of [false, true]) {
      await tables.call('UpdateTable', updateTableRequest, updateTableResponse, {
        table_name: 't',
        stream_spec: { enable_stream, columns_to_get: [] },
      })
      assert.equal(await isExpired('n'), true)
      await assert.rejects(api.connect(id), expired)
    }
    await api.remove('t', 'n')
  })
})
