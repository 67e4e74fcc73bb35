import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { readTar } from '../../lib/tar.ts'
import { BlobCorrupt } from '../../ports/blobs.ts'
import { fileBlobStore, replicatedBlobStore } from './blobs.ts'
import { sqliteRecordStore } from './records.ts'
import { sqliteRowStore } from './rows.ts'
import { manifestFile, takeSnapshot } from './snapshot.ts'
import { SqliteWritingThread } from './sqlite-writing-thread.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function world() {
  const dataDir = newPath('data')
  await mkdir(join(dataDir, 'metering'), { recursive: true })
  await writeFile(join(dataDir, 'format'), '2\n')
  const thread = new SqliteWritingThread()
  const records = await sqliteRecordStore({ file: join(dataDir, 'records.db'), thread })
  const rows = await sqliteRowStore({ file: join(dataDir, 'rows.db'), thread })
  const dirs = [join(dataDir, 'blobs/objects'), newPath('disk')]
  const blobs = await replicatedBlobStore({
    folders: dirs.map((dir, at) => ({ id: String(at), dir })),
    replicas: 2,
  })
  const take = () =>
    takeSnapshot({
      dataDir,
      thread,
      databases: ['records.db', 'rows.db'],
      journal: 'metering',
      blobs: { 'blobs/objects': blobs },
      nowMs: 1_000_000,
      facts: { version: '1' },
    })
  const close = async () => {
    for (const store of [records, rows, blobs]) await store.close()
  }
  return { dataDir, records, rows, blobs, dirs, take, close }
}

async function extract(archive: Readable) {
  const dir = newPath('restored')
  const names: string[] = []
  for await (const { name, content } of readTar(archive)) {
    names.push(name)
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), content)
  }
  return { dir, names, manifest: JSON.parse(await readFile(join(dir, manifestFile), 'utf8')) }
}

test('is of one moment: databases that fit together, and every blob that they name, while all is written', async () => {
  const { dataDir, records, rows, blobs, take, close } = await world()
  const ROWS_TABLE = 'turns'
  let isOver = false
  let turn = 0
  const writer = (async () => {
    for (; !isOver; turn++) {
      const { blobId } = await blobs.write(once(Buffer.alloc(20_000, turn)))
      const old = await records.get<{ blobId: string }>('newest')
      await records.commit([{ put: 'newest', value: { blobId, turn } }])
      await rows.commit([{ table: ROWS_TABLE, put: Buffer.from('newest'), data: Buffer.from(String(turn)) }])
      if (old) await blobs.remove(old.value.blobId)
    }
  })()
  while (turn < 3) await new Promise(setImmediate)
  const before = turn
  const { archive, ended } = await take()
  const atMoment = turn
  // The reader is slow: what the snapshot names would be long gone.
  while (turn < atMoment + 5) await new Promise(setImmediate)
  const { dir, manifest, names } = await extract(archive)
  isOver = true
  await writer
  await ended
  assert.deepEqual(names.slice(-2), ['snapshot.json', 'format'])
  assert.equal(manifest.files, names.length - 2)
  assert.deepEqual(manifest.damagedBlobs, [])

  const thread = new SqliteWritingThread()
  const restored = await sqliteRecordStore({ file: join(dir, 'records.db'), thread })
  const restoredRows = await sqliteRowStore({ file: join(dir, 'rows.db'), thread })
  const restoredBlobs = await fileBlobStore({ dir: join(dir, 'blobs/objects') })
  const { blobId, turn: seen } = (await restored.get<{ blobId: string; turn: number }>('newest'))!.value
  assert.ok(before - 1 <= seen && seen <= atMoment, `${before} ${seen} ${atMoment}`)
  const row = await restoredRows.get(ROWS_TABLE, Buffer.from('newest'))
  const rowTurn = Number(Buffer.from(row!.data).toString())
  assert.ok(rowTurn === seen || rowTurn === seen - 1, `${rowTurn} ${seen}`)
  const content = Buffer.concat(await (await restoredBlobs.read(blobId)).toArray())
  assert.ok(content.equals(Buffer.alloc(20_000, seen)))
  for (const store of [restored, restoredRows, restoredBlobs]) await store.close()

  // Nothing is held any more, and nothing is left.
  const left = (await readdir(join(dataDir, 'blobs/objects'), { recursive: true })).filter(
    (name) => name.length > 30,
  )
  assert.equal(left.length, 1)
  assert.ok(!(await readdir(dataDir)).includes('snapshot'))
  await close()
})

