/**
 * Some of the worlds of running/worlds.testing.ts on Table Store, by the official SDK: real concurrency of requests, with writes that fail and
 * answers that are lost on top. Several run at once, each in a shard of its own.
 */
import { after, before, test } from 'node:test'
import { type Platform, startPlatform } from '../../../test/platform.fixture.ts'
import { world } from '../running/worlds.testing.ts'
import type { MemoryStoreHooks } from '../store/memory.ts'
import { otsClient } from '../store/ots.ts'
import { type DispatchStore, StoreUnavailable } from '../store/store.ts'
import { tableStore } from '../store/table-store.ts'
import { createTableRequest, tables } from '../store/tables.ts'

const worlds = Number(process.env['DISPATCH_ROUNDS'] ?? 10)
const atATime = 4

let platform: Platform
let store: DispatchStore

before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  const { endpoints, accessKeyId, accessKeySecret } = platform
  const client = otsClient({ endpoint: endpoints.ots, accessKeyId, accessKeySecret, instance: 'dispatch' })
  for (const table of tables) await client.createTable(createTableRequest(table))
  store = tableStore(() => client)
})

after(() => platform?.remove())

/** With faults, and with word of each version that was written. */
function watched({ fault, wrote }: Required<MemoryStoreHooks>): DispatchStore {
  return new Proxy(store, {
    get(target, name: keyof DispatchStore) {
      const operation = target[name] as (...given: unknown[]) => Promise<unknown>
      return async (...given: unknown[]) => {
        const what = fault(name)
        if (what === 'fails') throw new StoreUnavailable(`${name} was not done`)
        const answer = await operation(...given)
        if ((name === 'createOrder' || name === 'replaceOrder') && answer === true)
          wrote(given[0] as Parameters<typeof wrote>[0])
        if (what === 'answer-lost') throw new StoreUnavailable(`the answer of ${name} was lost`)
        return answer
      }
    },
  })
}

test(`${worlds} worlds on Table Store: no order with two riders, none lost, none without an end`, async () => {
  let seed = 0
  const lane = async () => {
    while (seed < worlds) {
      const mine = ++seed
      await world(mine, watched).catch((error) => {
        throw new Error(`in world ${mine}`, { cause: error })
      })
    }
  }
  await Promise.all(Array.from({ length: atATime }, lane))
})
