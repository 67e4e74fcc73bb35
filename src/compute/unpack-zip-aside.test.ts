import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { ZipFile } from 'yazl'
import { InvalidCodePackage } from '../ports/code-packages.ts'
import { unpackZipAside } from './unpack-zip-aside.ts'

const limits = { packedBytesMax: 1e9, unpackedBytesMax: 10_000_000, entriesMax: 2000 }

async function place(t: TestContext): Promise<{ zipFile: string; folder: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'hanshu-aside-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return { zipFile: join(dir, 'package.zip'), folder: await mkdtemp(join(dir, 'out-')) }
}

async function packageOf(names: Iterable<string>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const name of names) zip.addBuffer(Buffer.from(`content of ${name}`), name)
  zip.end()
  return buffer(zip.outputStream)
}

const many = (count: number) => Array.from({ length: count }, (_, n) => `d${n % 7}/f${n}`)

for (const count of [3, 2000]) {
  test(`a package of ${count} files is unpacked`, async (t) => {
    const { zipFile, folder } = await place(t)
    await writeFile(zipFile, await packageOf(many(count)))
    await unpackZipAside(zipFile, folder, limits)
    const found = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((at) =>
      at.isFile(),
    )
    assert.equal(found.length, count)
    assert.equal(await readFile(join(folder, 'd2/f2'), 'utf8'), 'content of d2/f2')
  })
}

test('while thousands of files are made, the thread that asked for it goes on', async (t) => {
  const { zipFile, folder } = await place(t)
  await writeFile(zipFile, await packageOf(many(2000)))
  let turns = 0
  let done = false
  const work = unpackZipAside(zipFile, folder, limits).finally(() => (done = true))
  while (!done) {
    await new Promise((turn) => setImmediate(turn))
    turns++
  }
  await work
  // Here each file was a turn at most, and a small one none at all.
  assert.ok(turns > 2000, `${turns}`)
})

test('more packages at once than there are threads are all unpacked', async (t) => {
  const zip = await packageOf(many(100))
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      const { zipFile, folder } = await place(t)
      await writeFile(zipFile, zip)
      await unpackZipAside(zipFile, folder, limits)
      assert.equal((await readdir(folder)).length, 7)
    }),
  )
})

test('what a thread refuses is refused in the same words, and the next package has its turn', async (t) => {
  const { zipFile, folder } = await place(t)
  for (let round = 0; round < 3; round++) {
    await writeFile(zipFile, await packageOf(['x', ...many(100), 'x/y']))
    await assert.rejects(unpackZipAside(zipFile, join(folder, `${round}`), limits), (error) => {
      assert.ok(error instanceof InvalidCodePackage, String(error))
      assert.deepEqual([error.reason, error.message], ['unsafePath', "'x/y' is there twice"])
      return true
    })
  }
})

test('a package of too many entries is refused before any is looked at', async (t) => {
  const { zipFile, folder } = await place(t)
  await writeFile(zipFile, await packageOf(many(101)))
  await assert.rejects(unpackZipAside(zipFile, folder, { ...limits, entriesMax: 100 }), {
    reason: 'tooManyEntries',
    message: 'the package has more than 100 entries',
  })
  assert.deepEqual(await readdir(folder), [])
})

test('what is no ZIP is refused, and a folder that cannot be made is another error', async (t) => {
  const { zipFile, folder } = await place(t)
  await writeFile(zipFile, 'PK nothing')
  await assert.rejects(unpackZipAside(zipFile, folder, limits), { reason: 'notZip' })
  await writeFile(zipFile, await packageOf(many(100)))
  await assert.rejects(
    unpackZipAside(zipFile, 'a name with a \0 in it', limits),
    (error) => error instanceof Error && !(error instanceof InvalidCodePackage),
  )
})
