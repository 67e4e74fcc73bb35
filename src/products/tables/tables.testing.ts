/** A running Table Store, and a plain client that signs what it is told to and looks at the signatures of answers. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { memorySearchIndexes } from '../../drivers/memory/search-index.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { PlainCell } from '../../lib/plain-buffer/cell.ts'
import { readPlainRow } from '../../lib/plain-buffer/read.ts'
import { bytesValue, decodeValue, type EncodedValue, integerValue } from '../../lib/plain-buffer/value.ts'
import { writePlainRows } from '../../lib/plain-buffer/write.ts'
import type { Message } from '../../lib/protobuf.ts'
import { otsSignature } from '../../lib/signing/ots.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { RowStore } from '../../ports/rows.ts'
import type { SearchIndexStore } from '../../ports/search-index.ts'
import type { AccessControl } from '../../wire/access.ts'
import { serverOptions } from '../../wire/http-server.ts'
import { requestHandler } from '../../wire/product-server.ts'
import { otsAuthorization } from '../../wire/signatures/ots.ts'
import type { Principal, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { errorMessage, nothing } from './messages/common.ts'
import { getRowRequest, getRowResponse, putRowRequest, writeRowResponse } from './messages/rows.ts'
import { createTableRequest } from './messages/tables.ts'
import { tablesProduct } from './tables-product.ts'

export const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
export const region = 'cn-hangzhou'
export const root = { accessKeyId: 'LTAIroot', accessKeySecret: 'rootsecret' }

/** Who has the token `ann`. */
export const ann: Principal = { is: 'user', userName: 'ann', userId: '21' }

const lookup: SecretLookup = {
  accountId: '1234567890123456',
  secretOf(accessKeyId, securityToken) {
    if (accessKeyId !== root.accessKeyId) return { is: 'unknownAccessKey' }
    if (securityToken === 'expired') return { is: 'expiredToken' }
    if (securityToken === 'forged') return { is: 'invalidToken' }
    const { accessKeySecret } = root
    const known = { is: 'known', accountId: lookup.accountId, accessKeySecret } as const
    if (securityToken === 'upload')
      return { ...known, allows: { to: 'putObjects', bucket: 'b', objectPrefix: 'p' } }
    const principal: Principal = securityToken === 'ann' ? ann : { is: 'account' }
    return { ...known, allows: { to: 'everything' }, principal }
  },
}

export interface Ask {
  operation: string
  body: Uint8Array
  method?: string
  instance?: string
  /** Added before signing; undefined takes one away. */
  headers?: Record<string, string | undefined>
  /** Added after signing. */
  differs?: Record<string, string>
}

export interface Answer {
  status: number
  body: Buffer
  /** False: nobody signed it. An answer that is signed wrongly fails the test. */
  isSigned: boolean
  error: { code: string; message?: string | undefined } | undefined
}

