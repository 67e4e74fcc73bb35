import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import { bodiesOf, NOW_MS, never } from './testbed.fixture.ts'
import { eventually, runningTopics, subscriber } from './topics.testing.ts'

type Topics = Awaited<ReturnType<typeof runningTopics>>

let endpoint: Awaited<ReturnType<typeof subscriber>>
beforeEach(async () => {
  endpoint = await subscriber()
  endpoint.answerWith(...Array.from({ length: 1000 }, () => 500))
})
afterEach(() => endpoint.stop())

const simplified = '<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>'
const received = async (topics: Topics, name: string): Promise<string[]> =>
  bodiesOf(await topics.queues.use(name, (queue) => queue.receive({ limit: 16, waitMs: 0, signal: never })))
const left = (topics: Topics, prefix: string) => topics.records.list({ prefix, limit: 100 })

/** Until nothing waits to be delivered, or for what is due at `dueMs`. */
async function passTime(topics: Topics, untilDueMs?: number): Promise<void> {
  for (;;) {
    const key = await settledDue(topics)
    if (key === undefined) return
    const dueMs = Number(/(\d{15})-/.exec(key)![1])
    if (dueMs === untilDueMs) return
    topics.clock.advance(dueMs - topics.clock.now())
  }
}

/** The delivery that waits for its time, when none is under way. */
async function settledDue({ records, clock }: Topics): Promise<string | undefined> {
  let key: string | undefined
  await eventually('a delivery that waits, or none', async () => {
    const [due] = await records.list({ prefix: 'queues/due/', limit: 1 })
    key = due?.key
    return key === undefined || Number(/(\d{15})-/.exec(key)![1]) > clock.now()
  })
  return key
}

async function subscribed(topics: Topics): Promise<void> {
  await topics.ask('PUT', '/topics/t')
  await topics.subscribe('s', endpoint.origin, simplified)
  await topics.change('s', { deadLetters: 'dead' })
}

describe('a message that cannot be delivered', () => {
  it('goes to the queue of the policy after the last attempt, once, in the form of the subscription', async () => {
    const topics = await runningTopics()
    try {
      await topics.ask('PUT', '/queues/dead')
      await subscribed(topics)
      await topics.publish('a')
      await topics.publish('b')
      await passTime(topics)
      assert.equal(endpoint.pushed.length, 8)
      assert.deepEqual((await received(topics, 'dead')).sort(), ['a', 'b'])
      assert.deepEqual(await left(topics, 'queues/payload/'), [])
      assert.deepEqual(topics.warned, [
        'a message of a topic went to the dead letters',
        'a message of a topic went to the dead letters',
      ])
    } finally {
      await topics.stop()
    }
  })

  it('waits for that queue, is tried again meanwhile, and is given up after a week', async () => {
    const topics = await runningTopics()
    try {
      await subscribed(topics)
      await topics.publish('a')
      await passTime(topics, NOW_MS + 30_000 + 512_000)
      assert.equal(endpoint.pushed.length, 4)
      assert.deepEqual(topics.warned, [])
      await topics.ask('PUT', '/queues/dead')
      await passTime(topics)
      assert.equal(endpoint.pushed.length, 5)
      assert.deepEqual(await received(topics, 'dead'), ['a'])

      await topics.ask('DELETE', '/queues/dead')
      await topics.publish('b')
      await settledDue(topics)
      topics.clock.advance(604_800_000)
      await passTime(topics)
      // The attempt at the end of the week is the second; two more are those of the strategy.
      assert.equal(endpoint.pushed.length, 9)
      assert.equal(topics.warned.at(-1), 'a message of a topic was given up')
      assert.deepEqual(await left(topics, 'queues/payload/'), [])
    } finally {
      await topics.stop()
    }
  })

  it('is given up where the policy was ended, and delivered where the endpoint answers after all', async () => {
    const topics = await runningTopics()
    try {
      await topics.ask('PUT', '/queues/dead')
      await subscribed(topics)
      await topics.publish('a')
      await passTime(topics, NOW_MS + 30_000)
      await topics.change('s', { deadLetters: null })
      await passTime(topics)
      assert.deepEqual(topics.warned, ['a message of a topic was given up'])
      await topics.change('s', { deadLetters: 'dead' })
      await topics.publish('b')
      await passTime(topics, topics.clock.now() + 10_000)
      const recovered = await subscriber()
      await topics.ask('DELETE', '/topics/t/subscriptions/s')
      await topics.subscribe('s', recovered.origin, simplified)
      await topics.publish('c')
      await passTime(topics)
      assert.deepEqual(bodiesOf(recovered.pushed), ['c'])
      await recovered.stop()
      assert.deepEqual(await received(topics, 'dead'), [])
    } finally {
      await topics.stop()
    }
  })
})

