import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import { AnnouncementsFull } from '../../ports/announcements.ts'
import type { RecordStore } from '../../ports/records.ts'
import { NOW_MS, turn } from '../events/events.testing.ts'
import type { ObjectEvent } from '../objects/needs.ts'
import type { Rule } from './needs.ts'
import { ruleEvents, ruleLimits } from './rule-events.ts'

const happened = (object: string): ObjectEvent => ({
  name: 'ObjectCreated:PutObject',
  bucket: 'b',
  object,
  sizeBytes: 1,
  deltaBytes: 1,
  requestId: 'R',
  sourceIp: '127.0.0.1',
  principalId: '1',
  hops: 3,
})

/** Events of rules on records, and places that keep what is sent to them. */
function world({
  records = memoryRecordStore(),
  clock = new ManualClock(NOW_MS),
  depthMax = ruleLimits.depthMax,
}: {
  records?: RecordStore
  clock?: ManualClock
  depthMax?: number
} = {}) {
  const rules = new Map<string, Rule>([['1', { ruleId: '1', name: 'r', place: '/queues/q' }]])
  const state: { refusal?: string | undefined } = {}
  const warned: string[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn: (_, sentence) => void warned.push(sentence),
    error: (_, sentence) => void warned.push(sentence),
    child: () => log,
  }
  const events = ruleEvents(
    {
      records,
      rules: { meant: () => [...rules.values()], byId: (ruleId) => rules.get(ruleId) },
      async send(place, body, hops, alongside) {
        if (state.refusal !== undefined) return state.refusal
        const key = `sent/${place}/${'remove' in alongside ? alongside.remove : ''}`
        await records.commit([{ put: key, value: { body, hops }, expect: 'absent' }, alongside])
        return undefined
      },
      clock,
      log,
      newRequestId: randomIds.uuid,
      accountId: '1',
      region: 'cn-hangzhou',
    },
    { ...ruleLimits, depthMax },
  )
  return {
    records,
    clock,
    rules,
    state,
    warned,
    events,
    /** An object is written, and what is told of it with it. */
    async write(object: string) {
      const announcement = events.announce(happened(object))
      await records.commit([{ put: `object/${object}`, value: {} }, ...(announcement?.writes ?? [])])
      announcement?.committed()
    },
    /** Keys of the objects in the messages that were sent. */
    async sent(place = '/queues/q'): Promise<string[]> {
      const found = await records.list<{ body: string; hops: number }>({
        prefix: `sent/${place}/`,
        limit: 1000,
      })
      return found.map(({ value: { body, hops } }) => {
        assert.equal(hops, 3)
        const [event] = JSON.parse(Buffer.from(body, 'base64').toString()).events
        assert.equal(event.oss.ruleId, 'r')
        return event.oss.object.key
      })
    },
    waiting: async () => (await records.list({ prefix: 'triggers/rule-events/', limit: 1000 })).length,
  }
}

describe('events of rules', () => {
  test('are sent once each, in the order in which they happened', async () => {
    const it = world()
    await it.events.start()
    const keys = Array.from({ length: 150 }, (_, index) => `k${index}`)
    for (const key of keys) await it.write(key)
    await turn()
    assert.deepEqual(await it.sent(), keys)
    assert.equal(await it.waiting(), 0)
    await it.events.close()
  })

  test('wait while the place is not there, behind each other, and go when it is', async () => {
    const it = world()
    await it.events.start()
    it.state.refusal = 'there is no such queue'
    await it.write('a')
    await it.write('b')
    await turn()
    it.state.refusal = undefined
    it.clock.advance(499)
    await turn()
    assert.deepEqual(await it.sent(), [])
    it.clock.advance(1)
    await turn()
    assert.deepEqual(await it.sent(), ['a', 'b'])
    assert.deepEqual(it.warned, [])
  })

  test('are given up when they are a day old, and dropped when their rule is deleted', async () => {
    const it = world()
    await it.events.start()
    it.state.refusal = 'there is no such queue'
    await it.write('a')
    await turn()
    it.clock.advance(86_400_000)
    await turn()
    assert.deepEqual([await it.waiting(), it.warned], [0, ['an event of a rule was given up']])
    await it.write('b')
    await turn()
    it.rules.clear()
    it.clock.advance(60_000)
    await turn()
    assert.deepEqual([await it.waiting(), it.warned.length, await it.sent()], [0, 1, []])
  })

  test('have room for as many as may wait; what would be one more is refused with its write', async () => {
    const it = world({ depthMax: 2 })
    await it.events.start()
    it.state.refusal = 'there is no such queue'
    await it.write('a')
    await it.write('b')
    await assert.rejects(it.write('c'), AnnouncementsFull)
    assert.deepEqual(await it.records.list({ prefix: 'object/c', limit: 1 }), [])
    // Also of what the next process finds.
    const heir = world({ records: it.records, clock: it.clock, depthMax: 2 })
    await it.events.close()
    heir.state.refusal = 'there is no such queue'
    await heir.events.start()
    await assert.rejects(heir.write('c'), AnnouncementsFull)
    await turn()
    heir.state.refusal = undefined
    heir.clock.advance(60_000)
    await turn()
    await heir.write('c')
    await turn()
    assert.deepEqual(await heir.sent(), ['a', 'b', 'c'])
  })

  for (const when of ['before', 'after'] as const) {
    test(`of a process that dies at any of its commits, just ${when} it: no write without its message, no message without its write`, async () => {
      for (let dying = 1; dying <= 6; dying++) {
        const records = memoryRecordStore()
        let commits = 0
        const gone = new Error('the process is gone')
        const mortal: RecordStore = {
          ...records,
          list: (range) => (commits >= dying ? Promise.reject(gone) : records.list(range)),
          async commit(writes) {
            commits++
            if (commits > dying || (commits === dying && when === 'before')) throw gone
            await records.commit(writes)
            if (commits === dying) throw gone
          },
        }
        const first = world({ records: mortal })
        await first.events.start()
        for (const key of ['a', 'b', 'c']) await first.write(key).catch((error) => assert.equal(error, gone))
        await turn()
        await first.events.close()
        const heir = world({ records })
        await heir.events.start()
        await turn()
        const written = (await records.list({ prefix: 'object/', limit: 10 })).map(({ key }) => key.slice(7))
        assert.deepEqual(await heir.sent(), written, `commit ${dying}`)
        assert.equal(await heir.waiting(), 0)
        await heir.events.close()
      }
    })
  }
})
