/** Object Storage beside plain files behind `node:http` and s3rver: put and get by size; listing a large bucket. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { sqliteRecordStore } from '../../src/drivers/embedded/records.ts'
import { presignOssV1 } from '../../src/wire/signatures/oss-v1.ts'
import { ossClient } from '../../test/conformance/objects/objects.fixture.ts'
import type { Platform } from '../../test/platform.fixture.ts'
import { freePort, startServer } from '../lib/children.ts'
import { type Loops, loops, sendRaw } from '../lib/loops.ts'
import { platform } from '../lib/platforms.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { median, show } from '../lib/statistics.ts'

interface Contestant {
  name: string
  urlOf(method: 'PUT' | 'GET', key: string): string
}

const sizes = [
  { name: '1 KB', bytes: 1024, connections: 8 },
  { name: '1 MB', bytes: 1024 ** 2, connections: 4 },
  { name: '100 MB', bytes: 100 * 1024 ** 2, connections: 1 },
] as const

/** Of the same durable work. */
const goal = 0.6

export const objects: Group = {
  name: 'objects',
  title: 'Object Storage (peer: a synced file behind node:http)',

  async run(bench) {
    const on = await platform(bench, { sandbox: 'process' })
    const oss = ossClient(on)
    await oss.putBucket('bench')
    const contestants = [await plainFiles(bench), await s3rver(bench), hanshu(on)]
    const rows: Row[] = []
    for (const size of sizes) rows.push(...(await putAndGet(bench, contestants, size)))
    return [...rows, ...(await listing(bench))]
  },
}

async function plainFiles(bench: Bench): Promise<Contestant> {
  const port = await freePort()
  const args = [
    join(import.meta.dirname, '../peers/plain-files.mjs'),
    String(port),
    join(bench.folder, 'plain'),
  ]
  await startServer(bench, { file: process.execPath, args }, `http://127.0.0.1:${port}/`)
  return { name: 'plain files', urlOf: (_, key) => `http://127.0.0.1:${port}/${key}` }
}

async function s3rver(bench: Bench): Promise<Contestant> {
  const port = await freePort()
  const args = [join(import.meta.dirname, '../peers/s3rver.mjs'), String(port), join(bench.folder, 's3rver')]
  const cwd = join(import.meta.dirname, '..')
  await startServer(bench, { file: process.execPath, args, cwd }, `http://127.0.0.1:${port}/bench/`)
  return { name: 's3rver (not durable)', urlOf: (_, key) => `http://127.0.0.1:${port}/bench/${key}` }
}

const hanshu = (on: Platform): Contestant => ({
  name: 'Hanshu, presigned V1',
  urlOf(method, key) {
    const place = { bucket: 'bench', object: key }
    return `${on.endpoints.oss}/bench/${key}?${presignOssV1({ method }, place, on, Date.now() + 3_600_000)}`
  },
})

async function putAndGet(
  bench: Bench,
  contestants: readonly Contestant[],
  { name, bytes, connections }: (typeof sizes)[number],
): Promise<Row[]> {
  const body = randomBytes(bytes)
  const durationMs = bench.quick ? 500 : 1500
  const results = new Map<string, Loops[]>()
  const keep = (what: string, result: Loops) => results.set(what, [...(results.get(what) ?? []), result])
  for (const _ of bench.rounds({ count: bench.quick ? 1 : 4, withinMs: 90_000 })) {
    for (const { name: who, urlOf } of contestants) {
      const keys = Array.from({ length: connections }, (_key, connection) => `${bytes}-${connection}`)
      const puts = keys.map((key) => ({ url: urlOf('PUT', key), method: 'PUT', headers: {}, body }))
      keep(`put ${who}`, await loops({ connections, durationMs }, (connection) => sendRaw(puts[connection]!)))
      const gets = keys.map((key) => ({ url: urlOf('GET', key), method: 'GET', headers: {} }))
      keep(`get ${who}`, await loops({ connections, durationMs }, (connection) => sendRaw(gets[connection]!)))
    }
  }
  const [peer] = contestants
  return ['put', 'get'].flatMap((verb) =>
    contestants.map(({ name: who }): Row => {
      const own = results.get(`${verb} ${who}`)!
      const peers = results.get(`${verb} ${peer!.name}`)!
      const ratio = median(own.map(({ perSecond }, round) => perSecond / peers[round]!.perSecond))!
      const isOurs = who.startsWith('Hanshu')
      return {
        what: `${verb} ${name}, c=${connections}: ${who}`,
        median: show(median(own.map(({ p50Ms }) => p50Ms)), 'ms'),
        p99: show(median(own.map(({ p99Ms }) => p99Ms)), 'ms'),
        perSecond: show(median(own.map(({ perSecond }) => perSecond))),
        ratio: show(ratio),
        ...(isOurs ? { goal: `≥ ${goal} × peer`, reached: ratio >= goal } : {}),
      }
    }),
  )
}

/** The records of the objects are put into the data folder before the platform starts: a put of each would take too long. */
async function listing(bench: Bench): Promise<Row[]> {
  const count = bench.quick ? 20_000 : 1_000_000
  const first = await platform(bench, { sandbox: 'process' })
  await ossClient(first).putBucket('large')
  await first.stop()
  const records = await sqliteRecordStore({ file: join(first.dataDir, 'records.db') })
  const pageSize = 2000
  for (let from = 0; from < count; from += pageSize)
    await records.commit(
      Array.from({ length: pageSize }, (_, at) => ({
        put: `objects/object/large/folder-${String((from + at) % 100).padStart(2, '0')}/${String(from + at).padStart(8, '0')}`,
        value: { sizeBytes: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e', lastModifiedMs: 0, headers: {} },
      })),
    )
  await records.close()
  const on = await platform(bench, { sandbox: 'process', dataDir: first.dataDir })
  const oss = ossClient(on, { bucket: 'large' })
  const pagesMs: number[] = []
  const startedMs = performance.now()
  let listed = 0
  for (let token: string | undefined; ; ) {
    const beganMs = performance.now()
    const { objects: page, nextContinuationToken } = await oss.listV2({ 'max-keys': 1000, ...(token && { 'continuation-token': token }) }) // biome-ignore format: one line
    pagesMs.push(performance.now() - beganMs)
    listed += page.length
    token = nextContinuationToken
    if (!token) break
  }
  const tookMs = performance.now() - startedMs
  if (listed !== count) throw new Error(`${listed} of ${count} objects were listed`)
  const folderMs: number[] = []
  for (let round = 0; round < 5; round++) {
    const beganMs = performance.now()
    const { prefixes } = await oss.listV2({ delimiter: '/', 'max-keys': 1000 })
    if (prefixes.length !== Math.min(100, count)) throw new Error(`${prefixes.length} folders`)
    folderMs.push(performance.now() - beganMs)
  }
  const keys = count.toLocaleString('en')
  return [
    {
      what: `all of ${keys} keys by ali-oss, 1000 at a time: one page, and keys a second`,
      median: show(median(pagesMs), 'ms'),
      p99: show(pagesMs.toSorted((a, b) => b - a)[Math.floor(pagesMs.length / 100)], 'ms'),
      perSecond: show((count * 1000) / tookMs),
    },
    { what: `the 100 folders of ${keys} keys (delimiter)`, median: show(median(folderMs), 'ms') },
  ]
}
