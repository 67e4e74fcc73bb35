/** Disks that are full or cannot be written: real ones, small file systems in memory, which only root may mount. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { fileBlobStore, replicatedBlobStore } from './blobs.ts'
import { sqliteRecordStore } from './records.ts'
import { sqliteStreamStore } from './streams.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
const mounted: string[] = []
after(async () => {
  for (const disk of mounted) execFileSync('umount', [disk])
  await remove()
})

/** Undefined where this user may not mount. */
function smallDisk(): string | undefined {
  const disk = newPath('disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'hanshu-test', disk], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  mounted.push(disk)
  return disk
}
const mayMount = smallDisk() !== undefined
const options = mayMount ? {} : { skip: 'this user may not mount a file system' }

/** Takes all the room that is left. */
function fill(disk: string): void {
  for (let sizeBytes = 1024 * 1024; sizeBytes >= 512; sizeBytes /= 2) {
    for (let file = 0; ; file++) {
      try {
        writeFileSync(join(disk, `filler-${sizeBytes}-${file}`), Buffer.alloc(sizeBytes))
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
        break
      }
    }
  }
}

function empty(disk: string): void {
  for (const name of readdirSync(disk)) if (name.startsWith('filler-')) rmSync(join(disk, name))
}

const noSpace = (error: unknown) => (error as { code?: string }).code === 'ENOSPC'
const large = 'x'.repeat(300_000)

test(
  'records: a full disk fails the commit whole, and the store works again when there is room',
  options,
  async () => {
    const disk = smallDisk()!
    const file = join(disk, 'records.db')
    let store = await sqliteRecordStore({ file })
    await store.commit([{ put: 'before', value: 1 }])
    fill(disk)

    await assert.rejects(store.commit([{ put: 'small', value: 1 }, { put: 'large', value: large }]), noSpace) // biome-ignore format: one line
    const together = await Promise.allSettled([
      store.commit([{ put: 'large', value: large }]),
      store.commit([{ put: 'x', value: 1, expect: 'present' }]),
    ])
    assert.deepEqual(
      together.map(
        (outcome) => outcome.status === 'rejected' && (outcome.reason.code ?? outcome.reason.name),
      ),
      ['ENOSPC', 'VersionConflict'],
    )
    assert.equal((await store.list({ prefix: '', limit: 10 })).length, 1)

    empty(disk)
    await store.commit([{ put: 'large', value: large }])
    await store.close()
    store = await sqliteRecordStore({ file })
    const keys = (await store.list({ prefix: '', limit: 10 })).map(({ key }) => key)
    assert.deepEqual(keys, ['before', 'large'])
    await store.close()
  },
)

test('streams: a full disk fails the append whole, and numbering has no gap', options, async () => {
  const disk = smallDisk()!
  const store = await sqliteStreamStore({ file: join(disk, 'streams.db') })
  assert.equal(await store.append('s', [Buffer.from('a')]), 1)
  fill(disk)
  await assert.rejects(store.append('s', [Buffer.from('b'), Buffer.from(large)]), noSpace)
  assert.deepEqual(await store.stat('s'), { first: 1, last: 1, sizeBytes: 1 })
  empty(disk)
  assert.equal(await store.append('s', [Buffer.from(large)]), 2)
  await store.close()
})

test(
  'blobs: a full disk fails the write, leaves nothing, and the store works again when there is room',
  options,
  async () => {
    const disk = smallDisk()!
    const dir = join(disk, 'blobs')
    const store = await fileBlobStore({ dir })
    const write = () =>
      store.write(
        (async function* () {
          for (let piece = 0; piece < 10; piece++) yield Buffer.alloc(50_000)
        })(),
      )
    fill(disk)
    await assert.rejects(write(), noSpace)
    assert.deepEqual(readdirSync(join(dir, 'unfinished')), [])
    for await (const blobId of store.list()) assert.fail(`${blobId} was left behind`)
    empty(disk)
    assert.equal((await write()).sizeBytes, 500_000)
    await store.close()
  },
)

test(
  'copies: with one disk full a blob goes to the others, or is refused and leaves nothing',
  options,
  async () => {
    const disk = smallDisk()!
    const dirs = [join(disk, 'blobs'), newPath('blobs'), newPath('blobs')]
    const folders = dirs.map((dir, at) => ({ id: String(at), dir }))
    const filesIn = (dir: string) =>
      readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    const pieces = async function* () {
      for (let piece = 0; piece < 10; piece++) yield Buffer.alloc(50_000, piece)
    }
    const whole = Buffer.concat(await Readable.from(pieces()).toArray())

    // Two of three folders have room for two copies.
    const two = await replicatedBlobStore({ folders, replicas: 2 })
    fill(disk)
    for (let n = 0; n < 6; n++) {
      const { blobId } = await two.write(pieces())
      assert.ok(Buffer.concat(await (await two.read(blobId)).toArray()).equals(whole))
      assert.equal((await two.mend(blobId)).outcome, 'whole')
      await two.remove(blobId)
    }
    await two.close()

    const three = await replicatedBlobStore({ folders, replicas: 3 })
    const before = dirs.map((dir) => filesIn(dir).length)
    await assert.rejects(three.write(pieces()), noSpace)
    assert.deepEqual(
      dirs.map((dir) => filesIn(dir).length),
      before,
    )
    assert.deepEqual(await Readable.from(three.list()).toArray(), [])
    empty(disk)
    const { blobId } = await three.write(pieces())
    // A copy that is lost while there is no room for it: the blob is short of one, and read all the same.
    rmSync(join(dirs[0]!, blobId.slice(0, 2), blobId))
    fill(disk)
    assert.equal((await three.mend(blobId)).outcome, 'short')
    assert.ok(Buffer.concat(await (await three.read(blobId)).toArray()).equals(whole))
    empty(disk)
    assert.equal((await three.mend(blobId)).outcome, 'whole')
    assert.equal(dirs.flatMap(filesIn).length, 3)
    await three.close()
  },
)

test('a disk that is read-only refuses to be written, and can be read', options, async () => {
  const disk = smallDisk()!
  const file = join(disk, 'records.db')
  await (await sqliteRecordStore({ file })).close()
  const blobs = await fileBlobStore({ dir: join(disk, 'blobs') })
  const { blobId } = await blobs.write(
    (async function* () {
      yield Buffer.from('kept')
    })(),
  )
  execFileSync('mount', ['-o', 'remount,ro', disk])
  await assert.rejects(sqliteRecordStore({ file }), { code: 'EROFS' })
  await assert.rejects(blobs.write((async function* () {})()), { code: 'EROFS' })
  assert.equal((await (await blobs.read(blobId)).toArray()).join(''), 'kept')
  await blobs.close()
})

test('a folder that does not exist is an error of opening', async () => {
  const file = join(newPath('missing'), 'records.db')
  await assert.rejects(sqliteRecordStore({ file }), { code: 'ENOENT' })
})

test('a file that is no database, or of a newer release, is refused and left as it is', async () => {
  const noDatabase = newPath('records.db')
  writeFileSync(noDatabase, 'x'.repeat(10_000))
  await assert.rejects(sqliteRecordStore({ file: noDatabase }), { code: 'ECORRUPT' })

  const newer = newPath('records.db')
  await (await sqliteRecordStore({ file: newer })).close()
  const database = new DatabaseSync(newer)
  database.exec('PRAGMA user_version = 9')
  database.close()
  await assert.rejects(
    sqliteRecordStore({ file: newer }),
    /has version 9; this release knows versions up to 1/,
  )
})

test('a commit fails when another process holds the lock for too long, and reads go on', async () => {
  const file = newPath('records.db')
  const store = await sqliteRecordStore({ file, lockWaitMs: 10 })
  await store.commit([{ put: 'a', value: 1 }])
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.commit([{ put: 'b', value: 1 }]), { code: 'EBUSY' })
  assert.equal((await store.get('a'))?.value, 1)
  other.exec('ROLLBACK')
  other.close()
  await store.commit([{ put: 'b', value: 1 }])
  await store.close()
})
