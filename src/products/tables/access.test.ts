import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryRowStore } from '../../drivers/memory/rows.ts'
import type { AccessRequest } from '../../wire/access.ts'
import type { RequestHead } from '../../wire/product-server.ts'
import { requestConditions } from './access.ts'
import { nothing } from './messages/common.ts'
import {
  batchGetRowRequest,
  batchWriteRowRequest,
  deleteRowRequest,
  getRangeRequest,
  getRowRequest,
  putRowRequest,
  startLocalTransactionRequest,
  startLocalTransactionResponse,
  transactionRequest,
  updateRowRequest,
} from './messages/rows.ts'
import {
  computeSplitsRequest,
  createSearchIndexRequest,
  listSearchIndexRequest,
  parallelScanRequest,
  searchIndexRequest,
  searchRequest,
  updateSearchIndexRequest,
} from './messages/search.ts'
import {
  describeStreamRequest,
  getShardIteratorRequest,
  getStreamRecordRequest,
  listStreamRequest,
} from './messages/streams.ts'
import {
  addDefinedColumnRequest,
  computeSplitPointsBySizeRequest,
  createIndexRequest,
  createTableRequest,
  deleteDefinedColumnRequest,
  dropIndexRequest,
  tableNameRequest,
  updateTableRequest,
} from './messages/tables.ts'
import {
  checkpointRequest,
  connectRequest,
  createTunnelRequest,
  getCheckpointRequest,
  heartbeatRequest,
  listTunnelRequest,
  readRecordsRequest,
  scheduleRequest,
  shutdownRequest,
  tunnelNameRequest,
} from './messages/tunnels.ts'
import { operations } from './operations/index.ts'
import { notBuilt } from './operations/not-built.ts'
import { type RunningTables, region, root, rowOf, runningTables } from './tables.testing.ts'

const words = 'You have no permission to access the requested resource, please contact the resource owner.'
const columns = { columns_to_get: [] }
const condition = { row_existence: 0 as const }
const key = rowOf(1)
const index = {
  name: 'i',
  primary_key: ['id'],
  defined_column: [],
  index_update_mode: 0 as const,
  index_type: 0 as const,
}
const meta = (table_name: string) => ({ table_name, primary_key: [], defined_column: [], index_meta: [] })
const throughput = { capacity_unit: {} }
const range = { direction: 0 as const, inclusive_start_primary_key: key, exclusive_end_primary_key: key }
const inBatch = (table_name: string) => ({
  table_name,
  rows: [{ type: 1 as const, row_change: key, condition }],
})
const wanted = (table_name: string) => ({ table_name, primary_key: [key], token: [], ...columns })

/** By operation: a request, and the tables that have to be asked about. */
const requests: Record<string, [Uint8Array, ...string[]]> = {
  CreateTable: [
    createTableRequest.encode({
      table_meta: meta('t'),
      reserved_throughput: throughput,
      partitions: [],
      index_metas: [],
    }),
    't',
  ],
  ListTable: [nothing.encode({}), '*'],
  DescribeTable: [tableNameRequest.encode({ table_name: 't' }), 't'],
  UpdateTable: [updateTableRequest.encode({ table_name: 't' }), 't'],
  DeleteTable: [tableNameRequest.encode({ table_name: 't' }), 't'],
  AddDefinedColumn: [addDefinedColumnRequest.encode({ table_name: 't', columns: [] }), 't'],
  DeleteDefinedColumn: [deleteDefinedColumnRequest.encode({ table_name: 't', columns: [] }), 't'],
  CreateIndex: [createIndexRequest.encode({ main_table_name: 't', index_meta: index }), 't'],
  DropIndex: [dropIndexRequest.encode({ main_table_name: 't', index_name: 'i' }), 't'],
  GetRow: [getRowRequest.encode({ table_name: 't', primary_key: key, ...columns }), 't'],
  PutRow: [putRowRequest.encode({ table_name: 't', row: key, condition }), 't'],
  UpdateRow: [updateRowRequest.encode({ table_name: 't', row_change: key, condition }), 't'],
  DeleteRow: [deleteRowRequest.encode({ table_name: 't', primary_key: key, condition }), 't'],
  BatchGetRow: [batchGetRowRequest.encode({ tables: [wanted('a'), wanted('b')] }), 'a', 'b'],
  BatchWriteRow: [batchWriteRowRequest.encode({ tables: [inBatch('a'), inBatch('b')] }), 'a', 'b'],
  GetRange: [getRangeRequest.encode({ table_name: 't', ...range, ...columns }), 't'],
  ComputeSplitPointsBySize: [
    computeSplitPointsBySizeRequest.encode({ table_name: 't', split_size: 1n }),
    't',
  ],
  StartLocalTransaction: [startLocalTransactionRequest.encode({ table_name: 't', key }), 't'],
  ListStream: [listStreamRequest.encode({}), '*'],
  DescribeStream: [describeStreamRequest.encode({ stream_id: 'my_table_21' }), 'my_table'],
  GetShardIterator: [getShardIteratorRequest.encode({ stream_id: 't_21', shard_id: '21' }), 't'],
  CreateSearchIndex: [createSearchIndexRequest.encode({ table_name: 't', index_name: 'i' }), 't'],
  UpdateSearchIndex: [updateSearchIndexRequest.encode({ table_name: 't', index_name: 'i' }), 't'],
  DeleteSearchIndex: [searchIndexRequest.encode({ table_name: 't', index_name: 'i' }), 't'],
  DescribeSearchIndex: [searchIndexRequest.encode({ table_name: 't', index_name: 'i' }), 't'],
  ListSearchIndex: [listSearchIndexRequest.encode({}), '*'],
  Search: [
    searchRequest.encode({
      table_name: 't',
      index_name: 'i',
      search_query: new Uint8Array(0),
      routing_values: [],
    }),
    't',
  ],
  ComputeSplits: [computeSplitsRequest.encode({ table_name: 't' }), 't'],
  ParallelScan: [parallelScanRequest.encode({ table_name: 't', index_name: 'i', scan_query: {} }), 't'],
  GetStreamRecord: [getStreamRecordRequest.encode({ shard_iterator: 't_21/00' }), 't'],
}

