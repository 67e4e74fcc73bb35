import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { RecordStore } from '../../ports/records.ts'
import { NOW_MS, turn } from '../events/events.testing.ts'
import type { SourceTrigger } from '../events/source-triggers.ts'
import type { Batch, TableChange } from './needs.ts'
import { tableTriggers } from './table-triggers.ts'

const trigger: SourceTrigger = {
  functionName: 'f',
  triggerName: 't',
  triggerId: 'f-t',
  qualifier: 'LATEST',
  triggerType: 'tablestore',
  source: 'instance/i/table/t',
  config: {},
  sinceMs: NOW_MS,
}

/** A stream that a test writes to, and a function that does as it is told. */
function world({
  records = memoryRecordStore(),
  changes = [],
}: {
  records?: RecordStore
  changes?: TableChange[]
} = {}) {
  const clock = new ManualClock(NOW_MS)
  const state = {
    triggers: [trigger],
    streamId: 's1' as string | undefined,
    /** Why the function does not succeed. */
    because: undefined as string | undefined,
    /** Calls take until they are ended. */
    holds: false,
  }
  const calls: Batch[] = []
  const buried: Batch[] = []
  const followers = tableTriggers({
    triggers: {
      all: async () => state.triggers,
      find: async ({ triggerName }) => state.triggers.find((one) => one.triggerName === triggerName),
    },
    records,
    async read(_, place, limit) {
      const { streamId } = state
      if (streamId === undefined) return { is: 'noStream' }
      const after = place?.streamId === streamId ? place.key : Buffer.of(0)
      const page = changes.filter(({ key }) => Buffer.compare(key, after) > 0).slice(0, limit)
      return { is: 'read', streamId, changesTable: `changes/${streamId}`, changes: page }
    },
    async call(_, batch, signal) {
      calls.push(batch)
      if (state.holds) {
        await new Promise((done) => signal.addEventListener('abort', done))
        return 'the call was ended'
      }
      return state.because
    },
    refusal: ({ hops }) => (hops > 16 ? { because: 'a circle', condition: 'RecursionLimit' } : undefined),
    bury: async (_, batch) => void buried.push(batch),
    clock,
    log: silentLogger,
  })
  return {
    clock,
    state,
    calls,
    buried,
    followers,
    changes,
    async write(count: number, differs: Partial<TableChange> = {}) {
      for (let index = 0; index < count; index++) {
        const key = Buffer.alloc(4)
        key.writeUInt32BE(changes.length + 1)
        changes.push({ key, type: 'PutRow', timestampMs: clock.now(), primaryKey: [{ name: 'id', value: BigInt(changes.length) }], columns: [], hops: 0, ...differs }) // biome-ignore format: one line
      }
      followers.written(`changes/${state.streamId}`)
      await turn()
    },
    counts: () => calls.map(({ event }) => event.toString().split('PutRow').length - 1),
  }
}

describe('a trigger of a table', () => {
  test('calls with a hundred changes at most, those behind them next', async () => {
    const { followers, write, counts } = world()
    await followers.start()
    await write(250)
    assert.deepEqual(counts(), [100, 100, 50])
    assert.deepEqual(await followers.state(trigger), { waiting: 0 })
  })

  test('goes on where it was after a crash, and calls once more what it had no time to note', async () => {
    const records = memoryRecordStore()
    const first = world({ records })
    await first.followers.start()
    await first.write(3)
    const second = world({ records, changes: first.changes })
    await second.followers.start()
    await second.write(2)
    assert.deepEqual([first.counts(), second.counts()], [[3], [2]])

    const noted: RecordStore = { ...records, commit: () => Promise.reject(new Error('killed')) }
    const killed = world({ records: noted, changes: second.changes })
    await killed.followers.start()
    await killed.write(1)
    const third = world({ records, changes: killed.changes })
    await third.followers.start()
    await turn()
    assert.equal(third.calls[0]!.requestId, killed.calls[0]!.requestId)
    assert.deepEqual(third.calls[0]!.event, killed.calls[0]!.event)
  })

  test('calls again what fails, later and later, and nothing behind it', async () => {
    const { followers, write, state, calls, clock } = world()
    await followers.start()
    state.because = 'not yet'
    await write(1)
    await write(1)
    assert.equal(calls.length, 1)
    assert.deepEqual((await followers.state(trigger)).lastError, { atMs: NOW_MS, message: 'not yet' })
    for (const waitMs of [1000, 2000, 4000]) {
      clock.advance(waitMs - 1)
      await turn()
      const before: number = calls.length
      clock.advance(1)
      await turn()
      assert.equal(calls.length, before + 1)
    }
    assert.equal(new Set(calls.map(({ requestId }) => requestId)).size, 1)
    state.because = undefined
    clock.advance(60_000)
    await turn()
    assert.equal((await followers.state(trigger)).waiting, 0)
  })

  test('gives nothing that happened before it was made', async () => {
    const { followers, write, counts, clock } = world()
    await write(2, { timestampMs: NOW_MS - 1 })
    await followers.start()
    await turn()
    assert.deepEqual(counts(), [])
    clock.advance(1)
    await write(1)
    assert.deepEqual(counts(), [1])
  })

  test('waits while it is paused, and while its table has no stream; another stream is read from its start', async () => {
    const { followers, write, state, counts, clock } = world()
    await followers.start()
    await turn()
    state.triggers = [{ ...trigger, pausedMs: NOW_MS }]
    await write(2)
    assert.deepEqual(counts(), [])
    assert.equal((await followers.state(trigger)).waiting, 2)
    state.triggers = [trigger]
    state.streamId = undefined
    followers.changed('f')
    await turn()
    assert.equal((await followers.state(trigger)).lastError?.message, 'the table has no stream')
    state.streamId = 's2'
    clock.advance(30_000)
    await turn()
    assert.deepEqual(counts(), [2])
  })

  test('ends a circle: what too many functions led to is buried, and what follows is called', async () => {
    const { followers, write, buried, counts } = world()
    await followers.start()
    await write(1, { hops: 17 })
    await write(1)
    assert.equal(buried.length, 1)
    assert.deepEqual(counts(), [1])
  })

  test('ends a call that takes longer than a stop may, and calls it again after the next start', async () => {
    const records = memoryRecordStore()
    const first = world({ records })
    await first.followers.start()
    first.state.holds = true
    await first.write(1)
    let isClosed = false
    const closed = first.followers.close().then(() => {
      isClosed = true
    })
    first.clock.advance(1999)
    await turn()
    assert.equal(isClosed, false)
    first.clock.advance(1)
    await closed
    const second = world({ records, changes: first.changes })
    await second.followers.start()
    await turn()
    assert.equal(second.calls[0]?.requestId, first.calls[0]?.requestId)
  })

  test('that is gone forgets how far it was', async () => {
    const records = memoryRecordStore()
    const { followers, write, state } = world({ records })
    await followers.start()
    await write(1)
    state.triggers = []
    followers.changed('f')
    await turn()
    assert.deepEqual(await records.list({ prefix: 'triggers/', limit: 10 }), [])
  })
})
