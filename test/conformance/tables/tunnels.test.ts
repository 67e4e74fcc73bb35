/**
 * Tunnels of a running platform, by the vendor's messages as protobufjs reads them, with requests signed and rows read
 * by code of the test's own; the loop is that of the vendor's workers. No SDK with tunnels can be had for Node.js.
 */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import {
  assertRefused,
  columnsOf,
  expectExist,
  ignore,
  long,
  newTable,
  sharedTables,
  TableStore,
  tablesClient,
} from './tables.fixture.ts'

/** What the vendor's SDK itself is made with. */
const protobuf = createRequire(createRequire(import.meta.url).resolve('tablestore'))('protobufjs')
const messages: Sdk = protobuf.parse(readFileSync(new URL('tunnels.proto', import.meta.url), 'utf8'), {
  keepCase: true,
}).root

const paths: Record<string, string> = {
  CreateTunnel: 'create',
  DeleteTunnel: 'delete',
  ListTunnel: 'list',
  DescribeTunnel: 'describe',
  Connect: 'connect',
  Heartbeat: 'heartbeat',
  Shutdown: 'shutdown',
  GetCheckpoint: 'getcheckpoint',
  ReadRecords: 'readrecords',
  Checkpoint: 'checkpoint',
}

/** Numbers of 64 bits as texts, enumerations by name, bytes as Buffers. */
const asPlain = { longs: String, enums: String, bytes: Buffer, arrays: true }

interface Answered {
  status: number
  code?: string
  // biome-ignore lint/suspicious/noExplicitAny: a message by its name
  content: any
}

type Call = (operation: string, content: object) => Promise<Answered>

/** As the SDK for Go sends it, with the version of the API that tunnels have there. */
const tunnelClient =
  ({ endpoints, accessKeyId, accessKeySecret }: Platform, instance = 'conformance'): Call =>
  async (operation, content) => {
    const Request = messages.lookupType(`${operation}Request`)
    const body = Buffer.from(Request.encode(Request.fromObject(content)).finish())
    const path = `/tunnel/${paths[operation]}`
    const headers: Record<string, string> = {
      'x-ots-accesskeyid': accessKeyId,
      'x-ots-apiversion': '2018-04-01',
      'x-ots-contentmd5': createHash('md5').update(body).digest('base64'),
      'x-ots-date': new Date().toISOString(),
      'x-ots-instancename': instance,
      'x-ots-sdk-traceid': 'trace',
    }
    const listed = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
    const text = `${path}\nPOST\n\n${listed.sort().join('\n')}\n`
    headers['x-ots-signature'] = createHmac('sha1', accessKeySecret).update(text).digest('base64')
    const response = await fetch(`${endpoints.ots}${path}`, { method: 'POST', headers, body })
    const received = Buffer.from(await response.arrayBuffer())
    const Answer = messages.lookupType(response.ok ? `${operation}Response` : 'Error')
    const plain = Answer.toObject(Answer.decode(received), asPlain)
    return { status: response.status, content: plain, ...(response.ok ? {} : { code: plain.code }) }
  }

async function done(answer: Promise<Answered>): Promise<Answered['content']> {
  const { status, code, content } = await answer
  assert.equal(status, 200, `${code}: ${content.message}`)
  return content
}

async function refused(answer: Promise<Answered>, status: number, code: string): Promise<void> {
  const { status: was, code: with_ } = await answer
  assert.deepEqual([was, with_], [status, code])
}

interface Change {
  action: string
  id: number
  columns: Record<string, unknown>
  /** Undefined for a row. */
  sequence: { epoch: number; timestamp: bigint; rowIndex: number } | undefined
}

/** PlainBuffer by the tags of its grammar, as the vendor's SDKs go through it; sums are not compared. */
function changeOf({ action_type: action, record }: { action_type: string; record: Buffer }): Change {
  let at = 4
  assert.equal(record.readUInt32LE(0), 0x75)
  const take = (size: number): Buffer => {
    at += size
    return record.subarray(at - size, at)
  }
  const sized = (): Buffer => take(take(4).readUInt32LE())
  const cells = (): [string, unknown][] => {
    const found: [string, unknown][] = []
    while (record[at] === 0x03) {
      at++
      assert.equal(record[at++], 0x04)
      const name = sized().toString()
      let value: unknown
      if (record[at] === 0x05) {
        at++
        const encoded = sized()
        value = encoded[0] === 0 ? Number(encoded.readBigInt64LE(1)) : encoded.subarray(5).toString()
      }
      if (record[at] === 0x06) {
        at++
        value = { 1: 'deleteAll', 3: 'deleteOne' }[record[at++]!]
      }
      if (record[at] === 0x07) at += 9
      assert.equal(record[at++], 0x0a)
      at++
      found.push([name, value])
    }
    return found
  }
  assert.equal(record[at++], 0x01)
  const [[, id]] = cells() as [[string, number]]
  let columns: [string, unknown][] = []
  if (record[at] === 0x02) {
    at++
    columns = cells()
  }
  if (record[at] === 0x08) at++
  let sequence: Change['sequence']
  if (record[at] === 0x0b) {
    at += 5
    assert.equal(record[at], 0x0c)
    at += 5
    assert.deepEqual([record[at], record[at + 5], record[at + 14]], [0x0d, 0x0e, 0x0f])
    sequence = {
      epoch: record.readUInt32LE(at + 1),
      timestamp: record.readBigInt64LE(at + 6),
      rowIndex: record.readUInt32LE(at + 15),
    }
    at += 19
  }
  assert.equal(record[at], 0x09)
  assert.equal(at + 2, record.length)
  return { action, id, columns: Object.fromEntries(columns), sequence }
}

