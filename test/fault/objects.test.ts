/** Objects over kill -9: what was acknowledged is there, whole; nothing else is, and nothing is left on the disk. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ossClient, type Sdk } from '../conformance/objects/objects.fixture.ts'
import { type Platform, startPlatform } from '../platform.fixture.ts'

const ROUNDS = 3
const PART_BYTES = 100 * 1024

let dataDir: string
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hanshu-objects-'))
})
after(() => rm(dataDir, { recursive: true, force: true }))

/** Different for every name and turn; a torn or mixed object has another. */
const bytesOf = (name: string, turn: number, sizeBytes: number): Buffer =>
  Buffer.alloc(sizeBytes, createHash('sha256').update(`${name} ${turn}`).digest())

/** By name: the last turn that was acknowledged, and the last that was begun; 0 is none. */
type Turns = Map<string, { acknowledged: number; begun: number }>

async function writeUntilKilled(oss: Sdk, name: string, turns: Turns, isOver: () => boolean): Promise<void> {
  const mine = turns.get(name) ?? { acknowledged: 0, begun: 0 }
  turns.set(name, mine)
  while (!isOver()) {
    const turn = ++mine.begun
    try {
      if (name.startsWith('parts')) {
        const bytes = bytesOf(name, turn, 2 * PART_BYTES)
        await oss.multipartUpload(name, bytes, { partSize: PART_BYTES, parallel: 2 })
      } else await oss.put(name, bytesOf(name, turn, 3000))
      mine.acknowledged = turn
    } catch (error) {
      if (!isOver()) throw error
    }
  }
}

async function check(platform: Platform, turns: Turns): Promise<void> {
  const oss = ossClient(platform, { bucket: 'kept' })
  let blobs = 0
  for (const [name, { acknowledged, begun }] of turns) {
    const content: Buffer | undefined = await oss.get(name).then(
      (read: Sdk) => read.content,
      (error: Sdk) => {
        if (error.code !== 'NoSuchKey') throw error
        return undefined
      },
    )
    const possible = Array.from({ length: begun - acknowledged + 1 }, (_, more) => acknowledged + more)
    const isOneOf = possible.some((turn) =>
      turn === 0 ? content === undefined : content?.equals(bytesOf(name, turn, content.length)),
    )
    assert.ok(isOneOf, `${name} is none of the turns ${possible.join(', ')}`)
    if (content) assert.equal(content.length, name.startsWith('parts') ? 2 * PART_BYTES : 3000)
    if (content) blobs += name.startsWith('parts') ? 2 : 1
  }
  // Uploads that were cut off may be taken up again; who gives them up gets the room back.
  const { uploads } = await oss.listUploads({ 'max-uploads': 100 })
  for (const { name, uploadId } of uploads ?? []) await oss.abortMultipartUpload(name, uploadId)
  const files = await readdir(join(dataDir, 'blobs/objects'), { recursive: true, withFileTypes: true })
  assert.equal(files.filter((file) => file.isFile()).length, blobs)
}

it('has what it acknowledged, whole, after each of some kills', async () => {
  const turns: Turns = new Map()
  for (let round = 0; round < ROUNDS; round++) {
    const platform = await startPlatform({ sandbox: 'process', dataDir })
    try {
      if (round > 0) await check(platform, turns)
      const oss = ossClient(platform, { bucket: 'kept' })
      await oss.putBucket('kept')
      let isOver = false
      const writers = ['a', 'b', 'parts-a', 'parts-b'].map((name) =>
        writeUntilKilled(oss, name, turns, () => isOver),
      )
      // Long enough for some turns of each; where in one of them it is killed is left to chance.
      await pause(400 + round * 37)
      isOver = true
      await platform.kill()
      await Promise.all(writers)
    } finally {
      await platform.kill()
    }
  }
  const last = await startPlatform({ sandbox: 'process', dataDir })
  try {
    await check(last, turns)
    for (const { acknowledged } of turns.values()) assert.ok(acknowledged > 0)
  } finally {
    await last.stop()
  }
})
