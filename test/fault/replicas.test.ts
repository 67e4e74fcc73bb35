/**
 * Objects in several folders, over what disks and operators do: bits that flip, a disk that is replaced, kill -9 while copies
 * are made, folders that are named wrongly; and snapshots of a platform that is written to. HANSHU_FAULT_SEED repeats a run.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { promisify } from 'node:util'
import { nodeFlags } from '../../src/config/node-flags.ts'
import { api } from '../conformance/conformance.fixture.ts'
import { ossClient, refused, type Sdk } from '../conformance/objects/objects.fixture.ts'
import { type Platform, projectDir, startPlatform, until } from '../platform.fixture.ts'

const seed = Number(process.env['HANSHU_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hanshu-replicas-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Fractions that are the same for the same seed. */
const fraction = (what: string): number =>
  createHash('sha256').update(`${seed} ${what}`).digest().readUInt32BE() / 2 ** 32
/** Different for every name. */
const bytesOf = (name: string, sizeBytes: number): Buffer =>
  Buffer.alloc(sizeBytes, createHash('sha256').update(name).digest())

const start = (dirs: readonly string[], replicas = dirs.length): Promise<Platform> =>
  startPlatform({
    sandbox: 'process',
    dataDir: dirs[0]!,
    environment: { HANSHU_DATA: dirs.join(':'), HANSHU_REPLICAS: String(replicas), HANSHU_POOL_SIZE: '0', HANSHU_SCRUB_MB_PER_SECOND: '1000' }, // biome-ignore format: one line
  })

/** Blob files, by id. */
async function blobsIn(dir: string): Promise<Map<string, string>> {
  const entries = await readdir(join(dir, 'blobs/objects'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('unfinished'))
  return new Map(files.map((file) => [file.name, join(file.parentPath, file.name)]))
}

async function flipBit(path: string, where: number): Promise<void> {
  await using file = await open(path, 'r+')
  const position = Math.floor((await file.stat()).size * where)
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, position)
  byte[0]! ^= 1 << (position % 8)
  await file.write(byte, 0, 1, position)
}

async function assertWhole(
  oss: Sdk,
  names: Iterable<string>,
  sizeOf: (name: string) => number,
): Promise<void> {
  for (const name of names) {
    const { content } = await oss.get(name)
    assert.ok(content.equals(bytesOf(name, sizeOf(name))), `${name} has other bytes`)
  }
}

interface Scrubbed {
  damaged: number
  written: number
  lost: number
  short: number
  blobs: number
  startedMs: number
}
/** A round that begins now, or goes on, to its end. */
async function scrubbed(platform: Platform): Promise<Scrubbed> {
  const state = async () => JSON.parse((await api(platform, 'GET', '/hanshu/status')).text).objects.scrubber
  const { text } = await api(platform, 'POST', '/hanshu/scrub')
  const { startedMs } = JSON.parse(text).round
  const isOver = async () => {
    const { last } = await state()
    return last !== undefined && last.startedMs >= startedMs && last
  }
  return until<Scrubbed>(isOver, { what: 'the scrubber' })
}

const sizeOf = (name: string): number => (name.endsWith('large') ? 300_000 : 3000)

it('serves the right bytes over flipped bits, a lost disk and kills, and has all copies again in the end', async (t) => {
  t.diagnostic(`HANSHU_FAULT_SEED=${seed}`)
  const dirs = [join(folder, 'a'), join(folder, 'b')]
  const acknowledged = new Set<string>()

  let platform = await start(dirs)
  try {
    const oss = ossClient(platform, { bucket: 'kept' })
    await oss.putBucket('kept')
    let isOver = false
    const writers = ['small', 'large'].map(async (kind) => {
      for (let n = 0; !isOver; n++) {
        const name = `${n}-${kind}`
        await oss.put(name, bytesOf(name, sizeOf(name))).then(
          () => acknowledged.add(name),
          (error: unknown) => {
            if (!isOver) throw error
          },
        )
      }
    })
    await until(() => acknowledged.size > 30, { what: 'some objects' })
    isOver = true
    await platform.kill()
    await Promise.all(writers)

    // One copy of each is damaged or gone.
    const [here, there] = await Promise.all(dirs.map(blobsIn))
    for (const blobId of here!.keys()) {
      const victim = (fraction(`which ${blobId}`) < 0.5 ? here! : there!).get(blobId)
      if (victim === undefined) continue // its write was cut off
      if (fraction(`how ${blobId}`) < 0.2) await rm(victim)
      else await flipBit(victim, fraction(`where ${blobId}`))
    }
    platform = await start(dirs)
    await assertWhole(ossClient(platform, { bucket: 'kept' }), acknowledged, sizeOf)
    const { lost, short } = await scrubbed(platform)
    assert.deepEqual([lost, short], [0, 0])
    await assertSame(dirs)

    // The second disk is replaced, and the platform dies while it fills it.
    await platform.kill()
    await rm(dirs[1]!, { recursive: true })
    platform = await start(dirs)
    await until(async () => (await blobsIn(dirs[1]!).catch(() => new Map())).size > 3, {
      what: 'the first copies',
    })
    await platform.kill()
    platform = await start(dirs)
    await assertWhole(ossClient(platform, { bucket: 'kept' }), acknowledged, sizeOf)
    await until(async () => (await blobsIn(dirs[1]!)).size === (await blobsIn(dirs[0]!)).size, {
      what: 'the rest',
    })
    await scrubbed(platform)
    await assertSame(dirs)

    // No copy is whole: a refusal, and never other bytes.
    const [ruined] = [...acknowledged]
    await ruin(dirs, bytesOf(ruined!, sizeOf(ruined!)))
    const { code, status } = await refused(ossClient(platform, { bucket: 'kept', retryMax: 0 }).get(ruined))
    assert.deepEqual([code, status], ['InternalError', 500])
    assert.equal((await scrubbed(platform)).lost, 1)
    await assertWhole(ossClient(platform, { bucket: 'kept' }), [...acknowledged].slice(1), sizeOf)

    // Nobody else may have the folders meanwhile, in whatever order.
    const [first, second] = dirs as [string, string]
    await assert.rejects(start([first, second]), /in use by the process/)
    await assert.rejects(start([second, first]), /the first --data/)
  } finally {
    await platform.kill()
  }
})

