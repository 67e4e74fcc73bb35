import { after } from 'node:test'
import { rowStoreContract } from '../../ports/rows.contract.ts'
import type { RowStore } from '../../ports/rows.ts'
import { sqliteRowStore } from './rows.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const files = new WeakMap<RowStore, string>()
async function open(file: string): Promise<RowStore> {
  const store = await sqliteRowStore({ file })
  files.set(store, file)
  return store
}

rowStoreContract('sqlite', () => open(newPath('rows.db')), {
  async reopen(store) {
    await store.close()
    return open(files.get(store)!)
  },
})
