import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sqliteRecordStore } from '../drivers/embedded/records.ts'
import { SqliteWritingThread } from '../drivers/embedded/sqlite-writing-thread.ts'
import { ManualClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import { openSnapshots } from './snapshots.ts'

test('one snapshot at a time is taken; who stops reading, and the end of the platform, ends it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'hanshu-snapshots-'))
  await mkdir(join(dataDir, 'metering'))
  await mkdir(join(dataDir, 'snapshot'))
  await writeFile(join(dataDir, 'format'), '2\n')
  const thread = new SqliteWritingThread()
  const records = await sqliteRecordStore({ file: join(dataDir, 'records.db'), thread })
  const clock = new ManualClock()
  const snapshots = await openSnapshots({ dataDir, thread, databases: [], journal: 'metering', blobs: {}, clock, log: silentLogger }) // biome-ignore format: one line
  assert.ok(!(await readdir(dataDir)).includes('snapshot'), 'what a crash left is removed')
  /** What the one before held has to be let go. */
  async function next() {
    for (;;) {
      const archive = await snapshots.take()
      if (archive) return archive
      await new Promise(setImmediate)
    }
  }
  try {
    const first = (await snapshots.take())!
    assert.equal(await snapshots.take(), undefined)
    const failed = new Promise((resolve) => first.once('error', resolve))
    clock.advance(10 * 60_000)
    assert.match(String(await failed), /nobody reads/)
    const second = await next()
    assert.ok(Buffer.concat(await second.toArray()).includes('snapshot.json'))
    const third = await next()
    const stopped = new Promise((resolve) => third.once('error', resolve))
    await snapshots.close()
    assert.match(String(await stopped), /stopping/)
    assert.deepEqual((await readdir(dataDir)).sort().slice(0, 2), ['format', 'metering'])
    assert.equal(clock.pendingTimers, 0)
  } finally {
    await records.close()
    await rm(dataDir, { recursive: true })
  }
})
