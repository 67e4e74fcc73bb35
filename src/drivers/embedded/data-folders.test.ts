import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { cp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lockDataFolders } from './data-folders.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

function start(...dirs: string[]) {
  const locked = lockDataFolders(dirs)
  locked.release()
  // What the databases' folder has in use.
  writeFileSync(join(dirs[0]!, 'records.db'), '')
  return { ...locked, ids: locked.folders.map(({ id }) => id) }
}

test('folders keep their ids, also under other paths', async () => {
  const [main, one, two] = [newPath('main'), newPath('one'), newPath('two')]
  const first = start(main, one, two)
  assert.deepEqual([first.added, first.left], [[one, two], []])
  assert.equal(new Set(first.ids).size, 3)
  const moved = newPath('moved')
  await rename(one, moved)
  const second = start(main, two, moved)
  assert.deepEqual(second.ids, [first.ids[0], first.ids[2], first.ids[1]])
  assert.deepEqual([second.added, second.left], [[], []])
})

test('a folder that is empty or gone is a new disk, and takes the place of the old one', () => {
  const [main, one] = [newPath('main'), newPath('one')]
  const first = start(main, one)
  writeFileSync(join(main, 'scrub.json'), '{}')
  rmSync(one, { recursive: true })
  const second = start(main, one)
  assert.deepEqual([second.added, second.ids], [[one], first.ids])
  assert.equal(existsSync(join(main, 'scrub.json')), false)
  rmSync(one, { recursive: true })
  mkdirSync(join(one, 'lost+found'), { recursive: true })
  assert.deepEqual(start(main, one).ids, first.ids)
})

test('a folder that is not named any more is told of, once, and may come back', () => {
  const [main, one] = [newPath('main'), newPath('one')]
  const first = start(main, one)
  assert.deepEqual(start(main).left, [one])
  assert.deepEqual(start(main).left, [])
  const back = start(main, one)
  assert.deepEqual([back.ids, back.added], [first.ids, []])
})

test('a data folder of an earlier release gets others', () => {
  const [main, one] = [newPath('main'), newPath('one')]
  mkdirSync(main)
  writeFileSync(join(main, 'format'), '1\n')
  writeFileSync(join(main, 'records.db'), '')
  assert.deepEqual(start(main, one).added, [one])
})

test('folders of another installation are refused, and left as they are', async () => {
  const [main, one, other, its] = [newPath('main'), newPath('one'), newPath('other'), newPath('its')]
  start(main, one)
  start(other, its)
  const early = newPath('early')
  mkdirSync(early)
  for (const name of ['format', 'records.db']) writeFileSync(join(early, name), '1')
  for (const foreign of [its, other, early]) {
    const before = readdirSync(foreign)
    assert.throws(() => start(main, one, foreign), /belongs to another installation/)
    assert.deepEqual(readdirSync(foreign), before)
  }
  const home = newPath('home')
  mkdirSync(home)
  writeFileSync(join(home, 'thesis.txt'), 'mine')
  assert.throws(() => start(main, home), /holds something else/)
  assert.throws(() => start(newPath('new'), one), /belongs to another installation/)
  const copy = newPath('copy')
  await cp(one, copy, { recursive: true })
  assert.throws(() => start(main, one, copy), /is a copy of/)
  start(main, one)
})

test('the folder with the databases is named first, and each once', () => {
  const [main, one, two] = [newPath('main'), newPath('one'), newPath('two')]
  start(main, one, two)
  assert.throws(() => start(one, main, two), /has copies of objects only: the first --data/)
  assert.throws(() => start(main, one, one), /named twice/)
  assert.throws(() => start(newPath('new'), main), /belongs to another installation/)
})

test('a second owner of any of the folders is refused, in whatever order it names them', () => {
  const [main, one, two] = [newPath('main'), newPath('one'), newPath('two')]
  const owner = lockDataFolders([main, one, two])
  for (const dirs of [[main, one, two], [main, two, one], [main, two], [main]]) // biome-ignore format: one line
    assert.throws(() => lockDataFolders(dirs), /is in use by the process/)
  // The lock of the first that was taken is let go when the second cannot be had.
  assert.throws(() => lockDataFolders([one, main]), /the first --data/)
  owner.release()
  lockDataFolders([main, two, one]).release()
})
