import assert from 'node:assert/strict'
import { open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { type FileBlobStore, replicatedBlobStore } from './blobs.ts'
import { startScrubber } from './scrubber.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const DAY_MS = 24 * 3_600_000

async function world({ blobs: count = 10, replicas = 2 } = {}) {
  const dirs = [newPath('disk'), newPath('disk')]
  const openStore = () =>
    replicatedBlobStore({ folders: dirs.map((dir, at) => ({ id: String(at), dir })), replicas })
  const store = await openStore()
  const written = await Promise.all(Array.from({ length: count }, (_, at) => store.write(once(Buffer.alloc(100 * 1024, at))))) // biome-ignore format: one line
  const clock = new ManualClock(1_000_000)
  const file = join(newPath('state'), 'scrub.json')
  const scrub = (options: { store?: FileBlobStore; layout?: string; bytesPerSecond?: number; isSpread?: boolean } = {}) =>
    startScrubber({ blobs: options.store ?? store, file, bytesPerSecond: 1e12, layout: 'a', isSpread: false, clock, log: silentLogger, ...options }) // biome-ignore format: one line
  return { dirs, store, clock, file, scrub, blobIds: written.map(({ blobId }) => blobId).sort() }
}
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
const pathIn = (dir: string, blobId: string): string => join(dir, blobId.slice(0, 2), blobId)
async function damage(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.write(Buffer.from('rot'), 0, 3, 10)
}

test('a round repairs what is damaged or missing, and lists what it cannot', async () => {
  const { dirs, store, clock, scrub, blobIds } = await world()
  const [one, two, three] = blobIds as [string, string, string]
  await damage(pathIn(dirs[0]!, one))
  await rm(pathIn(dirs[1]!, two))
  for (const dir of dirs) await damage(pathIn(dir, three))
  const scrubber = await scrub()
  assert.deepEqual(scrubber.state(), {})
  scrubber.scrubNow()
  await scrubber.idle()
  const { last, round } = scrubber.state()
  assert.equal(round, undefined)
  assert.deepEqual({ ...last, readBytes: 0 }, { startedMs: 1_000_000, endedMs: 1_000_000, blobs: 10, readBytes: 0, damaged: 3, written: 2, removed: 0, short: 0, lost: 1, lostBlobs: [three] }) // biome-ignore format: one line
  for (const blobId of [one, two]) {
    const [here, there] = await Promise.all(dirs.map((dir) => readFile(pathIn(dir, blobId))))
    assert.ok(here!.equals(there!))
  }
  // The next begins a day after this one did.
  clock.advance(DAY_MS - 1)
  assert.equal(scrubber.state().round, undefined)
  clock.advance(1)
  await scrubber.idle()
  assert.equal(scrubber.state().last?.startedMs, 1_000_000 + DAY_MS)
  assert.deepEqual(scrubber.state().last?.damaged, 2)
  await scrubber.close()
  await store.close()
  assert.equal(clock.pendingTimers, 0)
})

test('reads no faster than it may, and goes on where the last process was', async () => {
  const { store, clock, scrub, file } = await world({ blobs: 5 })
  // Each copy is 100 KiB: a piece of 64 KiB and one of 36.
  const first = await scrub({ bytesPerSecond: 100 * 1024 })
  first.scrubNow()
  for (let seconds = 0; seconds < 4; seconds++) {
    await settled(() => clock.pendingTimers > 0)
    assert.ok(first.state().round!.readBytes <= seconds * 100 * 1024)
    clock.advance(640)
    await settled(() => clock.pendingTimers > 0)
    clock.advance(360)
  }
  await settled(() => first.state().round!.blobs === 2)
  await first.close()
  const seen = JSON.parse(await readFile(file, 'utf8'))
  assert.equal(seen.round.blobs, 2)

  const second = await scrub()
  clock.advance(1000)
  await second.idle()
  assert.equal(second.state().last?.blobs, 5)
  assert.equal(second.state().last?.startedMs, seen.round.startedMs)
  await second.close()
  await store.close()
})

test('begins at once when there is a new folder, and fills it', async () => {
  const { dirs, store, clock, scrub, blobIds } = await world()
  await store.close()
  await rm(dirs[1]!, { recursive: true })
  const again = await replicatedBlobStore({
    folders: dirs.map((dir, at) => ({ id: String(at), dir })),
    replicas: 2,
  })
  const scrubber = await scrub({ store: again, isSpread: true, bytesPerSecond: 1 }) // no copy that is missing waits
  clock.advance(1000)
  await scrubber.idle()
  assert.deepEqual([scrubber.state().last?.written, scrubber.state().last?.blobs], [10, 10])
  const names = (await readdir(dirs[1]!, { recursive: true })).filter((name) => name.length > 30)
  assert.deepEqual(names.map((name) => name.slice(3)).sort(), blobIds)
  await scrubber.close()
  // Another layout is another round, also when the process that finds it ends before it begins.
  await (await scrub({ store: again, layout: 'b' })).close()
  const other = await scrub({ store: again, layout: 'b' })
  clock.advance(1000)
  await other.idle()
  assert.equal(other.state().last?.written, 0)
  assert.ok(other.state().last!.startedMs > scrubber.state().last!.startedMs)
  await other.close()
  await again.close()
})

test('a state that cannot be read is begun anew', async () => {
  const { store, clock, scrub, file } = await world({ blobs: 2 })
  const first = await scrub()
  first.scrubNow()
  await first.idle()
  await first.close()
  await (await open(file, 'w')).close()
  const second = await scrub()
  assert.deepEqual(second.state(), {})
  clock.advance(10 * 60_000)
  await second.idle()
  assert.equal(second.state().last?.blobs, 2)
  await second.close()
  await store.close()
})

/** Lets what waits for the disk have its turn. */
async function settled(check: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000 && !check(); turn++) await new Promise(setImmediate)
  assert.ok(check())
}
