import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryJournal } from '../../drivers/memory/journal.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryStreamStore } from '../../drivers/memory/streams.ts'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { Journal } from '../../ports/journal.ts'
import type { HeldEntry, InvocationEntry } from './entry.ts'
import { hourMs } from './held-time.ts'
import { ledger } from './ledger.ts'
import { journalMeter } from './meter.ts'
import { account, all, metered, revision } from './testing.fixture.ts'
import { addUsage, noUsage, type Usage, type UsageByKind } from './usage.ts'

const startMs = Date.UTC(2026, 10, 3, 14)
const always = { fromMs: 0, toMs: startMs + 1000 * hourMs }

function memory() {
  return {
    journal: memoryJournal(),
    records: memoryRecordStore(),
    streams: memoryStreamStore(),
    clock: new ManualClock(startMs),
    log: silentLogger,
    entriesBytesMax: 1_000_000,
  }
}

type Stores = ReturnType<typeof memory>
const meterOn = ({ journal, clock, log }: Stores, noted = () => {}) =>
  journalMeter({ journal, clock, log, noted })

test('what was metered is summed by function and hour, and kept one by one', async () => {
  const stores = memory()
  const book = await ledger(stores)
  const meter = meterOn(stores)
  meter.invoked(metered())
  meter.invoked(metered({ requestId: 'r-2', outcome: 'unhandledError', billedMs: 30, activeMs: 20 }))
  stores.clock.advance(hourMs)
  meter.invoked(metered({ requestId: 'r-3', revision: { ...revision, functionName: 'other' } }))
  await book.settle()
  assert.deepEqual(await all(book.usage(account, always)), [
    {
      hourMs: startMs,
      region: 'cn-hangzhou',
      functionName: 'hello',
      usage: { onDemand: { requests: 2n, cpu: 32n * 35n, memory: 32n * 512n, disk: 32n * 512n } },
    },
    {
      hourMs: startMs + hourMs,
      region: 'cn-hangzhou',
      functionName: 'other',
      usage: { onDemand: { requests: 1n, cpu: 12n * 35n, memory: 12n * 512n, disk: 12n * 512n } },
    },
  ])
  const entries = await all(book.entries(account, always))
  assert.deepEqual(
    entries.map((entry) => entry.is === 'invocation' && [entry.requestId, entry.outcome, entry.billedMs]),
    [
      ['r-1', 'succeeded', 12],
      ['r-2', 'unhandledError', 30],
      ['r-3', 'succeeded', 12],
    ],
  )
  const second = { fromMs: startMs + hourMs, toMs: startMs + 2 * hourMs }
  assert.equal((await all(book.usage(account, second))).length, 1)
  assert.equal((await all(book.entries(account, second))).length, 1)
  assert.deepEqual(await all(book.usage('another', always)), [])
  await book.close()
})

test('a call on a provisioned instance is a request; its time is that of the instance', async () => {
  const stores = memory()
  const book = await ledger(stores)
  const meter = meterOn(stores)
  meter.invoked(metered({ kind: 'provisioned', billedMs: 5000, activeMs: 5000 }))
  const holding = { function: revision, qualifier: 'live', instanceId: 'c-1', memoryMb: 1024, cpu: 1, diskMb: 512 } // biome-ignore format: one line
  meter.held({ ...holding, kind: 'provisioned', fromMs: startMs, toMs: startMs + 51_000 })
  meter.held({ ...holding, kind: 'lightSleep', fromMs: startMs + 51_000, toMs: startMs + 100_000 })
  await book.settle()
  const [hour] = await all(book.usage(account, always))
  assert.deepEqual(hour!.usage, {
    provisioned: { requests: 1n, cpu: 100n * 60_000n, memory: 1024n * 51_000n, disk: 512n * 51_000n },
    lightSleep: { requests: 0n, cpu: 0n, memory: 1024n * 49_000n, disk: 512n * 49_000n },
  })
  await book.close()
})

/** Wraps a store so that the nth call of anything that changes it fails, before or after it was done. */
function failingAt<Store extends object>(store: Store, fault: Fault, names: readonly string[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (!names.includes(String(name))) return value.bind(target)
      return async (...given: unknown[]) => {
        const strikes = fault.step++ === fault.at
        if (strikes && fault.when === 'before') throw new Error('the end')
        const answer = await value.apply(target, given)
        if (strikes) throw new Error('the end')
        return answer
      }
    },
  })
}
interface Fault {
  at: number
  when: 'before' | 'after'
  step: number
}

