import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { bundleDirOf, freshBundle } from './fresh-bundle.ts'
import { writeBundle } from './write-bundle.ts'

const sources = {
  'src/main.ts': `import { createServer } from 'node:http'
import { word } from './words/word.ts'
export const said = async (): Promise<string> => [typeof createServer, word(), (await import('./late.ts')).late].join(' ')
`,
  'src/words/word.ts': `import { readFileSync } from 'node:fs'
export const word = (): string => readFileSync(new URL('./word.txt', import.meta.url), 'utf8')
`,
  'src/words/word.txt': 'beside',
  'src/late.ts': `export const late: string = 'late'\n`,
  'package-lock.json': '{}',
}

async function installation(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'hanshu-bundle-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  await mkdir(join(root, 'src/words'), { recursive: true })
  for (const [file, text] of Object.entries(sources)) await writeFile(join(root, file), text)
  return root
}

/** In a program of its own, as this one has modules loaded already. */
async function saidBy(bundle: string | undefined): Promise<string> {
  const program = 'console.log(await (await import(process.argv[1])).said())'
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    program,
    bundle!,
  ])
  return stdout.trim()
}

test('a bundle does what its sources do, and finds what stands beside them, also after it was moved with them', async (t) => {
  const root = await installation(t)
  assert.equal(freshBundle(root), undefined)
  await writeBundle(root, 'src/main.ts')
  assert.equal(await saidBy(freshBundle(root)), 'function beside late')
  const elsewhere = `${root}-moved`
  t.after(() => rm(elsewhere, { recursive: true, force: true }))
  await rename(root, elsewhere)
  assert.equal(await saidBy(freshBundle(elsewhere)), 'function beside late')
})

test('it is not used when a source, or a package, is another than it was made from', async (t) => {
  const root = await installation(t)
  await writeBundle(root, 'src/main.ts')
  for (const file of ['src/late.ts', 'package-lock.json']) {
    await utimes(join(root, file), new Date(0), new Date(0))
    assert.equal(freshBundle(root), undefined)
    await writeBundle(root, 'src/main.ts')
    assert.notEqual(freshBundle(root), undefined)
  }
  await writeFile(join(root, 'src/late.ts'), `export const late: string = 'later'\n`)
  assert.equal(freshBundle(root), undefined)
  await writeBundle(root, 'src/main.ts')
  assert.equal(await saidBy(freshBundle(root)), 'function beside later')
  await rm(join(root, 'src/late.ts'))
  assert.equal(freshBundle(root), undefined)
})

test('one that cannot be made leaves the one that is there, and nothing of itself', async (t) => {
  const root = await installation(t)
  await writeBundle(root, 'src/main.ts')
  const before = freshBundle(root)
  await assert.rejects(writeBundle(root, 'src/nowhere.ts'))
  assert.equal(freshBundle(root), before)
  assert.deepEqual(await readdir(join(root, '.tools')), ['platform'])
  await writeFile(join(bundleDirOf(root), 'manifest.json'), '{"entry":')
  assert.equal(freshBundle(root), undefined)
})