/** Whether clients would read with pauses: a token with an iterator is of a stream. */
function isOfStream(token: string): boolean {
  const Token = messages.lookupType('Token')
  const TokenContent = messages.lookupType('TokenContent')
  const { version, content } = Token.toObject(Token.decode(Buffer.from(token, 'base64')), asPlain)
  assert.equal(version, '1')
  return Boolean(TokenContent.toObject(TokenContent.decode(content), asPlain).iterator)
}

/** Connects, and does what a worker does until there is nothing more to read. Answers what it has read, in its order. */
async function work(call: Call, tunnelId: string): Promise<Change[]> {
  const read: Change[] = []
  const { client_id } = await done(call('Connect', { tunnel_id: tunnelId, client_config: { timeout: 30 } }))
  const mine = { tunnel_id: tunnelId, client_id }
  let channels: { channel_id: string; status: string }[] = []
  for (let idle = 0; idle < 2; idle++) {
    channels = (await done(call('Heartbeat', { ...mine, channels }))).channels
    for (const { channel_id, status } of channels) {
      if (status !== 'OPEN') continue
      const { checkpoint, sequence_number } = await done(call('GetCheckpoint', { ...mine, channel_id }))
      let token = checkpoint
      while (token !== 'finished') {
        const isStream = isOfStream(token)
        const page = await done(call('ReadRecords', { ...mine, channel_id, token }))
        const changes: Change[] = page.records.map(changeOf)
        assert.ok(changes.every(({ sequence }) => (sequence !== undefined) === isStream))
        read.push(...changes)
        token = page.next_token
        if (changes.length > 0 || token === 'finished') idle = -1
        if (!page.may_more_record) break
      }
      const next = { checkpoint: token, sequence_number: Number(sequence_number) + 1 }
      await done(call('Checkpoint', { ...mine, channel_id, ...next }))
    }
  }
  await done(call('Shutdown', mine))
  return read
}

