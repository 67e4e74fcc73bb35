import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryJournal } from '../../drivers/memory/journal.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { memoryStreamStore } from '../../drivers/memory/streams.ts'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { billedAttempts } from './billed-attempts.ts'
import { ledger } from './ledger.ts'
import { journalMeter } from './meter.ts'
import { account, all, metered } from './testing.fixture.ts'

const startMs = Date.UTC(2026, 10, 3, 14)
const always = { fromMs: 0, toMs: startMs + 86_400_000 }

const stores = () => ({
  journal: memoryJournal(),
  records: memoryRecordStore(),
  streams: memoryStreamStore(),
  clock: new ManualClock(startMs),
  log: silentLogger,
  entriesBytesMax: 1_000_000,
})

/** A platform on these stores, with a queue that has these events. */
async function platform(on: ReturnType<typeof stores>, queued: Iterable<string>) {
  const attempts = billedAttempts()
  const book = await ledger({ ...on, attempts })
  const meter = journalMeter({ ...on, noted: () => {}, attempts })
  await book.settle()
  for (const requestId of queued) attempts.queued(requestId)
  attempts.foundAll()
  return { attempts, book, call: (requestId: string, retryCount = 0) => meter.invoked(metered({ requestId, retryCount })) } // biome-ignore format: one line
}

const chargedIn = async (on: ReturnType<typeof stores>): Promise<string[]> => {
  const book = await ledger(on)
  await book.settle()
  const entries = await all(book.entries(account, always))
  return entries.map((entry) => (entry.is === 'invocation' ? `${entry.requestId} ${entry.retryCount}` : ''))
}

for (const moved of [false, true]) {
  test(`an attempt that is repeated after a crash is charged once, when the ledger had ${moved ? '' : 'not '}moved it`, async () => {
    const on = stores()
    const first = await platform(on, [])
    for (const requestId of ['a', 'b', 'c']) first.attempts.begins(requestId)
    first.call('a')
    first.call('b')
    first.attempts.settled('b')
    first.call('sync')
    if (moved) await first.book.settle()
    // The platform dies: `a` was charged and is in the queue, `c` was not charged, `b` has failed and is to be tried again.
    for (let crash = 0; crash < 2; crash++) {
      const next = await platform(on, ['a', 'b', 'c'])
      if (crash === 1) continue
      next.attempts.begins('a')
      next.call('a')
      if (moved) await next.book.settle()
    }
    const last = await platform(on, ['a', 'b', 'c'])
    for (const [requestId, retryCount] of [
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ] as const) {
      // biome-ignore format: one line
      last.attempts.begins(requestId)
      last.call(requestId, retryCount)
      last.attempts.settled(requestId)
    }
    // A dead letter that is called anew is charged anew.
    last.attempts.begins('a')
    last.call('a')
    assert.deepEqual((await chargedIn(on)).sort(), ['a 0', 'a 0', 'b 0', 'b 1', 'c 0', 'sync 0'])
  })
}

test('whatever is repeated after whatever crashes, each attempt of the queue is charged once', async () => {
  const step = fc.constantFrom('call', 'settle', 'move', 'crash', 'sync')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(step, fc.constantFrom('a', 'b', 'c')), { maxLength: 30 }),
      async (steps) => {
        const on = stores()
        const queue = new Set(['a', 'b', 'c'])
        const called = new Set<string>()
        let now = await platform(on, queue)
        let direct = 0
        for (const [what, requestId] of steps) {
          if (what === 'crash') now = await platform(on, queue)
          if (what === 'move') await now.book.settle()
          if (what === 'sync') now.call(`sync-${direct++}`)
          if (what === 'call' && queue.has(requestId)) {
            now.attempts.begins(requestId)
            now.call(requestId)
            called.add(requestId)
          }
          if (what === 'settle' && queue.delete(requestId)) now.attempts.settled(requestId)
        }
        const expected = [...called, ...Array.from({ length: direct }, (_, at) => `sync-${at}`)]
        assert.deepEqual((await chargedIn(on)).sort(), expected.map((id) => `${id} 0`).sort())
      },
    ),
    { numRuns: 200 },
  )
})

test('nothing is left in the records of what is settled', async () => {
  const on = stores()
  const first = await platform(on, [])
  first.attempts.begins('a')
  first.call('a')
  await first.book.settle()
  const kept = async () => (await on.records.list({ prefix: 'metering/unsettled', limit: 2 })).length
  assert.equal(await kept(), 1)
  first.attempts.settled('a')
  first.call('sync')
  await first.book.settle()
  assert.equal(await kept(), 0)
})
