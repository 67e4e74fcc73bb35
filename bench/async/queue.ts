/**
 * The asynchronous queue by itself, on the disk of the working directory: `node --expose-gc bench/async/queue.ts EVENTS`. Prints JSON.
 * All events are accepted while the invoker holds every call, so that they queue; then it lets them go.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asyncInvocations } from '../../src/compute/async-invocations.ts'
import { sqliteRecordStore } from '../../src/drivers/embedded/records.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { randomIds } from '../../src/lib/ids.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import type { FunctionRevision, InvocationOutcome, Invoker } from '../../src/ports/invocation.ts'

const events = Number(process.argv[2] ?? 100_000)
const clients = 64
const rawForMs = 1000
const event = Buffer.from('x'.repeat(200))
const rssMib = (): number => process.memoryUsage.rss() / 1_048_576
/** What is held, without what a collector has not got round to. */
function heldMib(): number {
  if (!globalThis.gc) throw new Error('run it with --expose-gc')
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}

const folder = await mkdtemp('.bench-async-')
try {
  const rawPerSecond = rawInserts()
  console.log(JSON.stringify({ rawPerSecond, ...(await queued()) }))
} finally {
  await rm(folder, { recursive: true })
}

/** One insert, one transaction, one sync of the disk: what a record that is durable costs at least without company. */
function rawInserts(): number {
  const database = new DatabaseSync(join(folder, 'raw.db'))
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE r (k TEXT PRIMARY KEY, v TEXT)',
  )
  const insert = database.prepare('INSERT INTO r VALUES (?, ?)')
  const value = event.toString('base64')
  const startedMs = performance.now()
  let inserted = 0
  while (performance.now() - startedMs < rawForMs) insert.run(`async/queue/1/f/r/${inserted++}`, value)
  const perSecond = (inserted * 1000) / (performance.now() - startedMs)
  database.close()
  return perSecond
}

async function queued() {
  const records = await sqliteRecordStore({ file: join(folder, 'records.db') })
  const open = Promise.withResolvers<void>()
  let called = 0
  const report = { instanceId: 'c', durationMs: 1, billedMs: 1, maxMemoryMb: 1, coldStart: false }
  const outcome: InvocationOutcome = { outcome: 'succeeded', body: Buffer.from('ok'), report }
  const queue = asyncInvocations({
    records,
    invoker: {
      async invoke() {
        await open.promise
        called++
        return outcome
      },
    } as unknown as Invoker,
    clock: systemClock,
    ids: randomIds,
    log: silentLogger,
    resolve: async () => ({ runtime: 'nodejs20', functionArn: 'acs:fc:r:1:functions/f' }) as FunctionRevision,
    policyOf: async () => ({ retriesMax: 3, eventAgeMaxMs: 86_400_000, asyncTask: false }),
    presenceOf: () => [],
  })
  await queue.start()

  let next = 0
  const client = async () => {
    for (let number = next++; number < events; number = next++)
      await queue.accept({ accountId: '1', functionName: 'f', qualifier: 'LATEST', requestId: `r${number}`, event }) // biome-ignore format: one line
  }
  const warm = Math.min(events, 1000)
  while (next < warm) await queue.accept({ accountId: '1', functionName: 'f', qualifier: 'LATEST', requestId: `r${next++}`, event }) // biome-ignore format: one line
  const emptyMib = heldMib()
  const emptyRssMib = rssMib()
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: clients }, client))
  const acceptedPerSecond = ((events - warm) * 1000) / (performance.now() - startedMs)

  const queuedMib = heldMib()
  let mostRssMib = rssMib()
  const drainStartedMs = performance.now()
  open.resolve()
  while (queue.depth() > 0) {
    await new Promise((done) => setTimeout(done, 20))
    mostRssMib = Math.max(mostRssMib, rssMib())
  }
  const drainedPerSecond = (events * 1000) / (performance.now() - drainStartedMs)
  const drainedMib = heldMib()
  await queue.close()
  await records.close()
  if (called !== events) throw new Error(`${events} events led to ${called} calls`)
  return { acceptedPerSecond, drainedPerSecond, emptyMib, queuedMib, drainedMib, emptyRssMib, mostRssMib }
}