const tunnel = { tunnel_id: 'x' }
const ofClient = { ...tunnel, client_id: 'c' }
const ofChannel = { ...ofClient, channel_id: 'h' }
const named = { table_name: 'a', tunnel_name: 'n' }

/** Of tunnels, by operation: where it is, a request, and the action that has to be asked about. */
const tunnelRequests: Record<string, [path: string, Uint8Array, action: string]> = {
  CreateTunnel: [
    'create',
    createTunnelRequest.encode({ tunnel: { ...named, tunnel_type: 1 } }),
    'CreateTunnel',
  ],
  DeleteTunnel: ['delete', tunnelNameRequest.encode(named), 'DeleteTunnel'],
  ListTunnel: ['list', listTunnelRequest.encode({ table_name: 'a' }), 'ListTunnel'],
  DescribeTunnel: ['describe', tunnelNameRequest.encode(named), 'DescribeTunnel'],
  Connect: ['connect', connectRequest.encode(tunnel), 'ConsumeTunnel'],
  Heartbeat: ['heartbeat', heartbeatRequest.encode({ ...ofClient, channels: [] }), 'ConsumeTunnel'],
  Schedule: ['schedule', scheduleRequest.encode({ ...tunnel, channels: [] }), 'ConsumeTunnel'],
  Shutdown: ['shutdown', shutdownRequest.encode(ofClient), 'ConsumeTunnel'],
  GetCheckpoint: ['getcheckpoint', getCheckpointRequest.encode(ofChannel), 'ConsumeTunnel'],
  ReadRecords: ['readrecords', readRecordsRequest.encode({ ...ofChannel, token: 't' }), 'ConsumeTunnel'],
  Checkpoint: [
    'checkpoint',
    checkpointRequest.encode({ ...ofChannel, checkpoint: 't', sequence_number: 1n }),
    'ConsumeTunnel',
  ],
}

