/** The store on Table Store, by the official SDK, against a running platform. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Platform, startPlatform } from '../../../test/platform.fixture.ts'
import { otsClient } from '../store/ots.ts'
import { storeContract } from '../store/store.contract.ts'
import { type DispatchStore, StoreUnavailable } from '../store/store.ts'
import { tableStore } from '../store/table-store.ts'
import { createTableRequest, tables } from '../store/tables.ts'

let platform: Platform
let store: DispatchStore

const clientAt = (endpoint: string) =>
  otsClient({
    endpoint,
    accessKeyId: platform.accessKeyId,
    accessKeySecret: platform.accessKeySecret,
    instance: 'dispatch',
  })

before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  const client = clientAt(platform.endpoints.ots)
  for (const table of tables) await client.createTable(createTableRequest(table))
  store = tableStore(() => client)
})

after(() => platform?.remove())

storeContract('on Table Store', () => store)

test('a store that does not answer is unavailable, for reads after some attempts', async () => {
  // Nothing listens at a port that is not given to programs.
  const gone = tableStore(() => clientAt('http://127.0.0.1:1'))
  await assert.rejects(gone.getOrder('s', 'o'), StoreUnavailable)
  await assert.rejects(gone.claim('k', 'v'), StoreUnavailable)
})
