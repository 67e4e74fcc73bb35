import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { TimerTrigger } from './needs.ts'
import { timerTriggers } from './timer-triggers.ts'

const startMs = Date.UTC(2026, 0, 1)
const hourMs = 3_600_000

/** Triggers on memory records; what is accepted is kept in the same records, as the queue does. */
function world({ records = memoryRecordStore(), clock = new ManualClock(startMs) } = {}) {
  const state = {
    disabled: new Set<string>(),
    /** Thrown by the queue while it is set. */
    refusal: undefined as Error | undefined,
    /** Done between the decision to fire and the commit. */
    meanwhile: undefined as (() => Promise<void>) | undefined,
  }
  let accepted = 0
  const told: string[] = []
  const timers = timerTriggers({
    records,
    list: ({ functionName, ...range }) =>
      records.list<TimerTrigger>({
        prefix: functionName === undefined ? 'timers/' : `timers/${functionName}/`,
        ...range,
      }),
    mayInvoke: async (functionName) => !state.disabled.has(functionName),
    soon: (functionName, qualifier) =>
      void told.push(`${functionName} ${qualifier} ${clock.now() - startMs}`),
    async accept({ functionName, qualifier, event }, alongside) {
      await state.meanwhile?.()
      if (state.refusal) throw state.refusal
      const value = { functionName, qualifier, event: JSON.parse(Buffer.from(event).toString()) }
      await records.commit([
        { put: `events/${clock.now()}/${accepted++}/${Math.random()}`, value },
        alongside,
      ])
    },
    clock,
    log: silentLogger,
  })
  const turn = async () => {
    for (let count = 0; count < 12; count++) await new Promise((done) => setImmediate(done))
  }
  const events = async () => {
    const stored = await records.list<{ functionName: string; qualifier: string; event: object }>({
      prefix: 'events/',
      limit: 10_000,
    })
    return stored.map(({ value }) => value)
  }
  return {
    records,
    clock,
    timers,
    told,
    state,
    turn,
    async put(functionName: string, triggerName: string, differs: Partial<TimerTrigger> = {}) {
      const trigger: TimerTrigger = {
        functionName,
        triggerName,
        qualifier: 'LATEST',
        cronExpression: '0 * * * * *',
        payload: 'p',
        enable: true,
        sinceMs: clock.now(),
        ...differs,
      }
      await records.commit([{ put: `timers/${functionName}/${triggerName}`, value: trigger }])
      timers.changed(functionName)
      await turn()
    },
    async remove(functionName: string, triggerName: string) {
      await records.commit([{ remove: `timers/${functionName}/${triggerName}` }])
      timers.changed(functionName)
      await turn()
    },
    /** Second by second, so that what is begun can end. */
    async pass(ms: number) {
      for (let passedMs = 0; passedMs < ms; passedMs += 1000) {
        clock.advance(1000)
        await turn()
      }
    },
    events,
    async times() {
      return (await events())
        .map(({ event }) => (event as { triggerTime: string }).triggerTime.slice(11, 19))
        .sort()
    },
  }
}

test('each tick calls the function once, with the event of the vendor', async () => {
  const { put, pass, events, timers, times } = world()
  await timers.start()
  await put('f', 'tick', { cronExpression: 'CRON_TZ=Asia/Shanghai 30 * 8 * * *', qualifier: 'prod' })
  await pass(120_000)
  assert.deepEqual(await times(), ['00:00:30', '00:01:30'])
  assert.deepEqual((await events())[0], {
    functionName: 'f',
    qualifier: 'prod',
    event: { triggerTime: '2026-01-01T00:00:30Z', triggerName: 'tick', payload: 'p' },
  })
  await timers.close()
})

test('a tick is told to be soon once, a second before it', async () => {
  const { put, pass, timers, told } = world()
  await timers.start()
  await put('f', 'tick', { cronExpression: '30 * * * * *', qualifier: 'prod' })
  await pass(120_000)
  assert.deepEqual(told, ['f prod 29000', 'f prod 89000'])
  await timers.close()
})

test('a trigger that is created, changed, disabled, enabled or deleted is followed at once', async () => {
  const { put, remove, pass, times, timers } = world()
  await timers.start()
  await pass(60_000)
  assert.deepEqual(await times(), [])
  await put('f', 'tick')
  await pass(60_000)
  assert.deepEqual(await times(), ['00:02:00'])
  await put('f', 'tick', { enable: false })
  await pass(180_000)
  assert.deepEqual(await times(), ['00:02:00'])
  await put('f', 'tick', { cronExpression: '15 * * * * *' })
  await pass(60_000)
  assert.deepEqual(await times(), ['00:02:00', '00:05:15'])
  await remove('f', 'tick')
  await pass(180_000)
  assert.equal((await times()).length, 2)
  assert.deepEqual(timers.nextTicks('f'), [])
  await timers.close()
})

test('a disabled trigger does not fire, neither at the start nor when a tick of it is on its way', async () => {
  const { put, pass, times, timers, state, records } = world()
  await put('f', 'off', { enable: false })
  await put('f', 'on')
  await timers.start()
  // It is disabled after its tick was found due and before the event is in the queue.
  state.meanwhile = async () => {
    state.meanwhile = undefined
    const key = 'timers/f/on'
    const stored = (await records.get<TimerTrigger>(key))!
    await records.commit([{ put: key, value: { ...stored.value, enable: false } }])
  }
  await pass(180_000)
  assert.deepEqual(await times(), [])
  await timers.close()
})

