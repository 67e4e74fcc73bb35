import { after } from 'node:test'
import { recordStoreContract } from '../../ports/records.contract.ts'
import type { RecordStore } from '../../ports/records.ts'
import { sqliteRecordStore } from './records.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const files = new WeakMap<RecordStore, string>()
async function open(file: string): Promise<RecordStore> {
  const store = await sqliteRecordStore({ file })
  files.set(store, file)
  return store
}

recordStoreContract('sqlite', () => open(newPath('records.db')), {
  async reopen(store) {
    await store.close()
    return open(files.get(store)!)
  },
})