describe('a caller who may not do everything in Table Store', () => {
  const headers = { 'x-ots-ststoken': 'ann' }
  const asked: AccessRequest[] = []
  let allowed: (request: AccessRequest) => boolean
  let tables: RunningTables
  before(async () => {
    tables = await runningTables({
      records: memoryRecordStore(),
      rows: memoryRowStore(),
      access: {
        mayDo(_, request) {
          asked.push(request)
          return allowed(request)
        },
      },
    })
    await tables.createTable('a')
    await tables.createTable('b')
  })
  after(async () => {
    await tables.stop()
    assert.deepEqual(tables.defects, [])
  })
  beforeEach(() => {
    asked.length = 0
    allowed = () => true
  })

  const arn = (table: string, instance = 'inst') =>
    `acs:ots:${region}:1234567890123456:instance/${instance}/table/${table}`
  const questions = () => asked.map(({ action, resource }) => [action, resource])

  it('is asked about each operation and each table, and refused before anybody looks for the table', async () => {
    const built = operations.filter((operation) => !notBuilt.includes(operation)).map(({ name }) => name)
    const ofTransactions = ['CommitTransaction', 'AbortTransaction']
    assert.deepEqual(
      [...built].sort(),
      [...Object.keys(requests), ...Object.keys(tunnelRequests), ...ofTransactions].sort(),
    )
    for (const [operation, [body, ...names]] of Object.entries(requests)) {
      asked.length = 0
      const last = arn(names.at(-1)!)
      allowed = ({ resource }) => resource !== last
      const answer = await tables.send({ operation, body, headers })
      assert.deepEqual(
        [answer.status, answer.error?.code, answer.error?.message, answer.isSigned],
        [403, 'OTSNoPermissionAccess', words, true],
        operation,
      )
      assert.deepEqual(
        questions(),
        names.map((name) => [`ots:${operation}`, arn(name)]),
      )
    }
    assert.deepEqual(Object.keys((await tables.getRow('a', 1)) ?? {}), [], 'nothing of a batch was written')
  })

  it('is asked about the instance for tunnels, and refused before anybody looks for a table or tunnel', async () => {
    const instance = `acs:ots:${region}:1234567890123456:instance/inst`
    for (const [operation, [path, body, action]] of Object.entries(tunnelRequests)) {
      asked.length = 0
      // Also with every right on every table.
      allowed = ({ resource }) => resource.startsWith(`${instance}/`)
      const refused = await tables.send({ operation: `tunnel/${path}`, body, headers })
      assert.deepEqual(
        [refused.status, refused.error?.code, refused.isSigned],
        [403, 'OTSPermissionDenied', true],
        operation,
      )
      assert.deepEqual(questions(), [[`ots:${action}`, instance]])
      allowed = ({ resource }) => resource === instance
      const answer = await tables.send({ operation: `tunnel/${path}`, body, headers })
      assert.notEqual(answer.error?.code, 'OTSPermissionDenied')
    }
  })

  it('may do what is allowed; the account is not asked about', async () => {
    const put = (id: number, token: Record<string, string>) =>
      tables.send({
        operation: 'PutRow',
        body: putRowRequest.encode({ table_name: 'a', row: rowOf(id), condition }),
        headers: token,
      })
    assert.equal((await put(21, {})).status, 200)
    assert.deepEqual(asked, [])
    assert.equal((await put(22, headers)).status, 200)
    assert.deepEqual(questions(), [['ots:PutRow', arn('a')]])
    const body = listStreamRequest.encode({ table_name: 'a' })
    assert.equal((await tables.send({ operation: 'ListStream', body, headers })).status, 200)
    assert.deepEqual(questions().at(-1), ['ots:ListStream', arn('a')])
  })

  it('ends only transactions of tables of the instance that it may end', async () => {
    const start = async (id: number) => {
      const content = { table_name: 'a', key: rowOf(id) }
      const started = startLocalTransactionRequest.encode(content)
      const { body } = await tables.send({ operation: 'StartLocalTransaction', body: started })
      return transactionRequest.encode(startLocalTransactionResponse.decode(body))
    }
    for (const [id, operation] of ['CommitTransaction', 'AbortTransaction'].entries()) {
      const body = await start(100 + id)
      asked.length = 0
      allowed = () => false
      const refused = await tables.send({ operation, body, headers })
      assert.equal(refused.error?.code, 'OTSNoPermissionAccess')
      assert.deepEqual(questions(), [[`ots:${operation}`, arn('a')]])
      allowed = () => true
      const elsewhere = await tables.send({ operation, body, headers, instance: 'other' })
      assert.equal(elsewhere.error?.code, 'OTSSessionNotExist')
      assert.equal((await tables.send({ operation, body, headers })).status, 200)
    }
  })

  it('is told what is wrong with a batch before any of it is asked about, as there is a bound on tables', async () => {
    const many = Array.from({ length: 201 }, (_, at) => `t${at}`)
    for (const [operation, body] of [
      ['BatchGetRow', batchGetRowRequest.encode({ tables: [] })],
      [
        'BatchGetRow',
        batchGetRowRequest.encode({ tables: many.map((name) => ({ ...wanted(name), primary_key: [] })) }),
      ],
      ['BatchWriteRow', batchWriteRowRequest.encode({ tables: [] })],
      [
        'BatchWriteRow',
        batchWriteRowRequest.encode({ tables: many.map((name) => ({ table_name: name, rows: [] })) }),
      ],
      ['BatchWriteRow', batchWriteRowRequest.encode({ tables: [inBatch('a'), inBatch('a')] })],
    ] as const) {
      const answer = await tables.send({ operation, body, headers })
      assert.equal(answer.error?.code, 'OTSParameterInvalid')
    }
    assert.deepEqual(asked, [])
  })

  it('is asked about an instance in small letters, whichever it writes, and finds the same tables', async () => {
    const body = tableNameRequest.encode({ table_name: 'a' })
    const answer = await tables.send({ operation: 'DescribeTable', body, headers, instance: 'InsT' })
    assert.equal(answer.status, 200)
    assert.deepEqual(questions(), [['ots:DescribeTable', arn('a')]])
  })

  it('is known by address, key and encryption to the conditions of policies', async () => {
    const body = updateTableRequest.encode({ table_name: 'a' })
    await tables.send({ operation: 'UpdateTable', body, headers })
    assert.deepEqual(asked[0]!.conditions?.(), {
      'acs:SourceIp': '127.0.0.1',
      'acs:SecureTransport': 'false',
      'ots:AccessId': root.accessKeyId,
      'ots:IsFromTrustProxy': 'false',
      'ots:TLSVersion': undefined,
      'ots:EncryptionRequired': 'false',
    })
    const socket = { encrypted: true, getProtocol: () => 'TLSv1.3' }
    const head = { message: { socket } } as unknown as RequestHead
    assert.deepEqual(requestConditions(head, 'k')['ots:TLSVersion'], ['TLSv1.3', '1.3'])
  })
})
