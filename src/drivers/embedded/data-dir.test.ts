import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type DataDir, lockDataDir } from './data-dir.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const format = async (dir: string) => (await readFile(join(dir, 'format'), 'utf8')).trim()

test('a new folder is created, gets the format of this release, and can be owned again', async () => {
  const dir = join(newPath('data'), 'deep')
  lockDataDir(dir).release()
  assert.equal(await format(dir), '2')
  const again = lockDataDir(dir)
  again.release()
  again.release()
})

test('a second owner is refused and told who the first is, in this process or another', async () => {
  const dir = newPath('data')
  const first = lockDataDir(dir)
  assert.throws(() => lockDataDir(dir), new RegExp(`in use by the process ${process.pid}: stop it first`))
  first.release()

  const child = await ownerProcess(dir)
  assert.throws(() => lockDataDir(dir), new RegExp(`in use by the process ${child.pid}:`))
  child.kill('SIGKILL')
  await once(child, 'exit')
})

test('an owner that was killed leaves nothing to clean up', async () => {
  const dir = newPath('data')
  const child = await ownerProcess(dir)
  child.kill('SIGKILL')
  await once(child, 'exit')
  lockDataDir(dir).release()
})

test('of many that start at once exactly one becomes the owner', async () => {
  const dir = newPath('data')
  const outcomes = Array.from({ length: 10 }, () => {
    try {
      return lockDataDir(dir)
    } catch {
      return undefined
    }
  })
  const owners = outcomes.filter((outcome): outcome is DataDir => outcome !== undefined)
  assert.equal(owners.length, 1)
  owners[0]!.release()
})

test('an older format is upgraded step by step, and each step is remembered', async () => {
  const dir = newPath('data')
  lockDataDir(dir, []).release()
  const done: string[] = []
  const to2 = () => void done.push('to 2')
  const to3 = () => {
    done.push('to 3')
    if (done.length === 2) throw new Error('the disk is full')
  }
  assert.throws(() => lockDataDir(dir, [to2, to3]), /the disk is full/)
  assert.equal(await format(dir), '2')
  lockDataDir(dir, [to2, to3]).release()
  assert.deepEqual(done, ['to 2', 'to 3', 'to 3'])
  assert.equal(await format(dir), '3')
})

test('a newer format is refused, and left as it is', async () => {
  const dir = newPath('data')
  lockDataDir(dir).release()
  await writeFile(join(dir, 'format'), '7\n')
  assert.throws(() => lockDataDir(dir), /has format 7, of a newer release; this one knows formats up to 2/)
  assert.equal(await format(dir), '7')
  await writeFile(join(dir, 'format'), 'seven')
  assert.throws(() => lockDataDir(dir), /no format/)
  await writeFile(join(dir, 'format'), '1')
  lockDataDir(dir).release()
})

test('a folder of something else is refused, and nothing is put into it', async () => {
  const dir = newPath('home')
  await mkdir(dir)
  await writeFile(join(dir, 'thesis.txt'), 'mine')
  assert.throws(
    () => lockDataDir(dir),
    /cannot be the data folder: it holds something else\. Name another one/,
  )
  assert.deepEqual(await readdir(dir), ['thesis.txt'])
})

/** Another process that owns `dir` until it is killed. */
async function ownerProcess(dir: string): Promise<ChildProcess> {
  const script = `
    import { lockDataDir } from ${JSON.stringify(new URL('./data-dir.ts', import.meta.url).href)}
    lockDataDir(${JSON.stringify(dir)})
    process.send('owned')
    setInterval(() => {}, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  assert.equal(message, 'owned')
  return child
}
