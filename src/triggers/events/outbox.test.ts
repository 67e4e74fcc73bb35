import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { eventsWorld, NOW_MS, turn } from './events.testing.ts'
import { OutboxFull } from './outbox.ts'

describe('the outbox', () => {
  test('hands on what happened, once, in the order in which it did', async () => {
    const world = eventsWorld()
    await world.put('f', 't')
    await world.start()
    const texts = Array.from({ length: 200 }, (_, index) => `e${index}`)
    for (const text of texts) await world.happens('f', 't', text)
    await turn()
    assert.deepEqual(await world.taken(), texts)
    assert.deepEqual(await world.waiting('f', 't'), { waiting: 0 })
    await world.box.close()
  })

  test('goes on after a crash with what was committed, and only with that', async () => {
    const records = memoryRecordStore()
    const before = eventsWorld({ records })
    await before.put('f', 't')
    // Its outbox never starts: the platform died between the commit and the first look.
    await before.happens('f', 't', 'committed')
    const announcement = before.box.announcementOf([
      { functionName: 'f', triggerName: 't', triggerId: 'f-t', requestId: 'x', event: 'not committed', hops: 0, happenedMs: NOW_MS },
    ]) // biome-ignore format: one line
    assert.equal(announcement?.writes.length, 1)
    const after = eventsWorld({ records })
    await after.start()
    assert.deepEqual(await after.taken(), ['committed'])
  })

  test('keeps what cannot be handed on yet, tries again less and less often, and says why', async () => {
    const world = eventsWorld()
    await world.put('f', 't')
    await world.start()
    world.state.answer = { is: 'later', because: 'the queue is full' }
    await world.happens('f', 't', 'a')
    await turn()
    const state = await world.waiting('f', 't')
    assert.deepEqual(state, {
      waiting: 1,
      oldestMs: NOW_MS,
      lastError: { atMs: NOW_MS, message: 'the queue is full' },
    })
    world.clock.advance(499)
    world.state.answer = undefined
    await turn()
    assert.deepEqual(await world.taken(), [])
    world.clock.advance(1)
    await turn()
    assert.deepEqual(await world.taken(), ['a'])
    world.state.failure = new Error('the disk is full')
    await world.happens('f', 't', 'b')
    await turn()
    assert.equal((await world.waiting('f', 't')).lastError?.message, 'the disk is full')
    world.state.failure = undefined
    world.clock.advance(60_000)
    await turn()
    assert.deepEqual(await world.taken(), ['a', 'b'])
  })

  test('buries what is refused, and what has waited for longer than it may', async () => {
    const world = eventsWorld()
    await world.put('f', 't')
    await world.start()
    world.state.answer = { is: 'refused', because: 'a circle', condition: 'RecursionLimit' }
    await world.happens('f', 't', 'round')
    await turn()
    assert.deepEqual(await world.buried(), ['round: a circle'])
    world.state.answer = { is: 'later', because: 'never' }
    await world.happens('f', 't', 'old')
    await turn()
    // Every try comes a minute after the other at the most.
    for (let minute = 0; minute <= 24 * 60 + 1; minute++) {
      world.clock.advance(60_000)
      await turn()
    }
    assert.deepEqual(await world.buried(), ['round: a circle', 'old: it waited too long'])
    assert.equal((await world.waiting('f', 't')).waiting, 0)
  })

  test('hands on nothing of a trigger that is paused, until it is resumed', async () => {
    const world = eventsWorld()
    await world.put('f', 't', { pausedMs: NOW_MS })
    await world.put('g', 't')
    await world.start()
    await world.happens('f', 't', 'held')
    await world.happens('g', 't', 'free')
    await turn()
    assert.deepEqual(await world.taken(), ['free'])
    await world.put('f', 't')
    await turn()
    assert.deepEqual((await world.taken()).sort(), ['free', 'held'])
  })

  test('forgets what nobody waits for: of a trigger that is gone, or is another of its name', async () => {
    const world = eventsWorld()
    await world.put('f', 't', { pausedMs: NOW_MS })
    await world.start()
    await world.happens('f', 't', 'a')
    await world.put('f', 't', { triggerId: 'another' })
    await turn()
    await world.happens('f', 't', 'b', { triggerId: 'another' })
    await turn()
    assert.deepEqual(await world.taken(), ['b'])
    await world.happens('g', 'none', 'c')
    await turn()
    assert.deepEqual(await world.records.list({ prefix: 'triggers/', limit: 10 }), [])
  })

  test('is full at its bound, and has room again when something has left', async () => {
    const world = eventsWorld({ limits: { depthMax: 2, ageMaxMs: 1e9 } })
    await world.put('f', 't', { pausedMs: NOW_MS })
    await world.start()
    await world.happens('f', 't', 'a')
    await world.happens('f', 't', 'b')
    await assert.rejects(world.happens('f', 't', 'c'), OutboxFull)
    await world.happens('f', 'other', 'd')
    await world.put('f', 't')
    await turn()
    await world.happens('f', 't', 'e')
    await turn()
    assert.deepEqual((await world.taken()).sort(), ['a', 'b', 'e'])
  })

  test('loses and doubles nothing, whatever happens, over restarts', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ is: fc.constant('happens' as const), trigger: fc.nat(2) }) },
      fc.record({ is: fc.constant('later' as const), on: fc.boolean() }),
      fc.record({ is: fc.constant('fails' as const), on: fc.boolean() }),
      fc.record({ is: fc.constant('pause' as const), trigger: fc.nat(2), on: fc.boolean() }),
      fc.record({ is: fc.constant('crash' as const) }),
      fc.record({ is: fc.constant('wait' as const), ms: fc.nat(5000) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const records = memoryRecordStore()
        const clock = new ManualClock(NOW_MS)
        let world = eventsWorld({ records, clock })
        const happened: string[] = []
        for (const trigger of [0, 1, 2]) await world.put('f', `t${trigger}`)
        await world.start()
        for (const [index, { is, ...what }] of steps.entries()) {
          const { on = false, trigger = 0, ms = 0 } = what as { on?: boolean; trigger?: number; ms?: number }
          if (is === 'happens') {
            happened.push(`e${index}`)
            await world.happens('f', `t${trigger}`, `e${index}`, { requestId: `${index}`.padStart(4, '0') })
          }
          if (is === 'later') world.state.answer = on ? { is: 'later', because: 'full' } : undefined
          if (is === 'fails') world.state.failure = on ? new Error('no') : undefined
          if (is === 'pause') await world.put('f', `t${trigger}`, on ? { pausedMs: clock.now() } : {})
          if (is === 'wait') clock.advance(ms)
          if (is === 'crash') {
            await world.box.close()
            world = eventsWorld({ records, clock })
            await world.start()
          }
          await turn()
        }
        world.state.answer = undefined
        world.state.failure = undefined
        for (const trigger of [0, 1, 2]) await world.put('f', `t${trigger}`)
        clock.advance(60_000)
        await turn()
        assert.deepEqual((await world.taken()).sort(), happened.sort())
        await world.box.close()
      }),
      { numRuns: 40 },
    )
  })
})