describe('tunnels', () => {
  const bed = sharedTables()
  const key = (id: number) => [{ id: long(id) }]
  const put = (tableName: string, id: number, columns: Record<string, unknown>) =>
    bed.client.putRow({
      tableName,
      condition: ignore(),
      primaryKey: key(id),
      attributeColumns: Object.entries(columns).map(([name, value]) => ({ [name]: value })),
    })

  test('read a table, and then what is done to it, as the SDK for Node.js writes it', async () => {
    const call = tunnelClient(bed.platform)
    const tableName = await newTable(bed)
    for (let id = 0; id < 2500; id += 100)
      await bed.client.batchWriteRow({
        tables: [
          {
            tableName,
            rows: Array.from({ length: 100 }, (_, at) => ({
              type: 'PUT',
              condition: ignore(),
              primaryKey: key(id + at),
              attributeColumns: [{ n: long(id + at) }],
              returnContent: { returnType: 0 },
            })),
          },
        ],
      })
    const tunnel = { table_name: tableName, tunnel_name: 'all', tunnel_type: 'BaseAndStream' }
    const { tunnel_id: tunnelId } = await done(call('CreateTunnel', { tunnel }))
    await put(tableName, 1, { s: 'put' })
    await bed.client.updateRow({
      tableName,
      condition: ignore(),
      primaryKey: key(1),
      updateOfAttributeColumns: [
        { PUT: [{ t: 'updated' }] },
        { DELETE_ALL: ['s'] },
        { INCREMENT: [{ n: long(5) }] },
      ],
      returnContent: { returnType: TableStore.ReturnType.AfterModify, returnColumns: ['n'] },
    })
    await bed.client.deleteRow({ tableName, condition: expectExist(), primaryKey: key(2) })

    const read = await work(call, tunnelId)
    const rows = read.filter(({ sequence }) => !sequence)
    const changes = read.filter(({ sequence }) => sequence)
    assert.deepEqual(
      rows.map(({ id }) => id),
      Array.from({ length: 2500 }, (_, id) => id).filter((id) => id !== 2),
    )
    assert.deepEqual(rows[1], {
      action: 'PUT_ROW',
      id: 1,
      columns: { n: 5, t: 'updated' },
      sequence: undefined,
    })
    assert.deepEqual(
      changes.map(({ action, id, columns }) => [action, id, columns]),
      [
        ['PUT_ROW', 1, { s: 'put' }],
        ['UPDATE_ROW', 1, { n: 5, s: 'deleteAll', t: 'updated' }],
        ['DELETE_ROW', 2, {}],
      ],
    )
    const places = changes.map(({ sequence }) => [sequence!.timestamp, sequence!.rowIndex] as const)
    for (const [at, [time, rowIndex]] of places.entries()) {
      const [timeBefore, rowIndexBefore] = places[at - 1] ?? [0n, 0]
      assert.ok(time > timeBefore || (time === timeBefore && rowIndex > rowIndexBefore))
    }
    assert.deepEqual(await work(call, tunnelId), [])

    const named = { table_name: tableName, tunnel_name: 'all' }
    const described = await done(call('DescribeTunnel', named))
    assert.deepEqual(
      [described.tunnel.stage, described.tunnel.tunnel_type, described.tunnel.instance_name],
      ['ProcessStream', 'BaseAndStream', 'conformance'],
    )
    const { tunnels } = await done(call('ListTunnel', { table_name: tableName }))
    assert.deepEqual(
      tunnels.map(({ tunnel_id }: { tunnel_id: string }) => tunnel_id),
      [tunnelId],
    )
    await done(call('DeleteTunnel', named))
    await refused(call('Connect', { tunnel_id: tunnelId }), 400, 'OTSParameterInvalid')
    const { streamDetails } = await bed.client.describeTable({ tableName })
    assert.deepEqual([streamDetails.enableStream, streamDetails.expirationTime], [true, 168])
  })

  test('refuse with the codes that the vendor lists', async () => {
    const call = tunnelClient(bed.platform)
    const tableName = await newTable(bed)
    const tunnel = { table_name: tableName, tunnel_name: 'n', tunnel_type: 'Stream' }
    const { tunnel_id } = await done(call('CreateTunnel', { tunnel }))
    await refused(call('CreateTunnel', { tunnel }), 409, 'OTSTunnelExist')
    await refused(
      call('CreateTunnel', { tunnel: { ...tunnel, table_name: 'no' } }),
      400,
      'OTSParameterInvalid',
    )
    const far = tunnelClient(bed.platform, 'far')
    await refused(far('Connect', { tunnel_id }), 400, 'OTSParameterInvalid')
    const { client_id } = await done(call('Connect', { tunnel_id, client_config: { client_tag: 'host' } }))
    assert.match(client_id, /^host_/)
    const mine = { tunnel_id, client_id }
    const [{ channel_id }] = (await done(call('Heartbeat', mine))).channels
    const { checkpoint } = await done(call('GetCheckpoint', { ...mine, channel_id }))
    const noted = { ...mine, channel_id, checkpoint, sequence_number: 1 }
    await done(call('Checkpoint', noted))
    await refused(call('Checkpoint', noted), 400, 'OTSSequenceNumberNotMatch')
    await refused(call('Heartbeat', { ...mine, client_id: 'gone' }), 410, 'OTSResourceGone')
    await refused(call('ReadRecords', { ...mine, channel_id, token: 'x' }), 400, 'OTSParameterInvalid')
    await bed.client.deleteTable({ tableName })
    await refused(call('Heartbeat', mine), 400, 'OTSParameterInvalid')
    // The SDK for Node.js has no tunnels; of what it has, nothing is different.
    await assertRefused(
      bed.client.getRow({ tableName, primaryKey: key(1), maxVersions: 1 }),
      404,
      'OTSObjectNotExist',
    )
  })
})

test('a tunnel goes on at its last checkpoint after kill -9', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-conformance-'))
  let platform: Platform | undefined
  try {
    platform = await startPlatform({ sandbox: 'process', dataDir })
    const tableName = await newTable({ platform, client: tablesClient(platform) })
    const put = (id: number) =>
      tablesClient(platform!).putRow({
        tableName,
        condition: ignore(),
        primaryKey: [{ id: long(id) }],
        attributeColumns: [{ n: long(id) }],
      })
    const tunnel = { table_name: tableName, tunnel_name: 'n', tunnel_type: 'Stream' }
    const { tunnel_id } = await done(tunnelClient(platform)('CreateTunnel', { tunnel }))
    const ids = async () => (await work(tunnelClient(platform!), tunnel_id)).map(({ id }) => id)
    for (const id of [1, 2]) await put(id)
    assert.deepEqual(await ids(), [1, 2])
    await put(3)
    const { client_id } = await done(tunnelClient(platform)('Connect', { tunnel_id }))
    await platform.kill()
    platform = await startPlatform({ sandbox: 'process', dataDir })
    await refused(tunnelClient(platform)('Heartbeat', { tunnel_id, client_id }), 410, 'OTSResourceGone')
    await put(4)
    assert.deepEqual(await ids(), [3, 4])
    const { row } = await tablesClient(platform).getRow({
      tableName,
      primaryKey: [{ id: long(4) }],
      maxVersions: 1,
    })
    assert.deepEqual(columnsOf(row), { n: 4 })
  } finally {
    await platform?.remove()
    await rm(dataDir, { recursive: true, force: true })
  }
})
