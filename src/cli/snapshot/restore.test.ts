import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { TAR_END, tarHeader, tarPadding } from '../../lib/tar.ts'
import { run } from '../run.ts'
import { scriptedTerminal } from '../testing/scripted-terminal.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hanshu-restore-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const entry = (name: string, content: string): Buffer =>
  Buffer.concat([
    tarHeader({ name, sizeBytes: content.length, modifiedMs: 0 }),
    Buffer.from(content),
    tarPadding(content.length),
  ])

/** As the platform makes them (drivers/embedded/snapshot.ts). */
function snapshotOf(files: Record<string, string>, { damagedBlobs = [] as string[] } = {}): Buffer {
  const content = Buffer.concat(Object.entries(files).map(([name, text]) => entry(name, text)))
  const sha256 = createHash('sha256').update(content).digest('hex')
  const manifest = { takenMs: 1_767_225_600_000, files: Object.keys(files).length, sha256, damagedBlobs }
  return Buffer.concat([
    content,
    entry('snapshot.json', JSON.stringify(manifest)),
    entry('format', '2\n'),
    TAR_END,
  ])
}
const files = { 'records.db': 'x'.repeat(3000), 'blobs/objects/ab/abcdef': 'blob' }

let archives = 0
async function restored(archive: Buffer, dir: string) {
  const file = join(folder, `snapshot-${archives++}.tar`)
  await writeFile(file, archive)
  const terminal = scriptedTerminal()
  const exitCode = await run(['restore', file, '--data', dir], terminal)
  return { exitCode, output: terminal.output(), notes: terminal.notes() }
}

test('makes a folder that its owner alone may read, of what is in the snapshot', async () => {
  const dir = join(folder, 'new/deep')
  const { exitCode, output, notes } = await restored(snapshotOf(files, { damagedBlobs: ['abc'] }), dir)
  assert.equal(exitCode, 0, notes)
  assert.match(output, /deep is as the platform was at 2026-01-01T00:00:00\.000Z/)
  assert.match(notes, /1 objects, or parts of them, were damaged already/)
  assert.equal((await stat(dir)).mode & 0o777, 0o700)
  for (const [name, text] of Object.entries({ ...files, format: '2\n' })) {
    assert.equal(await readFile(join(dir, name), 'utf8'), text)
    assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600)
  }
})

test('refuses what is damaged, cut off, or no snapshot, and leaves nothing', async () => {
  const whole = snapshotOf(files)
  const damaged = Buffer.from(whole)
  damaged[1000]! ^= 1
  const [half, other] = [whole.subarray(0, 3000), Buffer.concat([entry('a', 'b'), TAR_END])]
  const withoutManifest = Buffer.concat([entry('a', 'b'), entry('format', '2\n'), TAR_END])
  const more = Buffer.concat([whole.subarray(0, whole.length - TAR_END.length), entry('extra', 'x'), TAR_END])
  for (const [archive, says] of [
    [damaged, /its bytes are not those that were written/],
    [half, /it is cut off/],
    [other, /it is no snapshot of a platform/],
    [withoutManifest, /it is no snapshot of a platform/],
    [more, /something follows/],
    [Buffer.from('no archive'), /cut off/],
  ] as const) {
    const dir = join(folder, 'refused')
    const { exitCode, notes } = await restored(archive, dir)
    assert.equal(exitCode, 1)
    assert.match(notes, says)
    assert.deepEqual(await readdir(dir), [])
  }
  assert.equal(
    await run(['restore', '/no/such/file', '--data', join(folder, 'refused')], scriptedTerminal()),
    1,
  )
})

test('touches no folder that has something in it, and asks for one', async () => {
  const dir = join(folder, 'used')
  await mkdir(dir)
  await writeFile(join(dir, 'thesis.txt'), 'mine')
  assert.match(
    (await restored(snapshotOf(files), dir)).notes,
    /is not empty: a snapshot is restored to an empty folder/,
  )
  await writeFile(join(dir, 'format'), '2\n')
  assert.match((await restored(snapshotOf(files), dir)).notes, /is the data folder of a platform/)
  assert.deepEqual((await readdir(dir)).sort(), ['format', 'thesis.txt'])
  const terminal = scriptedTerminal()
  assert.equal(await run(['restore', 'x.tar'], terminal), 2)
  assert.match(terminal.notes(), /--data DIR/)
})