/** Records of a process that dies at one of its commits: before it is made, or after it and before anybody knows. */
function dyingAt(records: RecordStore, commitNumber: number, when: 'before' | 'after') {
  let commits = 0
  let isDead = false
  const gone = () => new Error('the process is gone')
  const store: RecordStore = {
    ...records,
    get: (key) => (isDead ? Promise.reject(gone()) : records.get(key)),
    list: (range) => (isDead ? Promise.reject(gone()) : records.list(range)),
    async commit(writes) {
      if (isDead) throw gone()
      isDead = ++commits === commitNumber
      if (!isDead || when === 'after') await records.commit(writes)
      if (isDead) throw gone()
    },
  }
  return { store, isDead: () => isDead }
}

describe('a platform that dies while a message dies', () => {
  for (const when of ['before', 'after'] as const) {
    it(`at any commit, just ${when} it, has the message among the dead letters once`, async () => {
      let died = 0
      for (let commitNumber = 1; ; commitNumber++) {
        const records = memoryRecordStore()
        const clock = new ManualClock(NOW_MS)
        const first = await runningTopics({ records, clock })
        await first.ask('PUT', '/queues/dead')
        await subscribed(first)
        await first.stop()
        const { store, isDead } = dyingAt(records, commitNumber, when)
        const dying = await runningTopics({ records: store, clock })
        const { status } = await dying.publish('a')
        // What passes while the process is there, and how much of it before it is gone.
        while (!isDead() && (await records.list({ prefix: 'queues/due/', limit: 1 })).length > 0) {
          const [due] = await records.list({ prefix: 'queues/due/', limit: 1 })
          const dueMs = Number(/(\d{15})-/.exec(due!.key)![1])
          if (dueMs > clock.now()) clock.advance(dueMs - clock.now())
          await eventually('the next attempt or the end', async () => {
            const [next] = await records.list({ prefix: 'queues/due/', limit: 1 })
            return isDead() || next?.key !== due!.key
          })
        }
        await dying.stop()
        const heir = await runningTopics({ records, clock })
        try {
          await passTime(heir)
          const published = status === 201 || when === 'after'
          assert.deepEqual(await received(heir, 'dead'), published ? ['a'] : [], `commit ${commitNumber}`)
          assert.deepEqual(await left(heir, 'queues/payload/'), [])
        } finally {
          await heir.stop()
        }
        if (!isDead()) break
        died++
      }
      // Publishing, the key that pushes are signed with, three failures, and the move.
      assert.equal(died, 6)
    })
  }
})

describe('a subscription with a limit a second', () => {
  it('is pushed no more than that in each second, and everything in the end', async () => {
    const topics = await runningTopics()
    const willing = await subscriber()
    try {
      await topics.ask('PUT', '/topics/t')
      await topics.subscribe('s', willing.origin, simplified)
      await topics.change('s', { receivesPerSecondMax: 3 })
      for (let count = 0; count < 7; count++) await topics.publish(`m${count}`)
      for (const [pushed, waiting] of [
        [3, 4],
        [6, 1],
        [7, 0],
      ]) {
        await eventually(`${waiting} that wait`, async () => (await topics.waiting()) === waiting)
        assert.equal(willing.pushed.length, pushed)
        if (waiting === 0) break
        topics.clock.advance(999)
        assert.equal(willing.pushed.length, pushed)
        topics.clock.advance(1)
      }
      // What comes in the same second, after all was delivered, counts with it.
      await topics.publish('n1')
      await topics.publish('n2')
      await topics.publish('n3')
      await eventually('one that waits', async () => (await topics.waiting()) === 1)
      assert.equal(willing.pushed.length, 9)
      await topics.change('s', { receivesPerSecondMax: null })
      topics.clock.advance(1000)
      await eventually('all', async () => (await topics.waiting()) === 0)
    } finally {
      await topics.stop()
      await willing.stop()
    }
  })
})
