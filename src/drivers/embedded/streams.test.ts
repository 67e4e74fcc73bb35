import { after } from 'node:test'
import { streamStoreContract } from '../../ports/streams.contract.ts'
import type { StreamStore } from '../../ports/streams.ts'
import { sqliteStreamStore } from './streams.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const files = new WeakMap<StreamStore, string>()
async function open(file: string): Promise<StreamStore> {
  const store = await sqliteStreamStore({ file })
  files.set(store, file)
  return store
}

streamStoreContract('sqlite', () => open(newPath('streams.db')), {
  async reopen(store) {
    await store.close()
    return open(files.get(store)!)
  },
})