test('a crash between any two steps counts every entry exactly once', async () => {
  let struck = 0
  for (const when of ['before', 'after'] as const) {
    for (let at = 0; at < 9; at++) {
      const stores = memory()
      const fault: Fault = { at, when, step: 0 }
      const meter = meterOn(stores)
      const crashing = await ledger({
        ...stores,
        journal: failingAt(stores.journal, fault, ['flush', 'trim']),
        records: failingAt(stores.records, fault, ['commit']),
        streams: failingAt(stores.streams, fault, ['append']),
      })
      for (let n = 0; n < 2500; n++) meter.invoked(metered({ requestId: `r-${n}` }))
      await crashing.settle().catch(() => struck++)
      // The next process finds what the dead one has left.
      const next = await ledger(stores)
      meter.invoked(metered({ requestId: 'r-2500' }))
      await next.settle()
      const [hour] = await all(next.usage(account, always))
      assert.equal(hour!.usage.onDemand!.requests, 2501n, `${when} ${at}`)
      const ids = (await all(next.entries(account, always))).map(
        (entry) => entry.is === 'invocation' && entry.requestId,
      )
      assert.deepEqual(
        ids,
        Array.from({ length: 2501 }, (_, n) => `r-${n}`),
        `${when} ${at}`,
      )
    }
  }
  assert.ok(struck >= 14, `${struck}`)
})

test('a failure is survived by the same process, too', async () => {
  const stores = memory()
  const fault: Fault = { at: 2, when: 'after', step: 0 }
  const book = await ledger({ ...stores, records: failingAt(stores.records, fault, ['commit']) })
  const meter = meterOn(stores)
  for (let n = 0; n < 5000; n++) meter.invoked(metered())
  await assert.rejects(book.settle(), /the end/)
  await book.settle()
  const [hour] = await all(book.usage(account, always))
  assert.equal(hour!.usage.onDemand!.requests, 5000n)
  assert.equal((await all(book.entries(account, always))).length, 5000)
})

test('it moves by itself a second after something was noted, and tries again when that fails', async () => {
  const failed = Promise.withResolvers<void>()
  const log = { ...silentLogger, error: () => failed.resolve() }
  const stores = { ...memory(), log }
  const fault: Fault = { at: 0, when: 'before', step: 0 }
  const book = await ledger({ ...stores, records: failingAt(stores.records, fault, ['commit']) })
  const meter = meterOn(stores, book.noted)
  meter.invoked(metered())
  const moved = async () => (await all(book.usage(account, always))).length
  stores.clock.advance(1000)
  await failed.promise
  assert.equal(await moved(), 0)
  stores.clock.advance(5000)
  while ((await moved()) === 0) await new Promise(setImmediate)
  assert.equal(stores.clock.pendingTimers, 0)
})

test('a journal whose folder was removed neither hides new entries nor counts old ones again', async () => {
  const stores = memory()
  const meter = meterOn(stores)
  const first = await ledger(stores)
  for (let n = 0; n < 10; n++) meter.invoked(metered())
  await first.close()
  const left = { ...stores, journal: memoryJournal() }
  const second = await ledger(left)
  meterOn(left).invoked(metered())
  await second.settle()
  const [hour] = await all(second.usage(account, always))
  assert.equal(hour!.usage.onDemand!.requests, 11n)
  assert.equal((await all(second.entries(account, always))).length, 11)
})

test('single entries are bounded, the oldest first; sums stay until they are 400 days old', async () => {
  const stores = { ...memory(), entriesBytesMax: 5000 }
  const book = await ledger(stores)
  const meter = meterOn(stores)
  for (let n = 0; n < 100; n++) {
    for (let m = 0; m < 10; m++) meter.invoked(metered({ requestId: `r-${n}` }))
    await book.settle()
  }
  const { sizeBytes } = (await stores.streams.stat('metering/ledger'))!
  assert.ok(sizeBytes > 1000 && sizeBytes <= 5000, `${sizeBytes}`)
  assert.equal((await all(book.usage(account, always)))[0]!.usage.onDemand!.requests, 1000n)
  stores.clock.advance(399 * 86_400_000)
  meter.invoked(metered())
  await book.settle()
  await book.sweep()
  const ever = { fromMs: 0, toMs: stores.clock.now() + hourMs }
  assert.equal((await all(book.usage(account, ever))).length, 2)
  stores.clock.advance(2 * 86_400_000)
  await book.sweep()
  assert.equal((await all(book.usage(account, ever))).length, 1)
})

