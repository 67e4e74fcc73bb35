/**
 * Engines for embedded records, side by side: `node bench/records/engines.ts [rounds] [ms per measurement]`.
 * Each round gives every engine a fresh process and folder on the disk of the working directory; the table shows medians.
 * LMDB takes part after `npm install` in this folder.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { candidates } from './candidates.ts'
import type { Engine } from './engine.ts'

const RECORDS = 10_000
const PER_GROUP = 100

const value = (n: number) => ({
  functionName: `function-${n}`,
  runtime: 'nodejs20',
  handler: 'index.handler',
  memorySize: 512,
  environmentVariables: { TABLE: 'orders', REGION: 'cn-hangzhou' },
  description: 'x'.repeat(300),
})
const key = (n: number) => `functions/${Math.floor(n / PER_GROUP)}/${String(n).padStart(6, '0')}`

type Row = Record<string, number>

async function measure(name: string, durationMs: number): Promise<Row> {
  const folder = await mkdtemp('.bench-records-')
  try {
    return await measureIn(folder, name, durationMs)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measureIn(folder: string, name: string, durationMs: number): Promise<Row> {
  const openEngine = candidates[name]!
  let engine = await openEngine(folder)
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => engine.commit(key(n), value(n))))
  await engine.close()

  const openedAt = performance.now()
  engine = await openEngine(folder)
  await engine.get(key(RECORDS - 1))
  const openMs = performance.now() - openedAt

  const oneCaller = await rate(durationMs, 1, (n) => engine.commit(key(n % RECORDS), value(n)))
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const manyCallers = await rate(durationMs, 64, (n) => engine.commit(key(n % RECORDS), value(n)))
  loop.disable()
  const getWhileWritten = await getsWhileWritten(engine, durationMs)
  const gets = await rate(durationMs, 1, (n) => engine.get(key((n * 7919) % RECORDS)))
  const lists = await rate(durationMs, 1, (n) =>
    engine.list(`functions/${n % (RECORDS / PER_GROUP)}/`, PER_GROUP),
  )
  const rssMb = process.memoryUsage.rss() / 2 ** 20
  await engine.close()
  return {
    'commits/s, 1 caller': oneCaller,
    'commits/s, 64 callers': manyCallers,
    'loop held up, p99 ms': loop.percentile(99) / 1e6,
    'get while written, p99 ms': getWhileWritten,
    'get/s': gets,
    'list of 100/s': lists,
    'open 10,000, ms': openMs,
    'RSS, MiB': rssMb,
  }
}

/** How often per second `callers` that each wait for their answer get one. */
async function rate(durationMs: number, callers: number, call: (n: number) => unknown): Promise<number> {
  let calls = 0
  const startedAt = performance.now()
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) await call(calls++)
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return (calls * 1000) / (performance.now() - startedAt)
}

/** A reader that comes once per millisecond while 64 callers write: from when it wanted to read until it had. */
async function getsWhileWritten(engine: Engine, durationMs: number): Promise<number> {
  const waits: number[] = []
  const startedAt = performance.now()
  let due = startedAt
  const reader = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      due = Math.max(due + 1, performance.now())
      while (performance.now() < due) await new Promise(setImmediate)
      await engine.get(key(waits.length % RECORDS))
      waits.push(performance.now() - due)
    }
  }
  await Promise.all([reader(), rate(durationMs, 64, (n) => engine.commit(key(n % RECORDS), value(n)))])
  waits.sort((a, b) => a - b)
  return waits[Math.floor(waits.length * 0.99)] ?? Number.NaN
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
const format = (number: number): string =>
  number >= 100 ? Math.round(number).toLocaleString('en') : number.toPrecision(2)

function compare(rounds: number, durationMs: number): void {
  const results = new Map<string, Row[]>()
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(candidates)) {
      try {
        const arguments_ = [fileURLToPath(import.meta.url), '--one', name, String(durationMs)]
        const output = execFileSync(process.execPath, arguments_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }) // biome-ignore format: one line
        results.set(name, [...(results.get(name) ?? []), JSON.parse(output)])
      } catch (error) {
        console.error(`${name} takes no part: ${String((error as { stderr?: string }).stderr ?? error).match(/Error.*/)?.[0]}`) // biome-ignore format: one line
      }
    }
  }
  const names = [...results.keys()]
  console.log(`| | ${names.join(' | ')} |\n|---|${names.map(() => '--:').join('|')}|`)
  for (const what of Object.keys(results.get(names[0]!)![0]!)) {
    const cells = names.map((name) => format(median(results.get(name)!.map((row) => row[what]!))))
    console.log(`| ${what} | ${cells.join(' | ')} |`)
  }
  const [one, , fifteen] = loadavg().map((load) => load.toFixed(1))
  console.log(
    `\n${cpus().length} × ${cpus()[0]!.model}, Node ${process.version}, load ${one} (15 min: ${fifteen})`,
  )
}

if (process.argv[2] === '--one') {
  console.log(JSON.stringify(await measure(process.argv[3]!, Number(process.argv[4]))))
} else {
  compare(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 1500))
}