export async function runningTables({
  records,
  rows,
  searchIndexes = memorySearchIndexes(),
  access = { mayDo: () => false },
  tunnelPage,
  clock = new ManualClock(NOW_MS),
}: {
  records: RecordStore
  rows: RowStore
  searchIndexes?: SearchIndexStore
  /** What others than the account may do. */
  access?: Pick<AccessControl, 'mayDo'>
  tunnelPage?: { limit: number; bytesMax: number }
  clock?: ManualClock
}) {
  const defects: unknown[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (facts) => void defects.push(facts),
    child: () => log,
  }
  const product = tablesProduct({
    records,
    rows,
    searchIndexes,
    clock,
    ids: randomIds,
    lookup,
    access,
    region,
    ...(tunnelPage ? { tunnelPage } : {}),
  })
  const server = createServer(serverOptions, requestHandler(product, log))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const send = (wanted: Ask): Promise<Answer> => ask(port, clock.now(), wanted)

  async function call<Request, Response>(
    operation: string,
    request: Message<Request>,
    response: Message<Response>,
    content: Request,
  ): Promise<Response> {
    const answer = await send({ operation, body: request.encode(content) })
    if (answer.error) throw new Refused(answer.error.code, answer.error.message ?? '')
    assert.equal(answer.status, 200)
    return response.decode(answer.body)
  }

  return {
    port,
    clock,
    records,
    rows,
    send,
    call,
    /** What went wrong by a defect of ours. */
    defects,
    filling: product.filling,
    searching: product.searching,

    createTable: (
      tableName: string,
      options: Record<string, number> = {},
      more: Partial<Parameters<typeof createTableRequest.encode>[0]> = {},
    ) =>
      call('CreateTable', createTableRequest, nothing, {
        table_meta: {
          table_name: tableName,
          primary_key: [{ name: 'id', type: 1 }],
          defined_column: [],
          index_meta: [],
        },
        reserved_throughput: { capacity_unit: {} },
        table_options: { time_to_live: -1, max_versions: 1, ...options },
        partitions: [],
        index_metas: [],
        ...more,
      }),

    putRow: (
      tableName: string,
      id: number,
      columns: Record<string, string | number>,
      existence: 0 | 1 | 2 = 0,
    ) =>
      call('PutRow', putRowRequest, writeRowResponse, {
        table_name: tableName,
        row: rowOf(
          id,
          Object.entries(columns).map(([name, value]) => ({ name, value: encoded(value) })),
        ),
        condition: { row_existence: existence },
      }),

    /** Latest versions by name; undefined when there is no row. */
    async getRow(tableName: string, id: number): Promise<Record<string, string | number> | undefined> {
      const { row } = await call('GetRow', getRowRequest, getRowResponse, {
        table_name: tableName,
        primary_key: rowOf(id),
        columns_to_get: [],
        max_versions: 1,
      })
      if (row.length === 0) return undefined
      return Object.fromEntries(
        readPlainRow(row).attributes.map(({ name, value }) => [name, decoded(value!)]),
      )
    },

    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await product.filling.end()
      await product.searching.end()
    },
  }
}

export type RunningTables = Awaited<ReturnType<typeof runningTables>>

export class Refused extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export const rowOf = (id: number, attributes: PlainCell[] = [], deletesRow = false): Buffer =>
  writePlainRows([{ primaryKey: [{ name: 'id', value: integerValue(BigInt(id)) }], attributes, deletesRow }])

export const encoded = (value: string | number): EncodedValue =>
  typeof value === 'string' ? bytesValue('string', Buffer.from(value)) : integerValue(BigInt(value))

export function decoded(value: EncodedValue): string | number {
  const read = decodeValue(value)
  if (read.type === 'integer') return Number(read.value)
  assert.ok(read.type === 'string')
  return read.value.toString()
}

async function ask(
  port: number,
  nowMs: number,
  { operation, body, method = 'POST', instance = 'inst', headers = {}, differs = {} }: Ask,
): Promise<Answer> {
  const rawPath = `/${operation}`
  const all: Record<string, string | undefined> = {
    'x-ots-apiversion': '2015-12-31',
    'x-ots-accesskeyid': root.accessKeyId,
    'x-ots-contentmd5': createHash('md5').update(body).digest('base64'),
    'x-ots-date': new Date(nowMs).toISOString(),
    'x-ots-instancename': instance,
    ...headers,
  }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
  const signature = otsSignature({ method, rawPath, headers: given }, root.accessKeySecret)
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path: rawPath,
        headers: { ...given, 'x-ots-signature': signature, ...differs },
      },
      resolve,
    )
    sent.once('error', reject)
    sent.end(body)
  })
  const received = await buffer(message)
  const status = message.statusCode!
  return {
    status,
    body: received,
    isSigned: checkSignature(message, rawPath, received),
    error: status === 200 ? undefined : errorMessage.decode(received),
  }
}

function checkSignature({ headers }: IncomingMessage, rawPath: string, body: Buffer): boolean {
  const signed = Object.entries(headers).filter(([name]) => name.startsWith('x-ots-')) as [string, string][]
  assert.equal(headers['x-ots-contentmd5'], createHash('md5').update(body).digest('base64'))
  assert.match(String(headers['x-ots-date']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
  if (headers.authorization === undefined) return false
  const signer = { accessKeyId: root.accessKeyId, key: root.accessKeySecret }
  assert.equal(headers.authorization, otsAuthorization(Object.fromEntries(signed), rawPath, signer))
  return true
}
