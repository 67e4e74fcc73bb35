import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { RecordStore } from '../../ports/records.ts'
import { janitor } from './janitor.ts'
import { removeExpired } from './remove-expired.ts'
import { advance, bodiesOf, message, never, queuesOn, settle } from './testbed.fixture.ts'

const countsOf = (bed: ReturnType<typeof queuesOn>, name = 'q') =>
  bed.queues.use(name, (queue) => queue.counts())

/** A receive that is under way, and what became of it so far. */
function receiving(
  { queues }: ReturnType<typeof queuesOn>,
  { limit = 1, waitMs = 30_000, signal = never, name = 'q' } = {},
) {
  const state: { got?: string[]; error?: Error } = {}
  queues
    .use(name, (queue) => queue.receive({ limit, waitMs, signal }))
    .then(
      (messages) => {
        state.got = bodiesOf(messages)
      },
      (error: Error) => {
        state.error = error
      },
    )
  return state
}

describe('who waits for a message', () => {
  it('is woken by one that is sent', async () => {
    const bed = queuesOn()
    await bed.create('q')
    const state = receiving(bed)
    await settle()
    assert.equal(state.got, undefined)
    await bed.queues.use('q', (queue) => queue.send([message('a')]))
    await settle()
    assert.deepEqual(state.got, ['a'])
    assert.equal(bed.clock.pendingTimers, 0)
  })

  it('is woken when a delay is over', async () => {
    const bed = queuesOn()
    await bed.create('q')
    await bed.queues.use('q', (queue) => queue.send([message('late', { delayMs: 5000 })]))
    const state = receiving(bed)
    await advance(bed.clock, 4999)
    assert.equal(state.got, undefined)
    await advance(bed.clock, 1)
    assert.deepEqual(state.got, ['late'])
  })

  it('is woken when the time of another for it is over, even if that was changed meanwhile', async () => {
    const bed = queuesOn()
    await bed.create('q', { visibilityTimeout: 20 })
    await bed.queues.use('q', (queue) => queue.send([message('a')]))
    const [held] = await bed.queues.use('q', (queue) => queue.receive({ limit: 1, waitMs: 0, signal: never }))
    const state = receiving(bed)
    await settle()
    await bed.queues.use('q', (queue) => queue.changeVisibility(held!.receipt!.handle, 7000))
    await advance(bed.clock, 6999)
    assert.equal(state.got, undefined)
    await advance(bed.clock, 1)
    assert.deepEqual(state.got, ['a'])
  })

  it('hears that there is none when the wait is over, and leaves nothing behind', async () => {
    const bed = queuesOn()
    await bed.create('q')
    const state = receiving(bed, { waitMs: 2000 })
    await advance(bed.clock, 1999)
    assert.equal(state.got, undefined)
    await advance(bed.clock, 1)
    assert.deepEqual(state.got, [])
    assert.equal(bed.clock.pendingTimers, 0)
  })

  it('frees its place when it goes away, and takes no message', async () => {
    const bed = queuesOn({ waitingMax: 1 })
    await bed.create('q')
    const gone = new AbortController()
    const first = receiving(bed, { signal: gone.signal })
    await settle()
    const second = receiving(bed)
    await settle()
    assert.equal((second.error as { code?: string }).code, 'QpsLimitExceeded')
    gone.abort()
    await settle()
    assert.deepEqual(first.got, [])
    const third = receiving(bed)
    await settle()
    await bed.queues.use('q', (queue) => queue.send([message('a'), message('b')]))
    await settle()
    assert.deepEqual(third.got, ['a'])
    assert.deepEqual(await countsOf(bed), { active: 1, inactive: 1, delayed: 0 })
    assert.equal(bed.clock.pendingTimers, 0)
  })

  it('is served in the order of coming, each as many as it takes', async () => {
    const bed = queuesOn()
    await bed.create('q')
    const states = [receiving(bed, { limit: 2 }), receiving(bed, { limit: 16 }), receiving(bed)]
    await settle()
    await bed.queues.use('q', (queue) => queue.send(['a', 'b', 'c'].map((body) => message(body))))
    await settle()
    assert.deepEqual(
      states.map(({ got }) => got),
      [['a', 'b'], ['c'], undefined],
    )
  })

  it('hears that the queue was deleted', async () => {
    const bed = queuesOn()
    await bed.create('q')
    const state = receiving(bed)
    await settle()
    await bed.queues.delete('q')
    await settle()
    assert.equal((state.error as { code?: string }).code, 'QueueNotExist')
    assert.equal(bed.clock.pendingTimers, 0)
  })
})