test('lets go of everything when its reader goes away, before or after the first byte', async () => {
  const { dataDir, blobs, records, take, close } = await world()
  await records.commit([{ put: 'a', value: 1 }])
  for (const begin of [
    async () => {},
    async (archive: Readable) => void (await archive.iterator({ destroyOnReturn: false }).next()),
  ]) {
    // biome-ignore format: one line
    const { blobId } = await blobs.write(once(Buffer.alloc(10)))
    const { archive, ended } = await take()
    assert.ok((await readdir(dataDir)).includes('snapshot'))
    await blobs.remove(blobId)
    await begin(archive)
    archive.destroy()
    await ended
    assert.equal(await blobs.open(blobId), undefined)
    assert.ok(!(await readdir(dataDir)).includes('snapshot'))
  }
  await close()
})

test('takes each blob from what is whole of its copies, and says which are damaged', async () => {
  const { blobs, dirs, take, close } = await world()
  const bytes = Buffer.alloc(100_000, 'x')
  const { blobId: half } = await blobs.write(once(bytes))
  const { blobId: lost } = await blobs.write(once(bytes))
  const damage = async (dir: string, blobId: string, at: number) => {
    const path = join(dir, blobId.slice(0, 2), blobId)
    const file = await readFile(path)
    file[at]! ^= 1
    await writeFile(path, file)
  }
  await damage(dirs[0]!, half, 10)
  await damage(dirs[1]!, half, 90_000)
  for (const dir of dirs) await damage(dir, lost, 90_000)
  const { archive, ended } = await take()
  const { dir, manifest } = await extract(archive)
  await ended
  assert.deepEqual(manifest.damagedBlobs, [lost])
  const restored = await fileBlobStore({ dir: join(dir, 'blobs/objects') })
  assert.ok(Buffer.concat(await (await restored.read(half)).toArray()).equals(bytes))
  const start = await (await restored.read(lost, { start: 0, end: 1000 })).toArray()
  assert.ok(Buffer.concat(start).equals(bytes.subarray(0, 1000)))
  await assert.rejects(restored.read(lost, { start: 80_000, end: 90_000 }), BlobCorrupt)
  await restored.close()
  await close()
})

test('has files that others keep in the folder, and nothing that ends with the process', async () => {
  const { dataDir, take, close } = await world()
  await mkdir(join(dataDir, 'authority/deep'), { recursive: true })
  await writeFile(join(dataDir, 'authority/deep/key.pem'), 'secret')
  await writeFile(join(dataDir, 'folder.json'), '{}')
  await writeFile(join(dataDir, 'metering', '0000000000000000.journal'), 'entries')
  await mkdir(join(dataDir, 'run'))
  for (const name of ['run/x', 'lock', 'owner', 'ready.json', 'scrub.json'])
    await writeFile(join(dataDir, name), 'x')
  const { archive, ended } = await take()
  const { names, dir } = await extract(archive)
  await ended
  assert.deepEqual(names, ['records.db', 'rows.db', 'metering/0000000000000000.journal', 'authority/deep/key.pem', 'folder.json', 'snapshot.json', 'format']) // biome-ignore format: one line
  assert.equal(await readFile(join(dir, 'authority/deep/key.pem'), 'utf8'), 'secret')
  assert.equal((await stat(join(dir, 'metering/0000000000000000.journal'))).size, 7)
  await close()
})
