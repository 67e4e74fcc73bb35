import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ManualClock } from '../../lib/clock.ts'
import { watchCode } from './code-watch.ts'

/** A folder whose changes are counted. The kernel tells of them when it likes, so a test waits for what it expects. */
async function bed(t: TestContext, name = 'code') {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-watch-'))
  const path = join(folder, name)
  const clock = new ManualClock()
  let changes = 0
  const notes: string[] = []
  const at = (file: string) => join(path, file)
  if (name === 'code') await mkdir(path)
  const start = async () => {
    const watch = watchCode(path, { clock, changed: () => changes++, note: (problem) => notes.push(problem) })
    t.after(() => watch.close())
    await watch.ready
  }
  t.after(() => rm(folder, { recursive: true, force: true }))
  return {
    folder,
    path,
    at,
    clock,
    notes,
    start,
    count: () => changes,
    /** Lets the quiet time pass until there is one more change than before; more than one would show in the next call. */
    async changed(work: () => Promise<unknown>): Promise<void> {
      const before = changes
      await work()
      const deadlineMs = performance.now() + 10_000
      while (changes === before) {
        assert.ok(performance.now() < deadlineMs, 'no change was told')
        await turn()
        clock.advance(20)
      }
    },
  }
}

test('files that are written, made, renamed and removed are changes, in folders that are new as well', async (t) => {
  const { at, start, changed } = await bed(t)
  await writeFile(at('index.js'), '1')
  await start()
  await changed(() => writeFile(at('index.js'), '2'))
  await changed(() => writeFile(at('new.js'), '1'))
  // As editors save: a file beside it, and a rename over it.
  await changed(async () => {
    await writeFile(at('index.js.tmp1'), '3')
    await rename(at('index.js.tmp1'), at('index.js'))
  })
  await changed(() => mkdir(at('lib/deep'), { recursive: true }))
  await changed(() => writeFile(at('lib/deep/a.js'), '1'))
  await changed(() => rename(at('lib'), at('library')))
  await changed(() => writeFile(at('library/deep/a.js'), '2'))
  await changed(() => rm(at('library'), { recursive: true }))
})

test('a folder that is removed and made again is followed', async (t) => {
  const { path, at, start, changed } = await bed(t)
  await start()
  await changed(() => rm(path, { recursive: true }))
  await changed(() => mkdir(path))
  await changed(() => writeFile(at('index.js'), '1'))
})

test('one file is watched, over being replaced', async (t) => {
  const { path, folder, start, changed } = await bed(t, 'code.zip')
  await writeFile(path, '1')
  await start()
  await changed(() => writeFile(path, '2'))
  await changed(async () => {
    await writeFile(join(folder, 'other'), '3')
    await rename(join(folder, 'other'), path)
  })
})

test('what is left out, and what editors keep beside a file, is no change; a new rule is', async (t) => {
  const { at, start, changed, count } = await bed(t)
  await writeFile(at('.fcignore'), 'tests/\n*.log\n')
  await mkdir(at('tests'))
  await start()
  for (const name of ['tests/a.js', 'debug.log', '.index.js.swp', 'index.js~', '4913', '#index.js#'])
    await writeFile(at(name), '1')
  // Events come in order: had one of those been told, there would be two.
  await changed(() => writeFile(at('index.js'), '1'))
  assert.equal(count(), 1)
  await changed(() => writeFile(at('.fcignore'), '*.log\n'))
  await changed(() => writeFile(at('tests/a.js'), '2'))
})

test('changes in quick succession are one; who never stops is looked at all the same', async (t) => {
  const { at, clock, start, count } = await bed(t)
  await start()
  const deadlineMs = performance.now() + 10_000
  let written = 0
  while (count() === 0) {
    assert.ok(performance.now() < deadlineMs, 'no change was told')
    await writeFile(at('index.js'), String(written++))
    await turn()
    // Less than the quiet that is waited for.
    clock.advance(10)
  }
  assert.ok(written > 10, `${written} writes`)
})