describe('a queue', () => {
  it('that is made anew has nothing of the one before', async () => {
    const bed = queuesOn()
    await bed.create('q')
    await bed.queues.use('q', (queue) => queue.send([message('old'), message('late', { delayMs: 1000 })]))
    await bed.queues.delete('q')
    await bed.create('q')
    assert.deepEqual(await countsOf(bed), { active: 0, inactive: 0, delayed: 0 })
    assert.deepEqual(await bed.queues.use('q', (queue) => queue.peek(16)), [])
    await bed.queues.use('q', (queue) => queue.send([message('new')]))
    const keeper = janitor({ records: bed.records, log: silentLogger })
    await keeper.removeAll()
    assert.deepEqual(bodiesOf(await bed.queues.use('q', (queue) => queue.peek(16))), ['new'])
    const left = await bed.records.list({ prefix: 'queues/', limit: 100 })
    assert.equal(left.length, 4, 'the queue, its counts, an entry and a body')
    await keeper.close()
  })

  it('puts nothing into what was deleted at the same time', async () => {
    const bed = queuesOn()
    await bed.create('q')
    await bed.queues.use('q', async (queue) => {
      await bed.queues.delete('q')
      await assert.rejects(queue.send([message('lost')]), { code: 'QueueNotExist' })
      await assert.rejects(queue.receive({ limit: 1, waitMs: 0, signal: never }), { code: 'QueueNotExist' })
    })
  })

  it('forgets what is older than it is kept, whoever looks', async () => {
    const bed = queuesOn()
    await bed.create('q', { messageRetentionPeriod: 60 })
    await bed.queues.use('q', (queue) => queue.send([message('old'), message('held', { priority: 1 })]))
    await bed.queues.use('q', (queue) => queue.receive({ limit: 1, waitMs: 0, signal: never }))
    await advance(bed.clock, 59_999)
    await bed.queues.use('q', (queue) => queue.send([message('young')]))
    await advance(bed.clock, 1)
    assert.deepEqual(bodiesOf(await bed.queues.use('q', (queue) => queue.peek(16))), ['young'])
    await removeExpired(bed)
    assert.deepEqual(await countsOf(bed), { active: 1, inactive: 0, delayed: 0 })
    assert.equal((await bed.records.list({ prefix: 'queues/body/', limit: 10 })).length, 1)
  })

  it('does not count what it forgot, nor gives it away', async () => {
    const bed = queuesOn()
    await bed.create('q', { messageRetentionPeriod: 60 })
    await bed.queues.use('q', (queue) => queue.send([message('old'), message('older')]))
    await advance(bed.clock, 60_000)
    await bed.queues.use('q', (queue) => queue.send([message('young')]))
    const state = receiving(bed, { limit: 16 })
    await settle()
    assert.deepEqual(state.got, ['young'])
    assert.deepEqual(await countsOf(bed), { active: 0, inactive: 1, delayed: 0 })
  })

  it('serves again after the records failed', async () => {
    let isBroken = false
    const memory = memoryRecordStore()
    const records: RecordStore = {
      ...memory,
      commit: (writes) => (isBroken ? Promise.reject(new Error('no space')) : memory.commit(writes)),
    }
    const bed = queuesOn({ records })
    await bed.create('q')
    await bed.queues.use('q', (queue) => queue.send([message('a')]))
    isBroken = true
    const state = receiving(bed)
    await settle()
    assert.match(state.error!.message, /no space/)
    await assert.rejects(
      bed.queues.use('q', (queue) => queue.send([message('b')])),
      /no space/,
    )
    isBroken = false
    assert.deepEqual(await countsOf(bed), { active: 1, inactive: 0, delayed: 0 })
    const again = receiving(bed)
    await settle()
    assert.deepEqual(again.got, ['a'])
  })

  it('is loaded anew by another that opens the records, with what it had', async () => {
    const bed = queuesOn()
    await bed.create('q')
    await bed.queues.use('q', (queue) => queue.send([message('a'), message('b', { delayMs: 1000 })]))
    const other = queuesOn(bed)
    assert.deepEqual(await countsOf(other), { active: 1, inactive: 0, delayed: 1 })
    await advance(other.clock, 1000)
    assert.deepEqual(await countsOf(other), { active: 2, inactive: 0, delayed: 0 })
  })
})