test('another platform on the same records goes on after the last tick, and makes up for the newest that was missed', async () => {
  const first = world()
  await first.put('f', 'tick')
  await first.timers.start()
  await first.pass(120_000)
  assert.deepEqual(await first.times(), ['00:01:00', '00:02:00'])
  await first.timers.close()
  first.clock.advance(10_000)

  const second = world(first)
  await second.timers.start()
  await second.pass(2000)
  assert.equal((await second.times()).length, 2)
  await second.timers.close()
  first.clock.advance(10 * 60_000)

  const third = world(first)
  await third.timers.start()
  await third.pass(2000)
  assert.deepEqual(await third.times(), ['00:01:00', '00:02:00', '00:12:00'])
  await third.timers.close()
  assert.equal(first.clock.pendingTimers, 0)
})

test('what was missed by more than an hour is passed over, and the next tick comes as ever', async () => {
  const { put, pass, times, timers, clock } = world()
  await put('f', 'tick', { cronExpression: '0 0 1 * * *' })
  clock.advance(2 * hourMs + 1)
  await timers.start()
  await pass(60_000)
  assert.deepEqual(await times(), [])
  assert.deepEqual(timers.nextTicks('f'), [{ qualifier: 'LATEST', tickMs: startMs + 25 * hourMs }])
  await timers.close()
})

test('two platforms at once, by mistake, fire a tick once', async () => {
  const first = world()
  await first.put('f', 'tick')
  const second = world(first)
  await first.timers.start()
  await second.timers.start()
  await first.pass(180_000)
  assert.deepEqual(await first.times(), ['00:01:00', '00:02:00', '00:03:00'])
  await first.timers.close()
  await second.timers.close()
})

test('a clock that is put forward fires the newest tick, and one that is put back repeats none', async () => {
  const { put, pass, times, timers, clock } = world()
  await put('f', 'tick', { cronExpression: '0 */30 * * * *' })
  await timers.start()
  await pass(10_000)
  clock.jump(hourMs)
  // It is seen within half a minute, and the tick of 00:30 was passed over.
  await pass(30_000)
  assert.deepEqual(await times(), ['01:00:00'])
  clock.jump(-hourMs)
  await pass(hourMs)
  assert.deepEqual(await times(), ['01:00:00'])
  await pass(hourMs / 2)
  assert.deepEqual(await times(), ['01:00:00', '01:30:00'])
  await timers.close()
})

test('a tick that seemed too late while the clock was wrong is fired when it is right again', async () => {
  const { put, pass, times, timers, clock } = world()
  await put('f', 'tick', { cronExpression: '0 0 1 * * *' })
  await timers.start()
  await pass(2000)
  clock.jump(3 * hourMs)
  await pass(40_000)
  clock.jump(-3 * hourMs)
  clock.advance(hourMs)
  await pass(2000)
  assert.deepEqual(await times(), ['01:00:00'])
  await timers.close()
})

test('a function that may not be invoked loses its ticks, and gets none of them afterwards', async () => {
  const { put, pass, times, timers, state } = world()
  await put('f', 'tick')
  await timers.start()
  state.disabled.add('f')
  await pass(150_000)
  state.disabled.delete('f')
  await pass(1000)
  assert.deepEqual(await times(), [])
  await pass(30_000)
  assert.deepEqual(await times(), ['00:03:00'])
  await timers.close()
})

test('a queue that is full is tried again, until the tick is overtaken by the next one', async () => {
  const { put, pass, times, timers, state } = world()
  await put('f', 'tick')
  await timers.start()
  await pass(59_000)
  state.refusal = new Error('too many wait')
  await pass(30_000)
  state.refusal = undefined
  await pass(2000)
  assert.deepEqual(await times(), ['00:01:00'])
  state.refusal = new Error('too many wait')
  await pass(100_000)
  state.refusal = undefined
  await pass(2000)
  assert.deepEqual(await times(), ['00:01:00', '00:03:00'])
  await timers.close()
})

test('triggers that cannot be read when they change are read again', async () => {
  const { put, pass, times, timers, records } = world()
  await timers.start()
  const { list } = records
  records.list = () => Promise.reject(new Error('the disk is away'))
  await put('f', 'tick')
  records.list = list
  await pass(2000)
  assert.equal(timers.nextTicks('f').length, 1)
  await pass(60_000)
  assert.deepEqual(await times(), ['00:01:00'])
  await timers.close()
})

test('many triggers that are due at the same time all fire, once', async () => {
  const { put, pass, events, timers } = world()
  const count = 120
  for (let number = 0; number < count; number++) {
    await put(`f${number % 40}`, `t${number}`, { cronExpression: '@every 1m' })
  }
  await timers.start()
  await pass(62_000)
  const names = (await events()).map(({ event }) => (event as { triggerName: string }).triggerName)
  assert.equal(names.length, count)
  assert.equal(new Set(names).size, count)
  await timers.close()
})

test('when a function will be called is known ahead, soonest first', async () => {
  const { put, timers, pass } = world()
  await timers.start()
  await put('f', 'a', { cronExpression: '@every 5m', qualifier: 'prod' })
  await put('f', 'b')
  await put('f', 'off', { enable: false })
  await put('f', 'never', { cronExpression: '0 0 0 30 FEB *' })
  await put('g', 'c')
  const minute = (count: number) => startMs + count * 60_000
  assert.deepEqual(timers.nextTicks('f'), [
    { qualifier: 'LATEST', tickMs: minute(1) },
    { qualifier: 'prod', tickMs: minute(5) },
  ])
  await pass(60_000)
  assert.deepEqual(timers.nextTicks('f')[0], { qualifier: 'LATEST', tickMs: minute(2) })
  assert.deepEqual(timers.nextTicks('nobody'), [])
  await timers.close()
})
