/** `kill -9` at any moment loses nothing that was acknowledged and leaves nothing torn. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sha256Hex } from '../../lib/checksums.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { fileBlobStore } from './blobs.ts'
import { fileJournal } from './journal.ts'
import { sqliteRecordStore } from './records.ts'
import { sqliteStreamStore } from './streams.ts'
import { temporaryFolder } from './temporary-folder.fixture.ts'

const { newPath, remove } = await temporaryFolder()
after(remove)

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 10)
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

interface Acknowledged {
  /** n → version */
  records: Map<number, number>
  /** n → number of the last entry */
  entries: Map<number, number>
  /** id → SHA-256 */
  blobs: Map<string, string>
  /** n */
  journal: number[]
}

test('a process that is killed at random moments keeps everything it acknowledged, and nothing torn', async (t) => {
  t.diagnostic(`CRASH_SEED=${seed} CRASH_ROUNDS=${ROUNDS}`)
  const random = randomFrom(seed)
  const acknowledged: Acknowledged = { records: new Map(), entries: new Map(), blobs: new Map(), journal: [] }
  const dir = newPath('data')
  await (await fileBlobStore({ dir: join(dir, 'blobs') })).close() // makes the folder
  for (let round = 0; round < ROUNDS; round++) {
    await runAndKill(dir, round * 1_000_000, Math.floor(random() * 120), acknowledged)
    await checkRecords(dir, acknowledged).catch(inRound(round))
    await checkStreams(dir, acknowledged).catch(inRound(round))
    await checkBlobs(dir, acknowledged).catch(inRound(round))
    await checkJournal(dir, acknowledged).catch(inRound(round))
  }
  assert.ok(
    acknowledged.records.size +
      acknowledged.entries.size +
      acknowledged.blobs.size +
      acknowledged.journal.length >
      ROUNDS,
  )
})

/** Kills the child right after its nth acknowledgement is read: by then it is somewhere in the middle of later ones. */
async function runAndKill(
  dir: string,
  first: number,
  killAfter: number,
  acknowledged: Acknowledged,
): Promise<void> {
  const script = fileURLToPath(new URL('./crash-child.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [script, dir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, what, detail] = line.split(' ')
    if (kind === 'record') acknowledged.records.set(Number(what), Number(detail))
    if (kind === 'entry') acknowledged.entries.set(Number(what), Number(detail))
    if (kind === 'journal') acknowledged.journal.push(Number(what))
    if (kind === 'blob') acknowledged.blobs.set(what!, detail!)
    if (lines++ === killAfter) child.kill('SIGKILL')
  }
  const [code, signal] = await exited
  assert.equal(signal, 'SIGKILL', `the child ended by itself, with code ${code}`)
}

async function checkRecords(dir: string, { records: acknowledged }: Acknowledged): Promise<void> {
  const store = await sqliteRecordStore({ file: join(dir, 'records.db') })
  const all = async (prefix: string) =>
    new Map(
      (await store.list<number>({ prefix, limit: 1_000_000 })).map(({ value, version }) => [value, version]),
    )
  const left = await all('left/')
  const right = await all('right/')
  for (const [n, version] of acknowledged) assert.equal(left.get(n), version, `record ${n}`)
  assert.deepEqual([...left.keys()].sort(), [...right.keys()].sort())

  const versions = [...left.values(), ...right.values()]
  assert.equal(new Set(versions).size, versions.length, 'a version was used twice')
  await store.commit([{ put: 'probe', value: 1 }])
  assert.ok((await store.get('probe'))!.version > Math.max(0, ...versions))
  await store.commit([{ remove: 'probe' }])
  await store.close()
}

async function checkStreams(dir: string, { entries: acknowledged }: Acknowledged): Promise<void> {
  const store = await sqliteStreamStore({ file: join(dir, 'streams.db') })
  const { first, last } = (await store.stat('s')) ?? { first: 1, last: 0 }
  const entries = await store.read('s', { from: 1, limit: 1_000_000 })
  assert.deepEqual(
    entries.map(({ sequence }) => sequence),
    Array.from({ length: last - first + 1 }, (_, at) => first + at),
  )
  const texts = new Map(entries.map(({ sequence, data }) => [sequence, Buffer.from(data).toString()]))
  for (const [n, lastOfPair] of acknowledged) {
    assert.ok(lastOfPair <= last, `entry ${n} was lost`)
    if (lastOfPair >= first) assert.equal(texts.get(lastOfPair), `right ${n}`)
    if (lastOfPair > first) assert.equal(texts.get(lastOfPair - 1), `left ${n}`)
  }
  assert.ok(last % 2 === 0, 'half an append was kept')
  await store.close()
}

async function checkBlobs(dir: string, { blobs: acknowledged }: Acknowledged): Promise<void> {
  const store = await fileBlobStore({ dir: join(dir, 'blobs') })
  const listed = new Set<string>()
  for await (const blobId of store.list()) {
    listed.add(blobId)
    const sha256 = sha256Hex(Buffer.concat(await (await store.read(blobId)).toArray()))
    assert.equal((await store.stat(blobId))!.sha256, sha256)
    if (acknowledged.has(blobId)) assert.equal(acknowledged.get(blobId), sha256)
  }
  for (const blobId of acknowledged.keys()) assert.ok(listed.has(blobId), `blob ${blobId} was lost`)
  assert.deepEqual(await readdir(join(dir, 'blobs', 'unfinished')), [])
  await store.close()
}

async function checkJournal(dir: string, { journal: acknowledged }: Acknowledged): Promise<void> {
  const journal = await fileJournal({ dir: join(dir, 'journal'), clock: systemClock, log: silentLogger })
  const found: number[] = []
  for (let at = 0; ; ) {
    const { entries, next } = await journal.read(at, { limit: 100 })
    if (entries.length === 0) break
    for (const { data } of entries) {
      const n = Number.parseInt(Buffer.from(data).toString(), 10)
      assert.equal(Buffer.from(data).toString(), `${n} `.repeat(1000))
      found.push(n)
    }
    at = next
  }
  assert.deepEqual(
    found,
    [...new Set(found)].sort((a, b) => a - b),
  )
  const kept = new Set(found)
  for (const n of acknowledged) assert.ok(kept.has(n), `journal entry ${n} was lost`)
  await journal.close()
}

const inRound = (round: number) => (cause: unknown) => {
  throw new Error(`after round ${round} of CRASH_SEED=${seed}: ${cause}`, { cause })
}

/** Mulberry32: numbers from 0 to below 1 that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