describe('dead letters', () => {
  const receive = (bed: ReturnType<typeof queuesOn>, name: string) =>
    bed.queues.use(name, (queue) => queue.receive({ limit: 16, waitMs: 0, signal: never }))

  it('go to their queue after the last receive, and wake who waits there', async () => {
    const bed = queuesOn()
    await bed.create('dead')
    await bed.queues.create(
      'q',
      { visibilityTimeout: 10 },
      { deadLetters: { queueName: 'dead', maxReceiveCount: 2 } },
    )
    const bodies = Array.from({ length: 40 }, (_, index) => `m${index}`)
    for (let at = 0; at < 40; at += 10) {
      await bed.queues.use('q', (queue) => queue.send(bodies.slice(at, at + 10).map((body) => message(body))))
    }
    const waiting = receiving(bed, { name: 'dead', limit: 16 })
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 40; at += 16) await receive(bed, 'q')
      await advance(bed.clock, 10_000)
    }
    assert.deepEqual(await countsOf(bed), { active: 0, inactive: 0, delayed: 0 })
    await settle()
    assert.equal(waiting.got?.length, 16)
    assert.deepEqual(await countsOf(bed, 'dead'), { active: 24, inactive: 16, delayed: 0 })
    assert.equal((await bed.records.list({ prefix: 'queues/body/', limit: 100 })).length, 40)
  })

  it('are kept no longer for having been in another queue', async () => {
    const bed = queuesOn()
    await bed.create('dead', { messageRetentionPeriod: 100 })
    const policy = { queueName: 'dead', maxReceiveCount: 1 }
    await bed.queues.create('q', { visibilityTimeout: 30 }, { deadLetters: policy })
    await bed.queues.use('q', (queue) => queue.send([message('a')]))
    await advance(bed.clock, 50_000)
    await receive(bed, 'q')
    await advance(bed.clock, 30_000)
    await countsOf(bed)
    const peeked = () => bed.queues.use('dead', (queue) => queue.peek(1))
    assert.deepEqual(bodiesOf(await peeked()), ['a'])
    await advance(bed.clock, 20_000)
    assert.deepEqual(await peeked(), [])
  })

  it('stay while their queue is not there, and go when it is', async () => {
    const bed = queuesOn()
    await bed.queues.create(
      'q',
      { visibilityTimeout: 1 },
      { deadLetters: { queueName: 'dead', maxReceiveCount: 1 } },
    )
    await bed.queues.use('q', (queue) => queue.send([message('a')]))
    for (let count = 0; count < 3; count++) {
      assert.deepEqual(bodiesOf(await receive(bed, 'q')), ['a'])
      await advance(bed.clock, 1000)
    }
    await bed.create('dead')
    assert.deepEqual(await receive(bed, 'q'), [])
    assert.deepEqual(bodiesOf(await receive(bed, 'dead')), ['a'])
  })
})

describe('a queue with a limit a second', () => {
  const limited = async (receivesPerSecondMax: number, count: number) => {
    const bed = queuesOn()
    await bed.queues.create('q', {}, { receivesPerSecondMax })
    const bodies = Array.from({ length: count }, (_, index) => message(`m${index}`))
    await bed.queues.use('q', (queue) => queue.send(bodies))
    return bed
  }

  it('gives no more than that in a second, and tells whom does not wait that it is not empty', async () => {
    const bed = await limited(3, 5)
    const first = receiving(bed, { limit: 16 })
    await settle()
    assert.equal(first.got?.length, 3)
    const receive = () =>
      bed.queues.use('q', (queue) => queue.receive({ limit: 1, waitMs: 0, signal: never }))
    await assert.rejects(receive(), { code: 'TooManyRequests', status: 429 })
    await advance(bed.clock, 999)
    await assert.rejects(receive(), { code: 'TooManyRequests' })
    await advance(bed.clock, 1)
    assert.deepEqual(bodiesOf(await receive()), ['m3'])
    assert.deepEqual(bodiesOf(await receive()), ['m4'])
    assert.deepEqual(await receive(), [])
  })

  it('gives those who wait what they wait for in later seconds, in the order in which they came', async () => {
    const bed = await limited(2, 5)
    const waiting = Array.from({ length: 5 }, () => receiving(bed, { limit: 1 }))
    for (const served of [2, 4, 5]) {
      await settle()
      assert.deepEqual(
        waiting.map(({ got }) => got?.length),
        waiting.map((_, index) => (index < served ? 1 : undefined)),
      )
      await advance(bed.clock, 1000)
    }
  })

  it('is limited otherwise from the next call on, when it is changed', async () => {
    const bed = await limited(1, 5)
    const receive = () =>
      bed.queues.use('q', (queue) => queue.receive({ limit: 16, waitMs: 0, signal: never }))
    assert.equal((await receive()).length, 1)
    await bed.queues.setAttributes('q', {}, { receivesPerSecondMax: 3 })
    assert.equal((await receive()).length, 2)
    await bed.queues.setAttributes('q', {}, { receivesPerSecondMax: null })
    assert.equal((await receive()).length, 2)
  })
})
