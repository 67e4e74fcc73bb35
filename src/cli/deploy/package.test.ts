import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { fromBuffer, type Entry as ZipEntry, type ZipFile } from 'yauzl'
import { CommandFailed } from '../errors.ts'
import { CodeChanged, packageOf } from './package.ts'

async function folderWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-code-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** Path → mode of every entry, as another reader sees them. */
async function modesIn(zip: Buffer): Promise<Record<string, string>> {
  const open = promisify(fromBuffer) as (bytes: Buffer, options: object) => Promise<ZipFile>
  const file = await open(zip, { lazyEntries: false })
  const modes: Record<string, string> = {}
  await new Promise((done, reject) => {
    file.on('entry', (entry: ZipEntry) => {
      modes[entry.fileName] = (entry.externalFileAttributes >>> 16).toString(8)
    })
    file.on('end', done)
    file.on('error', reject)
  })
  return modes
}

async function packed(
  folder: string,
): Promise<{ bytes: Buffer; checksum: string; files: number | undefined }> {
  const pack = await packageOf(folder)
  try {
    return { bytes: await readFile(pack.file), checksum: pack.checksum, files: pack.files }
  } finally {
    await pack.dispose()
  }
}

test('the same files give the same bytes, whenever and in whatever order they were written', async (t) => {
  const one = await folderWith(t, { 'index.js': 'a', 'lib/b.js': 'b', 'lib/a.js': 'c' })
  const other = await folderWith(t, { 'lib/a.js': 'c', 'lib/b.js': 'b', 'index.js': 'a' })
  await utimes(join(other, 'index.js'), 1_000_000, 1_000_000)
  const [first, second] = [await packed(one), await packed(other)]
  assert.ok(first.bytes.equals(second.bytes))
  assert.equal(first.checksum, second.checksum)
  await writeFile(join(other, 'index.js'), 'b')
  assert.notEqual((await packed(other)).checksum, first.checksum)
})

test('executable files stay so, links stay links, empty folders stay, and what is ignored is not there', async (t) => {
  const folder = await folderWith(t, {
    bootstrap: '#!/bin/sh',
    'index.js': '',
    '.git/config': '',
    '.s/x': '',
    'node_modules/.cache/x': '',
    'node_modules/a/index.js': '',
    'secret.env': '',
    'test/a.js': '',
    '.fcignore': 'secret.env\n',
    '.funignore': 'test/\n',
  })
  await chmod(join(folder, 'bootstrap'), 0o755)
  await mkdir(join(folder, 'empty'))
  await symlink('../index.js', join(folder, 'node_modules/link.js'))
  assert.deepEqual(await modesIn((await packed(folder)).bytes), {
    bootstrap: '100755',
    'empty/': '40755',
    'index.js': '100644',
    'node_modules/a/index.js': '100644',
    'node_modules/link.js': '120777',
  })
})

test('a link out of the folder is refused, because it would point elsewhere where the function runs', async (t) => {
  const folder = await folderWith(t, { 'index.js': '' })
  await symlink('/etc/hostname', join(folder, 'outside'))
  await assert.rejects(packageOf(folder), /outside is a link out of the code folder \(to \/etc\/hostname\)/)
})

test('what was made for a package is gone after it, also when making it failed', async (t) => {
  const folder = await folderWith(t, { 'index.js': '' })
  const pack = await packageOf(folder)
  await stat(pack.file)
  await pack.dispose()
  await assert.rejects(stat(dirname(pack.file)), { code: 'ENOENT' })
})

test('a zip file is taken as it is, and is not removed', async (t) => {
  const folder = await folderWith(t, { 'code.zip': '123456789', 'readme.txt': '' })
  const pack = await packageOf(join(folder, 'code.zip'))
  // The check value of CRC-64/XZ, in decimal.
  assert.equal(pack.checksum, String(0x995dc9bbdf1939fan))
  await pack.dispose()
  await stat(join(folder, 'code.zip'))
  await assert.rejects(packageOf(join(folder, 'readme.txt')), /neither a folder nor a zip file/)
})

test('an empty folder and one that is not there are refused', async (t) => {
  const folder = await folderWith(t, {})
  await assert.rejects(packageOf(folder), CommandFailed)
  await assert.rejects(packageOf(join(folder, 'nope')), /it is not there/)
})

test('a file that has other bytes than it said is told as one that was written meanwhile', {
  skip: process.platform !== 'linux',
}, async () => {
  // Files of the kernel say that they are empty.
  await assert.rejects(packageOf('/proc/sys/kernel/random'), (error) => {
    assert.ok(error instanceof CodeChanged)
    assert.equal(error.message, 'A file in /proc/sys/kernel/random was written while it was packed.')
    return true
  })
})
