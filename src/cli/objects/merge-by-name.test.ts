import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { filesUnder } from './local-files.ts'
import { compareNames, mergeByName } from './merge-by-name.ts'
import { inParallel } from './parallel.ts'

const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', '/', '-', '.', '中', '😀', '￿') }))
const sorted = (list: string[]) => [...list].sort(compareNames).map((name) => ({ name }))
async function* each<Item>(items: Item[]) {
  yield* items
}

test('every name comes once, in order, with what either side has of it', async () => {
  await fc.assert(
    fc.asyncProperty(names, names, async (left, right) => {
      const merged: string[] = []
      for await (const { name, source, target } of mergeByName(each(sorted(left)), each(sorted(right)))) {
        merged.push(name)
        assert.equal(source?.name, left.includes(name) ? name : undefined)
        assert.equal(target?.name, right.includes(name) ? name : undefined)
      }
      assert.deepEqual(merged, [...new Set([...left, ...right])].sort(compareNames))
    }),
  )
})

test('files come in the order of the keys that they would have', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const written = ['a', 'a-b/x', 'a.b', 'ab/1', 'ab/2/3', 'ab0', '中/￿', '中/😀', '.hidden']
  for (const name of [...written, '.x.hanshu-1']) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), '')
  }
  const found: string[] = []
  const skipped = () => assert.fail('nothing is to be skipped')
  for await (const { name } of filesUnder(folder, skipped)) found.push(name)
  assert.deepEqual(found, [...written].sort(compareNames))
})

test('no more run at once than may, and none is left running when one fails', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  async function* items() {
    for (let item = 0; item < 100; item++) yield item
  }
  const run = inParallel(items(), 3, async (item) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    if (item === 10) throw new Error('ten')
    done.push(item)
  })
  await assert.rejects(run, /ten/)
  assert.deepEqual([most, running], [3, 0])
  assert.ok(done.length >= 10 && done.length < 20, String(done))
})
