import assert from 'node:assert/strict'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { blobStoreContract } from '../../ports/blobs.contract.ts'
import { BlobCorrupt, NoSuchBlob } from '../../ports/blobs.ts'
import { foldersFor } from './blob-copies.ts'
import { type FileBlobStore, replicatedBlobStore } from './blobs.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

interface Opened {
  dirs: string[]
  replicas: number
}
const made = new WeakMap<object, Opened>()

async function openStore({ dirs, replicas }: Opened): Promise<FileBlobStore> {
  const store = await replicatedBlobStore({
    folders: dirs.map((dir, at) => ({ id: `folder-${at}`, dir })),
    replicas,
  })
  made.set(store, { dirs, replicas })
  return store
}
const newStore = (folders: number, replicas: number): Promise<FileBlobStore> =>
  openStore({ dirs: Array.from({ length: folders }, () => newPath('disk')), replicas })

const pathIn = (dir: string, blobId: string): string => join(dir, blobId.slice(0, 2), blobId)

/** Files of a blob, in the order of the folders. */
async function copiesOf(store: FileBlobStore, blobId: string): Promise<string[]> {
  const files = made.get(store)!.dirs.map((dir) => pathIn(dir, blobId))
  const there = await Promise.all(files.map((file) => stat(file).then(() => true, () => false))) // biome-ignore format: one line
  return files.filter((_, at) => there[at])
}

async function flipBit(path: string, where: number): Promise<void> {
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  const position = Math.floor(size * where)
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, position)
  byte[0]! ^= 1 << (position % 8)
  await file.write(byte, 0, 1, position)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
const bytesOf = (sizeBytes: number): Buffer => Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31) ^ (at >> 7))) // biome-ignore format: one line
const write = async (store: FileBlobStore, bytes: Uint8Array): Promise<string> =>
  (await store.write(once(bytes))).blobId
const read = async (store: FileBlobStore, blobId: string): Promise<Buffer> =>
  Buffer.concat(await (await store.read(blobId)).toArray())

blobStoreContract('files, two copies in three folders', () => newStore(3, 2), {
  async corrupt(store, blobId, where) {
    for (const copy of await copiesOf(store as FileBlobStore, blobId)) await flipBit(copy, where)
  },
  async reopen(store) {
    await store.close()
    return openStore(made.get(store)!)
  },
})

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('with a copy that is whole every read gives the right bytes; with none, right ones or a refusal', async () => {
  const store = await newStore(3, 3)
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 300_000 })),
      fc.array(fc.record({ copy: fc.nat({ max: 2 }), where: place }), { maxLength: 6 }),
      place,
      place,
      async (sizeBytes, flips, from, to) => {
        const content = bytesOf(sizeBytes)
        const blobId = await write(store, content)
        const copies = await copiesOf(store, blobId)
        for (const { copy, where } of flips) await flipBit(copies[copy]!, where)
        const isOneWhole = new Set(flips.map(({ copy }) => copy)).size < 3
        const [start, end] = [from, to].map((at) => Math.floor(at * sizeBytes)).sort((a, b) => a - b) as [number, number] // biome-ignore format: one line
        for (const range of [
          { start: 0, end: sizeBytes },
          { start, end },
        ]) {
          const wanted = content.subarray(range.start, range.end)
          let handedOut = 0
          try {
            for await (const piece of await store.read(blobId, range)) {
              assert.ok(wanted.subarray(handedOut, handedOut + piece.length).equals(piece), 'a wrong byte')
              handedOut += piece.length
            }
            assert.equal(handedOut, wanted.length)
          } catch (error) {
            if (!(error instanceof BlobCorrupt) || isOneWhole) throw error
          }
        }
        if (isOneWhole) {
          assert.equal((await store.mend(blobId)).outcome, 'whole')
          const files = await Promise.all(copies.map((copy) => readFile(copy)))
          for (const file of files) assert.ok(file.equals(files[0]!) && file.subarray(0, sizeBytes).equals(content)) // biome-ignore format: one line
        }
        await store.remove(blobId)
        assert.deepEqual(await copiesOf(store, blobId), [])
      },
    ),
    { numRuns: 40 },
  )
  await store.close()
})

