/** Table Store beside the engine under it, with the same durability; and with many rows. */
import { join } from 'node:path'
import { sqliteRowStore } from '../../src/drivers/embedded/rows.ts'
import type { Sdk } from '../../test/clients.fixture.ts'
import { ignore, long, tablesClient } from '../../test/conformance/tables/tables.fixture.ts'
import { captured } from '../lib/captured.ts'
import { type Loops, loops, type RawRequest, sendRaw } from '../lib/loops.ts'
import { platform } from '../lib/platforms.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { median, show } from '../lib/statistics.ts'

const connections = 32
const goal = 0.6
const rangeRows = 100
const columns = [{ a: 'x'.repeat(100) }, { b: long(7) }]

export const tables: Group = {
  name: 'tables',
  title: 'Table Store (peer: the row engine under it, in the same process as its caller)',

  async run(bench) {
    return [...(await operations(bench)), ...(await growth(bench))]
  },
}

async function operations(bench: Bench): Promise<Row[]> {
  const on = await platform(bench, { sandbox: 'process' })
  const client = tablesClient(on)
  await client.createTable({
    tableMeta: { tableName: 'bench', primaryKey: [{ name: 'id', type: 'INTEGER' }] },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 1 },
    streamSpecification: { enableStream: false },
  })
  const asked = (ask: (sdk: Sdk, at: number) => Promise<unknown>): Promise<RawRequest[]> =>
    Promise.all(
      Array.from({ length: connections }, (_, at) =>
        captured(on.endpoints.ots, (endpoint) =>
          ask(tablesClient({ ...on, endpoints: { ...on.endpoints, ots: endpoint } }), at),
        ),
      ),
    )
  const key = (at: number) => [{ id: long(at) }]
  const puts = await asked((sdk, at) =>
    sdk.putRow({ tableName: 'bench', condition: ignore(), primaryKey: key(at), attributeColumns: columns }),
  )
  const gets = await asked((sdk, at) =>
    sdk.getRow({ tableName: 'bench', primaryKey: key(at), maxVersions: 1 }),
  )
  const ranges = await asked((sdk) =>
    sdk.getRange({
      tableName: 'bench',
      direction: 'FORWARD',
      inclusiveStartPrimaryKey: key(0),
      exclusiveEndPrimaryKey: key(rangeRows),
      maxVersions: 1,
      limit: rangeRows,
    }),
  )
  for (let at = 0; at < rangeRows; at++)
    await client.putRow({ tableName: 'bench', condition: ignore(), primaryKey: key(at), attributeColumns: columns }) // biome-ignore format: one line

  const engine = await sqliteRowStore({ file: join(bench.folder, 'rows.db') })
  bench.own(() => engine.close())
  const row = (at: number): Buffer => {
    const bytes = Buffer.alloc(9)
    bytes.writeBigInt64BE(BigInt(at), 1)
    return bytes
  }
  const data = Buffer.alloc(150, 1)
  for (let at = 0; at < rangeRows; at++) await engine.commit([{ table: 't', put: row(at), data }])
  const contestants: Record<string, { raw(at: number): Promise<unknown>; wire: readonly RawRequest[] }> = {
    PutRow: { raw: (at) => engine.commit([{ table: 't', put: row(at), data }]), wire: puts },
    GetRow: { raw: (at) => engine.get('t', row(at)), wire: gets },
    [`GetRange of ${rangeRows}`]: {
      raw: () => engine.scan('t', { from: row(0), to: row(rangeRows), limit: rangeRows }),
      wire: ranges,
    },
  }
  const durationMs = bench.quick ? 500 : 1500
  const rows: Row[] = []
  for (const [operation, { raw, wire }] of Object.entries(contestants)) {
    const engineRuns: Loops[] = []
    const wireRuns: Loops[] = []
    for (const _ of bench.rounds({ count: bench.quick ? 1 : 4, withinMs: 40_000 })) {
      engineRuns.push(await loops({ connections, durationMs }, raw))
      wireRuns.push(await loops({ connections, durationMs }, (at) => sendRaw(wire[at]!)))
    }
    const ratio = median(wireRuns.map(({ perSecond }, round) => perSecond / engineRuns[round]!.perSecond))!
    rows.push(rowOf(`${operation}, c=${connections}: the engine`, engineRuns), {
      ...rowOf(`${operation}, c=${connections}: Hanshu, signed`, wireRuns),
      ratio: show(ratio),
      goal: `≥ ${goal} × peer`,
      reached: ratio >= goal,
    })
  }
  return rows
}

const rowOf = (what: string, runs: readonly Loops[]): Row => ({
  what,
  median: show(median(runs.map(({ p50Ms }) => p50Ms)), 'ms'),
  p99: show(median(runs.map(({ p99Ms }) => p99Ms)), 'ms'),
  perSecond: show(median(runs.map(({ perSecond }) => perSecond))),
})

/** So many are put in random order at each size. */
const measuredPuts = 100_000

/** Random order: a multiplier without a common divisor visits every number once. */
const scattered = (at: number): number => Math.imul(at, 2_654_435_761) >>> 0
/** `scattered`, back: the multiplier's inverse. */
const gathered = (key: number): number => Math.imul(key, 244_002_641) >>> 0

/** The numbers from `from` and below `to`, in the order of their keys. */
const sortedByKey = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, at) => scattered(from + at))
    .sort()
    .map(gathered)

/** The engine alone, as it grows: what Table Store puts on top does not depend on how many rows there are. */
async function growth(bench: Bench): Promise<Row[]> {
  const steps = bench.quick ? [10_000, 100_000] : [100_000, 1_000_000, 10_000_000]
  const engine = await sqliteRowStore({ file: join(bench.folder, 'growth.db') })
  bench.own(() => engine.close())
  const data = Buffer.alloc(100, 1)
  const keyOf = (at: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(scattered(at), 0)
    bytes.writeUInt32BE(at, 4)
    return bytes
  }
  const put = (numbers: readonly number[] | Uint32Array) =>
    engine.commit(Array.from(numbers, (at) => ({ table: 't', put: keyOf(at), data })))
  const rows: Row[] = []
  let filled = 0
  for (const count of steps) {
    // Those before come in the order of their keys, which a tree takes in many times faster than what is measured.
    const measuredFrom = Math.max(filled, count - measuredPuts)
    const inOrder = sortedByKey(filled, measuredFrom)
    for (let from = 0; from < inOrder.length; from += 1000) await put(inOrder.subarray(from, from + 1000))
    const startedMs = performance.now()
    for (let from = measuredFrom; from < count; from += 1000)
      await put(Array.from({ length: Math.min(1000, count - from) }, (_, at) => from + at))
    filled = count
    const perSecond = ((count - measuredFrom) * 1000) / (performance.now() - startedMs)
    const gets = await loops({ connections: 1, durationMs: 1000 }, (_, number) =>
      engine.get('t', keyOf((number * 7919) % count)),
    )
    rows.push({
      what: `the engine with ${count.toLocaleString('en')} rows: put 1000 at a time in random order (rows/s); get one`,
      median: show(gets.p50Ms, 'ms'),
      p99: show(gets.p99Ms, 'ms'),
      perSecond: show(perSecond),
    })
  }
  return rows
}
