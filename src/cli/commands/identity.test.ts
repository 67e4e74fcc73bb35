import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import { administrationProduct } from '../../products/identity/administration/product.ts'
import { type Identity, identity as openIdentity } from '../../products/identity/identity.ts'
import { requestHandler } from '../../wire/product-server.ts'
import { run } from '../run.ts'
import { scriptedTerminal } from '../testing/scripted-terminal.ts'

/** The time of a scripted terminal. */
const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'))
const accountId = '1234567890123456'
let identity: Identity
const server = createServer((request, response) => {
  const product = administrationProduct({ identity, clock, ids: randomIds })
  void requestHandler(product, silentLogger)(request, response)
})
before(async () => {
  identity = await openIdentity({ records: memoryRecordStore(), clock, accountId })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
after(() => void server.close().closeAllConnections())

async function hanshu(
  words: string[],
  keys: { accessKeyId: string; accessKeySecret: string } = identity.root,
) {
  const terminal = scriptedTerminal({
    environment: {
      HANSHU_DATA: '/no/such/folder',
      HANSHU_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      HANSHU_ACCOUNT_ID: accountId,
      HANSHU_ACCESS_KEY_ID: keys.accessKeyId,
      HANSHU_ACCESS_KEY_SECRET: keys.accessKeySecret,
    },
  })
  const exitCode = await run(['identity', ...words], terminal)
  return { exitCode, output: terminal.output(), notes: terminal.notes() }
}

test('users, keys and roles are made, shown and removed by the key of the account', async () => {
  const policies = '{"policies": [{"policyType": "System", "policyName": "AdministratorAccess"}]}'
  const made = await hanshu(['put', 'users/ann', policies])
  assert.equal(made.exitCode, 0, made.notes)
  assert.equal(JSON.parse(made.output).arn, `acs:ram::${accountId}:user/ann`)
  const key = JSON.parse((await hanshu(['post', 'users/ann/access-keys'])).output)
  assert.equal(identity.secretOf(key.accessKeyId, undefined).is, 'known')
  const shown = await hanshu(['get', 'users/ann'])
  assert.ok(shown.output.includes(key.accessKeyId) && !shown.output.includes(key.accessKeySecret))
  const refused = await hanshu(['get', 'users'], key)
  assert.equal(refused.exitCode, 1)
  assert.match(refused.notes, /AccessDenied/)
  assert.match((await hanshu(['delete', 'users/ann'])).output, /deleted: users\/ann/)
  assert.match((await hanshu(['get', 'users/ann'])).notes, /EntityNotExist\.User/)
})

test('what cannot be meant is refused before anything is asked', async () => {
  for (const words of [['patch', 'users/ann'], ['put', 'users/ann', '{'], ['get']]) {
    assert.equal((await hanshu(words)).exitCode, 2, words.join(' '))
  }
})
