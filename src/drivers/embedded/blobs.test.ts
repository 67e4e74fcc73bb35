import assert from 'node:assert/strict'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { blobStoreContract } from '../../ports/blobs.contract.ts'
import { BlobCorrupt, type BlobStore } from '../../ports/blobs.ts'
import { fileBlobStore } from './blobs.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const folders = new WeakMap<BlobStore, string>()
async function openStore(dir: string): Promise<BlobStore> {
  const store = await fileBlobStore({ dir })
  folders.set(store, dir)
  return store
}

const openFile = (store: BlobStore, blobId: string) =>
  open(join(folders.get(store)!, blobId.slice(0, 2), blobId), 'r+')

async function corrupt(store: BlobStore, blobId: string, where: number): Promise<void> {
  await using file = await openFile(store, blobId)
  const { size } = await file.stat()
  const position = Math.floor(size * where)
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, position)
  byte[0]! ^= 1 << (position % 8)
  await file.write(byte, 0, 1, position)
}

blobStoreContract('files', () => openStore(newPath('blobs')), {
  corrupt,
  async reopen(store) {
    await store.close()
    return openStore(folders.get(store)!)
  },
})

test('a write that fails leaves no file behind, not even an unfinished one', async () => {
  const store = await openStore(newPath('blobs'))
  async function* cutOff() {
    yield Buffer.alloc(200_000)
    throw new Error('connection reset')
  }
  await assert.rejects(store.write(cutOff()), /connection reset/)
  assert.deepEqual(await readdir(join(folders.get(store)!, 'unfinished')), [])
  await store.close()
})

test('what a crash left half-written is removed when the store is opened', async () => {
  const dir = newPath('blobs')
  await mkdir(join(dir, 'unfinished'), { recursive: true })
  await writeFile(join(dir, 'unfinished', 'torn'), 'half a bl')
  const store = await openStore(dir)
  assert.deepEqual(await Readable.from(store.list()).toArray(), [])
  assert.deepEqual(await readdir(join(dir, 'unfinished')), [])
  await store.close()
})

test('a blob that was cut short is corrupt, to a reader and to stat, at any length', async () => {
  const store = await openStore(newPath('blobs'))
  const { blobId } = await store.write(
    (async function* () {
      yield Buffer.alloc(100_000, 'a')
    })(),
  )
  const file = await openFile(store, blobId)
  for (let { size } = await file.stat(); size > 0; size = Math.floor(size * 0.8)) {
    await file.truncate(size - 1)
    await assert.rejects(store.read(blobId), BlobCorrupt)
    await assert.rejects(store.stat(blobId), BlobCorrupt)
  }
  await file.close()
  await store.close()
})
