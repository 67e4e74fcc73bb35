import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { clearReadyFile, writeReadyFile } from './ready-file.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hanshu-ready-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

test('the file is for its owner only, whatever was there before', async (t) => {
  const dir = await folder(t)
  const file = join(dir, 'ready.json')
  for (const old of [file, `${file}.new`]) {
    await writeFile(old, 'old')
    await chmod(old, 0o644)
  }
  await clearReadyFile(file)
  assert.deepEqual(await readdir(dir), [])
  await writeFile(`${file}.new`, 'of one that was killed', { mode: 0o644 })
  await writeReadyFile(file, { pid: 1 })
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { pid: 1 })
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(dir), ['ready.json'])
})

test('a file that cannot be written is said so, with the reason', async (t) => {
  const dir = await folder(t)
  await assert.rejects(
    clearReadyFile(join(dir, 'none/ready.json')),
    /the ready file .*none\/ready\.json cannot be written in .*: no such file or directory$/,
  )
  await mkdir(join(dir, 'folder'))
  await assert.rejects(clearReadyFile(join(dir, 'folder')), /it is not a file$/)
})