describe('the directory of triggers', () => {
  test('knows a trigger as soon as it was told of, and not one that was removed', async () => {
    const { triggers, put, remove, start } = eventsWorld()
    await start()
    await put('f', 't', { source: 'b1' })
    await put('f', 'u', { source: 'b1', triggerType: 'mns_topic' })
    assert.deepEqual(
      (await triggers.of('oss', 'b1')).map(({ triggerName }) => triggerName),
      ['t'],
    )
    await put('f', 't', { source: 'b2' })
    assert.deepEqual(await triggers.of('oss', 'b1'), [])
    assert.equal((await triggers.of('oss', 'b2')).length, 1)
    assert.equal((await triggers.all('mns_topic')).length, 1)
    await remove('f', 't')
    assert.deepEqual(await triggers.of('oss', 'b2'), [])
    assert.equal(await triggers.find({ functionName: 'f', triggerName: 't' }), undefined)
  })

  test('tells who asks when it cannot read, and reads again for the next', async () => {
    const records = memoryRecordStore()
    const broken = { now: false }
    const world = eventsWorld({
      records: {
        ...records,
        list: (range) => (broken.now ? Promise.reject(new Error('the disk')) : records.list(range)),
      },
    })
    await world.start()
    broken.now = true
    await world.put('f', 't')
    await assert.rejects(world.triggers.of('oss', 'bucket'), /the disk/)
    broken.now = false
    assert.equal((await world.triggers.of('oss', 'bucket')).length, 1)
  })
})