async function assertSame(dirs: readonly string[]): Promise<void> {
  const [here, there] = await Promise.all(dirs.map(blobsIn))
  assert.deepEqual([...here!.keys()].sort(), [...there!.keys()].sort())
  for (const [blobId, path] of here!) {
    const [one, other] = await Promise.all([path, there!.get(blobId)!].map((file) => readFile(file)))
    assert.ok(one!.equals(other!), `the copies of ${blobId} differ`)
  }
}

/** Damages all copies of the blob with these bytes, in the first of them. */
async function ruin(dirs: readonly string[], bytes: Buffer): Promise<void> {
  for (const dir of dirs) {
    for (const path of (await blobsIn(dir)).values()) {
      if ((await readFile(path)).subarray(0, bytes.length).equals(bytes)) await flipBit(path, 0)
    }
  }
}

const run = promisify(execFile)
/** The command line, as one types it. */
const hanshu = (...words: string[]) =>
  run(process.execPath, [...nodeFlags, join(projectDir, 'src/cli/main.ts'), ...words], { timeout: 60_000 })

it('takes a snapshot of a platform that is written to, which is restored as it was at one moment', async () => {
  const dirs = [join(folder, 'd'), join(folder, 'e'), join(folder, 'f')]
  const file = join(folder, 'snapshot.tar')
  const turns = new Map<string, number>()
  let platform = await start(dirs, 2)
  let atBegin: Map<string, number>
  try {
    const oss = ossClient(platform, { bucket: 'kept' })
    await oss.putBucket('kept')
    let isOver = false
    // Each name is overwritten again and again: what the snapshot names is removed while it is read.
    const writers = ['a', 'b', 'c'].map(async (name) => {
      for (let turn = 1; !isOver; turn++) {
        await oss.put(name, bytesOf(`${name} ${turn}`, 50_000))
        turns.set(name, turn)
      }
    })
    await until(() => turns.size === 3 && Math.min(...turns.values()) > 3, { what: 'some turns' })
    atBegin = new Map(turns)
    await hanshu('snapshot', file, '--data', dirs[0]!)
    isOver = true
    await Promise.all(writers)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    await assert.rejects(hanshu('snapshot', file, '--data', dirs[0]!), /is there already/)
    await assert.rejects(hanshu('restore', file, '--data', dirs[0]!), /is the data folder of a platform/)
  } finally {
    await platform.kill()
  }

  const restored = join(folder, 'restored')
  await mkdir(restored)
  await hanshu('restore', file, '--data', restored)
  platform = await start([restored, join(folder, 'more')], 2)
  try {
    const oss = ossClient(platform, { bucket: 'kept' })
    for (const [name, last] of turns) {
      const { content } = await oss.get(name)
      const possible = Array.from(
        { length: last - atBegin.get(name)! + 2 },
        (_, more) => atBegin.get(name)! + more,
      )
      assert.ok(
        possible.some((turn) => content.equals(bytesOf(`${name} ${turn}`, 50_000))),
        `${name} is torn`,
      )
    }
    // What was written meanwhile and nothing names is swept; what is there has its copies.
    const { lost } = await scrubbed(platform)
    assert.equal(lost, 0)
    assert.equal((await blobsIn(restored)).size, 3)
    await assertSame([restored, join(folder, 'more')])
  } finally {
    await platform.kill()
  }
})

it('leaves no snapshot behind when the platform dies while it is taken', async () => {
  const data = join(folder, 'g')
  const file = join(folder, 'cut-off.tar')
  const platform = await start([data])
  try {
    const oss = ossClient(platform, { bucket: 'kept' })
    await oss.putBucket('kept')
    for (let n = 0; n < 4; n++) await oss.put(`${n}`, bytesOf(`${n}`, 10_000_000))
    const taken = hanshu('snapshot', file, '--data', data)
    await until(() => stat(`${file}.unfinished`).then(({ size }) => size > 1_000_000, () => false), { what: 'its beginning' }) // biome-ignore format: one line
    await platform.kill()
    await assert.rejects(taken, /not finished/)
    for (const name of [file, `${file}.unfinished`]) await assert.rejects(stat(name), { code: 'ENOENT' })
  } finally {
    await platform.kill()
  }
})
