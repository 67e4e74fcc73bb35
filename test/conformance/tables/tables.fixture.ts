/** The vendor's SDK for Node.js against a running platform, and a look at refusals as it shows them. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'

const require = createRequire(import.meta.url)
export const TableStore: Sdk = require('tablestore')

/** 64-bit integers, as the SDK has them. */
export const long = (value: number): Sdk => TableStore.Long.fromNumber(value)

export interface TablesBed {
  platform: Platform
  client: Sdk
}

export const tablesClient = ({ endpoints, accessKeyId, accessKeySecret }: Platform, more: object = {}): Sdk =>
  new TableStore.Client({
    accessKeyId,
    secretAccessKey: accessKeySecret,
    endpoint: endpoints.ots,
    instancename: 'conformance',
    maxRetries: 0,
    ...more,
  })

/** One platform for all tests of a file. */
export function sharedTables(): TablesBed {
  const bed = {} as TablesBed
  before(async () => {
    bed.platform = await startPlatform({ sandbox: 'process' })
    bed.client = tablesClient(bed.platform)
  })
  after(async () => {
    const defects = bed.platform
      ?.log()
      .split('\n')
      .filter((line) => /a defect of ours/.test(line))
    await bed.platform?.remove()
    assert.deepEqual(defects, [], 'a request must never look like a defect of the platform')
  })
  return bed
}

/**
 * The SDK does not decode errors: it hands over the status and the bytes of the message as text, in which a length of
 * more than 127 is no longer what it was.
 */
export async function assertRefused(
  promise: Promise<unknown>,
  status: number,
  code: string,
  message?: string | RegExp,
): Promise<void> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (thrown: Sdk) => thrown,
  )
  const match = /^\n.(\w+)\x12(?:[^\x80-\uffff]|[\x80-\uffff].)(.*) requestId:[0-9a-f-]{36}$/s.exec(
    error.message,
  )
  assert.ok(match, String(error.stack))
  const [, refusedWith, text = ''] = match
  assert.deepEqual([error.code, refusedWith], [status, code], text)
  if (typeof message === 'string') assert.equal(text, message)
  else if (message) assert.match(text, message)
}

let tablesMade = 0

/** A new table; its name. */
export async function newTable(
  { client }: TablesBed,
  primaryKey: object[] = [{ name: 'id', type: 'INTEGER' }],
  options: object = {},
  more: object = {},
): Promise<string> {
  const tableName = `t${++tablesMade}`
  await client.createTable({
    tableMeta: { tableName, primaryKey },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 1, ...options },
    ...more,
  })
  return tableName
}

export const ignore = (): Sdk => new TableStore.Condition(TableStore.RowExistenceExpectation.IGNORE, null)
export const expectExist = (filter: Sdk = null): Sdk =>
  new TableStore.Condition(TableStore.RowExistenceExpectation.EXPECT_EXIST, filter)
export const expectNotExist = (): Sdk =>
  new TableStore.Condition(TableStore.RowExistenceExpectation.EXPECT_NOT_EXIST, null)

/** Columns by name, newest version only; 64-bit integers as numbers. */
export const columnsOf = (row: Sdk): Record<string, unknown> =>
  Object.fromEntries(
    (row?.attributes ?? [])
      .toReversed()
      .map(({ columnName, columnValue }: Sdk) => [columnName, plain(columnValue)]),
  )

export const keyOf = (row: Sdk): unknown[] => row.primaryKey.map(({ value }: Sdk) => plain(value))

export const plain = (value: Sdk): unknown =>
  typeof value?.toNumber === 'function' && !Buffer.isBuffer(value) ? value.toNumber() : value
