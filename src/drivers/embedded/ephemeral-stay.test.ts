import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockDataDir } from './data-dir.ts'
import { beginStay, endEarlierStay, ephemeralFolder, namesBefore } from './ephemeral-stay.ts'

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hanshu-stay-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a platform makes in its folder. */
function makeThings(dir: string, code: string): void {
  for (const name of ['run', 'disks']) mkdirSync(join(dir, name), { recursive: true })
  writeFileSync(join(dir, 'disks/template-512.img'), '')
  mkdirSync(join(dir, code, 'unpacked'), { recursive: true })
}

/** As the composition root does it. */
function start(dir: string, { ephemeral }: { ephemeral: boolean }) {
  const before = namesBefore(dir)
  const owned = lockDataDir(dir)
  const earlier = endEarlierStay(dir)
  const leave = ephemeral ? beginStay(dir, earlier ?? { before }) : () => {}
  makeThings(dir, ephemeral ? ephemeralFolder : 'code')
  return {
    stop() {
      leave()
      owned.release()
    },
    /** All that a killed process does. */
    die: () => owned.release(),
  }
}

test('a folder that was not there is gone, and one that was is as empty as before', (t) => {
  const parent = temporaryFolder(t)
  start(join(parent, 'new'), { ephemeral: true }).stop()
  assert.deepEqual(readdirSync(parent), [])
  start(parent, { ephemeral: true }).stop()
  assert.deepEqual(readdirSync(parent), [])
})

test('what a durable platform keeps in the same folder stays', (t) => {
  const dir = temporaryFolder(t)
  start(dir, { ephemeral: false }).stop()
  writeFileSync(join(dir, 'records.db'), '')
  const before = readdirSync(dir)
  start(dir, { ephemeral: true }).stop()
  assert.deepEqual(readdirSync(dir), before)
})

test('after a kill the next ephemeral platform takes away what both made', (t) => {
  const parent = temporaryFolder(t)
  const dir = join(parent, 'new')
  start(dir, { ephemeral: true }).die()
  start(dir, { ephemeral: true }).stop()
  assert.deepEqual(readdirSync(parent), [])
})

test('after a kill a durable platform removes the cache at its start and keeps what is its own by now', (t) => {
  const dir = join(temporaryFolder(t), 'new')
  start(dir, { ephemeral: true }).die()
  const before = namesBefore(dir)
  assert.ok(before?.includes(ephemeralFolder))
  lockDataDir(dir).release()
  endEarlierStay(dir)
  assert.deepEqual(readdirSync(dir).sort(), ['disks', 'format', 'lock', 'owner', 'run'])
})

test('a folder with something of others in it is left, and so is what they have put there', (t) => {
  const parent = temporaryFolder(t)
  const dir = join(parent, 'new')
  const platform = start(dir, { ephemeral: true })
  writeFileSync(join(dir, 'mine'), '')
  mkdirSync(join(dir, 'run/mounted'))
  platform.stop()
  assert.deepEqual(readdirSync(dir).sort(), ['mine', 'run'])
})

test('a note that a crash cut off is none', (t) => {
  const dir = temporaryFolder(t)
  writeFileSync(join(dir, 'ephemeral.json'), '{"bef')
  assert.equal(endEarlierStay(dir), undefined)
})
