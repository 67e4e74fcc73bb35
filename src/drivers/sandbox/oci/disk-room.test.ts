import assert from 'node:assert/strict'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { NoDiskRoom } from '../../../ports/sandbox.ts'
import { diskRoom, freeBytesOf } from './disk-room.ts'

const MB = 1024 * 1024

test('disks are promised until they could outgrow the free room so many times, and again when one is given back', async () => {
  const room = diskRoom({ reserveMb: 100, overcommit: 2 }, async () => 600 * MB)
  await room.promise('/none/a', 500)
  await room.promise('/none/b', 500)
  await assert.rejects(room.promise('/none/c', 1), (error: Error) => {
    assert.ok(error instanceof NoDiskRoom)
    assert.match(error.message, /2 times the free room \(500 MB\), and one of 1 MB more/)
    return true
  })
  room.giveBack('/none/a')
  await room.promise('/none/c', 500)
  await assert.rejects(room.promise('/none/d', 500), NoDiskRoom)
})

test('disks that are asked for at once are counted together', async () => {
  const room = diskRoom({ reserveMb: 0, overcommit: 1 }, async () => 100 * MB)
  const asked = await Promise.allSettled([room.promise('/none/a', 60), room.promise('/none/b', 60)])
  assert.ok(asked.some(({ status }) => status === 'rejected'))
})

test('nothing is promised of the reserve', async () => {
  const room = diskRoom({ reserveMb: 101, overcommit: 10 }, async () => 100 * MB)
  await assert.rejects(room.promise('/none/a', 1), /less than 101 MB are free/)
})

test('what a disk has written is not counted a second time', async (t) => {
  const folder = await mkdtemp(`${tmpdir()}/hanshu-room-`)
  t.after(() => rm(folder, { recursive: true }))
  const image = `${folder}/a.img`
  const file = await open(image, 'w')
  await file.write(Buffer.alloc(4 * MB, 1))
  await file.sync()
  await file.close()
  // 6 MB were free, 4 of them are written: 2 are left, for the 2 that `a` may still grow by.
  let freeMb = 6
  const room = diskRoom({ reserveMb: 0, overcommit: 1 }, async () => freeMb * MB)
  await room.promise(image, 6)
  freeMb = 3
  await room.promise('/none/b', 1)
  await assert.rejects(room.promise('/none/c', 1), NoDiskRoom)
})

test('the free room is that of the file system', async () => {
  const bytes = await freeBytesOf(tmpdir())
  assert.ok(Number.isSafeInteger(bytes) && bytes > 0)
})