describe('a store with copies', () => {
  test('writes as many as it is told, spread over the folders, and always to the same ones', async () => {
    const store = await newStore(3, 2)
    const blobIds = await Promise.all(Array.from({ length: 60 }, () => write(store, Buffer.from('x'))))
    const { dirs } = made.get(store)!
    const folders = dirs.map((dir, at) => ({ id: `folder-${at}`, dir }) as never)
    const counts = new Map<string, number>()
    for (const blobId of blobIds) {
      const wanted = foldersFor(blobId, folders).slice(0, 2)
      const copies = await copiesOf(store, blobId)
      assert.deepEqual(copies.sort(), wanted.map(({ dir }) => pathIn(dir, blobId)).sort())
      for (const { dir } of wanted) counts.set(dir, (counts.get(dir) ?? 0) + 1)
      // One folder more, or less, changes nothing between the others.
      const fewer = foldersFor(blobId, folders.slice(1))
      assert.deepEqual(fewer, foldersFor(blobId, folders).filter((folder) => folder !== folders[0])) // biome-ignore format: one line
    }
    for (const dir of dirs) assert.ok(counts.get(dir)! > 10, 'each folder has its share')
    await store.close()
  })

  test('mends in the background what a reader found damaged or missing', async () => {
    const store = await newStore(2, 2)
    const content = bytesOf(150_000)
    for (const harm of [(copy: string) => flipBit(copy, 0.7), (copy: string) => rm(copy)]) {
      const blobId = await write(store, content)
      const { dirs } = made.get(store)!
      const [first] = foldersFor(blobId, dirs.map((dir, at) => ({ id: `folder-${at}`, dir }) as never)) // biome-ignore format: one line
      await harm(pathIn(first!.dir, blobId))
      assert.ok((await read(store, blobId)).equals(content))
      await store.mend('00-waits-for-those-that-came-before')
      const files = await Promise.all((await copiesOf(store, blobId)).map((copy) => readFile(copy)))
      assert.equal(files.length, 2)
      assert.ok(files[0]!.equals(files[1]!))
    }
    await store.close()
  })

  test('puts together what is damaged in different places of all copies', async () => {
    const store = await newStore(2, 2)
    const content = bytesOf(200_000)
    const blobId = await write(store, content)
    const [one, other] = await copiesOf(store, blobId)
    await flipBit(one!, 0.1)
    await flipBit(other!, 0.9)
    assert.ok((await read(store, blobId)).equals(content))
    await store.close()
  })

  test('says what is lost, and leaves it as it is', async () => {
    const store = await newStore(2, 2)
    const blobId = await write(store, bytesOf(1000))
    const copies = await copiesOf(store, blobId)
    for (const copy of copies) await flipBit(copy, 0)
    const before = await Promise.all(copies.map((copy) => readFile(copy)))
    const { outcome, damaged } = await store.mend(blobId)
    assert.deepEqual([outcome, damaged], ['lost', 2])
    await assert.rejects(store.read(blobId), BlobCorrupt)
    assert.deepEqual(await Promise.all(copies.map((copy) => readFile(copy))), before)
    await store.remove(blobId)
    await assert.rejects(store.read(blobId), NoSuchBlob)
    await store.close()
  })

  test('brings blobs to a folder that is new, and takes away what is one copy too many', async () => {
    const two = await newStore(2, 2)
    const content = bytesOf(70_000)
    const blobIds = await Promise.all(Array.from({ length: 20 }, () => write(two, content)))
    await two.close()
    const three = await openStore({ dirs: [...made.get(two)!.dirs, newPath('disk')], replicas: 2 })
    let written = 0
    let removed = 0
    for (const blobId of blobIds) {
      const mended = await three.mend(blobId)
      assert.equal(mended.outcome, 'whole')
      written += mended.written
      removed += mended.removed
      assert.equal((await copiesOf(three, blobId)).length, 2)
      assert.ok((await read(three, blobId)).equals(content))
    }
    assert.equal(written, removed)
    assert.ok(written > 0)
    await three.close()
  })

  test('takes a blob elsewhere when a folder cannot be written, and refuses when too few can', async () => {
    const store = await newStore(3, 2)
    const { dirs } = made.get(store)!
    // As a disk that is gone: nothing can be made in it. (Root may write what is read-only.)
    await rename(dirs[0]!, `${dirs[0]}-gone`)
    for (let n = 0; n < 10; n++) {
      const blobId = await write(store, bytesOf(1000))
      assert.equal((await copiesOf(store, blobId)).length, 2)
    }
    await rename(dirs[1]!, `${dirs[1]}-gone`)
    await assert.rejects(write(store, bytesOf(1000)), { code: 'ENOENT' })
    assert.deepEqual(await readdir(join(dirs[2]!, 'unfinished')), [])
    const left = await Readable.from(store.list()).toArray()
    assert.equal(left.length, 10)
    await rename(`${dirs[0]}-gone`, dirs[0]!)
    assert.equal((await copiesOf(store, await write(store, bytesOf(10)))).length, 2)
    await store.close()
  })

  test('does not bring back what is removed while it is mended', async () => {
    const store = await newStore(2, 2)
    const blobId = await write(store, bytesOf(500_000))
    await rm((await copiesOf(store, blobId))[1]!)
    const mended = store.mend(blobId)
    await store.remove(blobId)
    await mended
    assert.deepEqual(await copiesOf(store, blobId), [])
    await store.close()
  })

  test('keeps on the disk what is removed while removals are held back', async () => {
    const store = await newStore(2, 2)
    const kept = await write(store, bytesOf(10))
    const removed = await write(store, bytesOf(10))
    const letGo = store.holdRemovals()
    const letGoToo = store.holdRemovals()
    await store.remove(removed)
    await assert.rejects(store.read(removed), NoSuchBlob)
    assert.equal(await store.stat(removed), undefined)
    assert.deepEqual(await Readable.from(store.list()).toArray(), [kept])
    const source = await store.open(removed)
    assert.equal(source?.content.sizeBytes, 10)
    await source?.close()
    await letGo()
    await letGo()
    assert.equal((await copiesOf(store, removed)).length, 2)
    await letGoToo()
    assert.deepEqual(await copiesOf(store, removed), [])
    await store.close()
  })

  test('reads a blob that an older release wrote, in one folder, and makes its copies', async () => {
    const one = await newStore(1, 1)
    const blobId = await write(one, bytesOf(100))
    await one.close()
    const [dir] = made.get(one)!.dirs
    const store = await openStore({ dirs: [dir!, newPath('disk')], replicas: 2 })
    assert.ok((await read(store, blobId)).equals(bytesOf(100)))
    await store.mend(blobId)
    assert.equal((await copiesOf(store, blobId)).length, 2)
    await store.close()
  })
})
