import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryStreamStore } from '../../drivers/memory/streams.ts'
import { randomIds } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import { identity as openIdentity } from '../../products/identity/identity.ts'
import { trailProduct } from '../../products/trail/product.ts'
import { openTrail } from '../../products/trail/trail.ts'
import { serverOptions } from '../../wire/http-server.ts'
import { rpcHandler } from '../../wire/rpc/rpc-server.ts'
import { run } from '../run.ts'
import { scriptedTerminal } from '../testing/scripted-terminal.ts'

const accountId = '1234567890123456'

async function session(t: TestContext) {
  const { clock } = scriptedTerminal()
  const [ids, log, region] = [randomIds, silentLogger, 'cn-hangzhou']
  const identity = await openIdentity({ records: memoryRecordStore(), clock, accountId })
  const streams = memoryStreamStore()
  const place = { accountId, region, rootAccessKeyId: identity.root.accessKeyId }
  const trail = openTrail({ streams, clock, log, place })
  const product = trailProduct({ streams, trail, access: identity, lookup: identity, region, clock, ids })
  const handle = rpcHandler(product, log, trail.observe)
  const server = createServer(serverOptions, (request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return async (words: string[], secret = identity.root.accessKeySecret) => {
    const terminal = scriptedTerminal({
      environment: {
        HANSHU_DATA: '/no/such/folder',
        HANSHU_ACTIONTRAIL_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        HANSHU_ACCESS_KEY_ID: identity.root.accessKeyId,
        HANSHU_ACCESS_KEY_SECRET: secret,
      },
    })
    const exitCode = await run(['audit', ...words], terminal)
    return { exitCode, output: terminal.output(), notes: terminal.notes() }
  }
}

test('calls are shown, newest first, by conditions and up to a limit', async (t) => {
  const hanshu = await session(t)
  assert.match((await hanshu([])).output, /^TIME +WHO +SERVICE +OPERATION/)
  for (let at = 0; at < 60; at++) await hanshu(['--limit', '1'])
  const all = await hanshu([
    '--limit',
    '1000',
    '--output',
    'json',
    '--user',
    'root',
    '--event',
    'LookupEvents',
  ])
  assert.equal(all.exitCode, 0, all.notes)
  const events = JSON.parse(all.output)
  assert.ok(events.length >= 61)
  assert.equal(events[0].userIdentity.userName, 'root')
  const [, row = ''] = (await hanshu(['--limit', '1'])).output.split('\n')
  assert.match(row, /^\d{4}-\S+ +root +Actiontrail +LookupEvents +127\.0\.0\.1 +\S+$/)
  assert.equal((await hanshu(['--writes', '--output', 'json'])).output, '[]\n')
  const future = await hanshu(['--since', '2020-01-01T00:00:00Z', '--output', 'json', '--limit', '3'])
  assert.equal(JSON.parse(future.output).length, 3)
})

test('what cannot be asked, or may not be, is said', async (t) => {
  const hanshu = await session(t)
  assert.equal((await hanshu(['--user', 'a', '--event', 'b', '--writes'])).exitCode, 2)
  assert.equal((await hanshu(['--since', 'then'])).exitCode, 2)
  const forged = await hanshu([], 'wrong')
  assert.equal(forged.exitCode, 1)
  assert.match(forged.notes, /SignatureDoesNotMatch/)
})