test('when the journal takes nothing, entries wait in memory, and past the bound their number is an entry', async () => {
  const stores = memory()
  let full = true
  const said: string[] = []
  const journal: Journal = {
    ...stores.journal,
    get end() {
      return stores.journal.end
    },
    append(entry) {
      if (full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      return stores.journal.append(entry)
    },
  }
  const log = { ...silentLogger, error: (_: object, sentence: string) => void said.push(sentence) }
  const book = await ledger(stores)
  const meter = journalMeter({ journal, clock: stores.clock, log, noted: book.noted })
  for (let n = 0; n < 100_003; n++) meter.invoked(metered())
  assert.deepEqual(meter.state(), { waiting: 100_000, lost: 3 })
  stores.clock.advance(1000)
  assert.deepEqual(said, [
    'the ledger cannot be written: entries are kept in memory, calls go on',
    'the ledger still cannot be written',
  ])
  full = false
  stores.clock.advance(1000)
  assert.deepEqual(meter.state(), { waiting: 0, lost: 0 })
  await book.settle()
  assert.equal((await all(book.usage(account, always)))[0]!.usage.onDemand!.requests, 100_000n)
  assert.equal(await book.lost(always), 3)
  assert.equal(await book.lost({ fromMs: 0, toMs: startMs }), 0)
})

/** One entry by itself, without the code that sums many. */
function usageOfEntry(entry: InvocationEntry | HeldEntry): Usage {
  const isCall = entry.is === 'invocation'
  const ms = BigInt(isCall ? (entry.kind === 'onDemand' ? entry.activeMs : 0) : entry.heldMs)
  return {
    requests: isCall ? 1n : 0n,
    cpu: BigInt(entry.cpuHundredths) * (isCall ? ms : BigInt(entry.cpuMs)),
    memory: BigInt(entry.memoryMb) * ms,
    disk: BigInt(entry.diskMb) * ms,
  }
}

test('the sums are those of the entries, whatever was metered and however it was cut into batches', async () => {
  const call = fc.record({
    kind: fc.constantFrom('onDemand' as const, 'provisioned' as const),
    functionName: fc.constantFrom('a', 'b', 'c'),
    cpu: fc.integer({ min: 1, max: 320 }).map((steps) => steps / 20),
    memoryMb: fc.integer({ min: 2, max: 512 }).map((steps) => steps * 64),
    billedMs: fc.integer({ min: 1, max: 86_400_000 }),
    afterMs: fc.nat({ max: hourMs }),
    settle: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 30 }), async (calls) => {
      const stores = memory()
      const book = await ledger(stores)
      const meter = meterOn(stores)
      for (const { functionName, cpu, memoryMb, billedMs, kind, afterMs, settle } of calls) {
        stores.clock.advance(afterMs)
        const own = { ...revision, functionName, cpu, memoryMb }
        meter.invoked(metered({ revision: own, kind, billedMs, activeMs: billedMs }))
        const held = { function: own, qualifier: '', instanceId: 'c', cpu, memoryMb, diskMb: 512 }
        const toMs = stores.clock.now()
        if (kind === 'provisioned') meter.held({ ...held, kind, fromMs: toMs - afterMs, toMs })
        if (settle) await book.settle()
      }
      await book.settle()
      const sum = async (parts: AsyncIterable<UsageByKind>) => {
        const total: UsageByKind = { onDemand: noUsage, provisioned: noUsage }
        for await (const part of parts) {
          for (const [kind, usage] of Object.entries(part)) addUsage(total, kind as 'onDemand', usage)
        }
        return total
      }
      const ofHours = await sum(
        (async function* () {
          for await (const { usage } of book.usage(account, always)) yield usage
        })(),
      )
      const ofEntries = await sum(
        (async function* () {
          for await (const entry of book.entries(account, always)) yield { [entry.kind]: usageOfEntry(entry) }
        })(),
      )
      assert.deepEqual(ofHours, ofEntries)
      assert.equal(ofHours.onDemand!.requests + ofHours.provisioned!.requests, BigInt(calls.length))
    }),
    { numRuns: 60 },
  )
})
