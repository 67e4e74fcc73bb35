import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { searchIndexContract } from '../../ports/search-index.contract.ts'
import { type SearchIndexStore, SearchOverload, SearchTookTooLong } from '../../ports/search-index.ts'
import { sqliteSearchIndexes } from './search-index.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const files = new WeakMap<SearchIndexStore, string>()
async function open(file: string): Promise<SearchIndexStore> {
  const store = sqliteSearchIndexes({ file })
  files.set(store, file)
  return store
}

searchIndexContract('sqlite', () => open(newPath('search.db')), {
  async reopen(store) {
    await store.close()
    return open(files.get(store)!)
  },
})

test('a search that takes too long ends, and the next one is answered', async () => {
  const store = sqliteSearchIndexes({ file: newPath('search.db'), timeMs: -1 })
  const documents = Array.from({ length: 600 }, (_, n) => ({
    put: { key: Buffer.from(`${n}`), fields: [{ name: 'n', values: [n] }], children: [] },
  }))
  await store.write('i', documents)
  await assert.rejects(store.count('i', { is: 'exists', field: 'n' }), SearchTookTooLong)
  assert.equal(await store.noteOf('i'), undefined)
  await store.close()
})

test('a store that nobody has used makes no file', async () => {
  const file = newPath('search.db')
  const store = sqliteSearchIndexes({ file })
  assert.deepEqual(await store.indexes(), [])
  await store.close()
  assert.equal(existsSync(file), false)
})

test('more searches than may wait are refused', async () => {
  const store = sqliteSearchIndexes({ file: newPath('search.db'), waitingMax: 1 })
  await store.write('i', [])
  const first = store.count('i', { is: 'all' })
  await assert.rejects(store.count('i', { is: 'all' }), SearchOverload)
  assert.equal(await first, 0)
  await store.close()
})

test('a file of version 1, which kept no words, is emptied, so that it is filled anew', async () => {
  const file = newPath('search.db')
  const first = sqliteSearchIndexes({ file })
  const put = { key: Buffer.from('a'), fields: [{ name: 't', words: ['x'] }], children: [] }
  await first.write('i', [{ put }], 'filled')
  await first.close()
  const database = new DatabaseSync(file)
  database.exec(`DROP TABLE words1; PRAGMA user_version = 1;
    CREATE VIRTUAL TABLE words1 USING fts5(words, content = '', contentless_delete = 1, tokenize = 'ascii')`)
  database.close()

  const store = sqliteSearchIndexes({ file })
  await store.write('other', [])
  assert.deepEqual(await store.indexes(), ['other'])
  assert.equal(await store.noteOf('i'), undefined)
  await store.write('i', [{ put }], 'filled')
  const isX = { is: 'words', field: 't', phrases: [{ words: ['x'] }], atLeast: 1 } as const
  assert.equal(await store.count('i', isX), 1)
  await store.close()
})
