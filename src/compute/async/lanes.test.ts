import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import type { RecordStore } from '../../ports/records.ts'
import { QueueFull } from './acceptance.ts'
import { failed, Office, succeeded, throttled, turn } from './office.fixture.ts'

const calledOf = (office: Office, functionName: string): number =>
  office.calls.filter(({ invocation }) => invocation.revision.functionName === functionName).length

test('one function has 32 calls at once; the others are not held up by it', async () => {
  const office = await Office.open()
  for (let index = 0; index < 40; index++) await office.accept(`${index}`)
  assert.equal(office.calls.length, 32)
  await office.accept('other', { functionName: 'g' })
  assert.equal(office.calls[32]!.event, 'other')
  await office.end(0, succeeded)
  assert.equal(office.calls[33]!.event, '32')
})

test('functions that are flooded with jobs that do not end leave room for those that come late', async () => {
  const office = await Office.open()
  for (let flood = 0; flood < 20; flood++)
    for (let index = 0; index < 40; index++)
      await office.queue.accept({ accountId: '1', functionName: `flood${flood}`, qualifier: 'LATEST', requestId: `${flood}-${index}`, event: Buffer.from('') }) // biome-ignore format: one line
  await turn()
  for (let late = 0; late < 40; late++) {
    await office.accept('late', { functionName: `late${late}` })
    assert.equal(calledOf(office, `late${late}`), 1)
  }
})

test('functions take turns', async () => {
  const office = new Office()
  for (const [functionName, count] of [['flood', 300], ['f', 5], ['g', 5]] as const) // biome-ignore format: one line
    for (let index = 0; index < count; index++) await office.accept(`${index}`, { functionName })
  await office.queue.start()
  for (let turns = 0; turns < 5; turns++) await turn()
  const begun = office.calls.map(({ invocation }) => invocation.revision.functionName)
  assert.equal(begun.length, 32 + 5 + 5)
  assert.deepEqual(['f', 'g'].map((name) => calledOf(office, name)), [5, 5]) // biome-ignore format: one line
})

test('events begin in the order in which they were accepted, also after a restart', async () => {
  const office = new Office()
  const events = Array.from({ length: 200 }, (_, index) => String(index))
  for (const event of events) await office.accept(event)
  const next = new Office(office.records)
  await next.queue.start()
  for (let ended = 0; ended < events.length; ended++) {
    if (ended % 10 === 0) await turn()
    await next.end(ended, succeeded)
  }
  assert.deepEqual(next.calls.map(({ event }) => event), events) // biome-ignore format: one line
})

test('a function that is throttled is called one at a time, and more as it succeeds', async () => {
  const office = await Office.open()
  for (let index = 0; index < 100; index++) await office.accept(`${index}`)
  for (let index = 0; index < 32; index++) office.calls[index]!.end(throttled)
  await turn()
  assert.equal(office.calls.length, 33)
  await office.end(32, succeeded)
  assert.equal(office.calls.length, 35)
})

test('memory has the keys of a window, however long the queue is', async () => {
  const records = memoryRecordStore()
  let listedMost = 0
  const counting: RecordStore = {
    ...records,
    async list<T>(range: Parameters<RecordStore['list']>[0]) {
      const found = await records.list<T>(range)
      if (!range.prefix.endsWith('e/')) listedMost = Math.max(listedMost, found.length)
      return found
    },
  }
  const office = await Office.open(counting)
  for (let index = 0; index < 1000; index++)
    await office.queue.accept({ accountId: '1', functionName: 'f', qualifier: 'LATEST', requestId: `${index}`, event: Buffer.from('') }) // biome-ignore format: one line
  for (let ended = 0; ended < 1000; ended++) {
    await office.end(ended, ended % 3 === 0 ? failed : succeeded)
  }
  assert.ok(listedMost <= 64 + 32, `${listedMost}`)
})

test('the queue of a function is bounded, also over a restart, and that of another is not full because of it', async () => {
  const limits = { depthMaxPerFunction: 40, depthMax: 42 }
  const first = await Office.open(undefined, [], limits)
  for (let index = 0; index < 40; index++) await first.accept(`${index}`)
  await assert.rejects(first.accept('one'), QueueFull)
  const office = await Office.open(first.records, [], limits)
  await assert.rejects(office.accept('one'), QueueFull)
  for (const functionName of ['g', 'h']) await office.accept('two', { functionName, requestId: 'two' })
  assert.equal(calledOf(office, 'g'), 1)
  await assert.rejects(office.accept('three', { functionName: 'i' }), QueueFull)
  await office.end(0, succeeded)
  await office.accept('four', { functionName: 'i', requestId: 'four' })
})

test('a clock that is set does not expire an event, nor make one wait longer or be called twice', async () => {
  for (const jumpMs of [3_600_000, -3_600_000]) {
    const office = await Office.open()
    office.policy = { ...office.policy, eventAgeMaxMs: 60_000 }
    await office.accept('runs')
    await office.accept('fails')
    await office.end(1, failed)
    office.clock.jump(jumpMs)
    await office.accept('after the jump')
    await office.after(999)
    assert.equal(office.calls.length, 3)
    await office.after(1)
    assert.deepEqual(office.calls.map(({ event }) => event), ['runs', 'fails', 'after the jump', 'fails']) // biome-ignore format: one line
    for (const number of [0, 2, 3]) await office.end(number, succeeded)
    assert.deepEqual([await office.kept(), office.queue.depth()], [[], 0])
  }
})

test('over a restart with a clock that was put back, a wait is as long as it was meant at most', async () => {
  const first = await Office.open()
  await first.accept('one')
  await first.end(0, failed)
  const second = new Office(first.records)
  second.clock.jump(-3_600_000)
  const restarted = new Office(first.records)
  restarted.clock.jump(-3_600_000)
  await second.queue.close()
  await restarted.queue.start()
  await turn()
  assert.equal(restarted.calls.length, 0)
  await restarted.after(1000)
  assert.equal(restarted.calls.length, 1)
})

test('a job that runs longer than any wait of the queue is called once', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, eventAgeMaxMs: 1000 }
  await office.accept('long')
  for (let hour = 0; hour < 24; hour++) {
    await office.accept(`beside ${hour}`)
    await office.end(office.calls.length - 1, failed)
    await office.after(3_600_000)
  }
  const [backlog] = await office.queue.backlog()
  assert.deepEqual([backlog!.running, backlog!.runningSeconds, backlog!.oldestSeconds], [1, 86_400, 86_400]) // biome-ignore format: one line
  assert.equal(office.calls.filter(({ event }) => event === 'long').length, 1)
  await office.end(0, succeeded)
  assert.equal(office.queue.depth(), 0)
})

test('whatever happens in whatever order, every event ends, as often called as it failed and once more', async () => {
  const outcomes = fc.constantFrom('succeeds', 'fails', 'isThrottled', 'storeFails')
  const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(outcomes, { maxLength: 4 })), { minLength: 1, maxLength: 30 }) // biome-ignore format: one line
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const records = memoryRecordStore()
      let broken = false
      const flaky: RecordStore = {
        ...records,
        commit: (writes) => (broken ? Promise.reject(new Error('disk')) : records.commit(writes)),
      }
      const office = await Office.open(flaky)
      office.policy = { ...office.policy, retriesMax: 8 }
      const scripts = new Map(plan.map(([, script], index) => [String(index), [...script]]))
      for (const [index, [functionName]] of plan.entries())
        await office.accept(String(index), { functionName, requestId: `r${index}` })
      for (let ended = 0, idle = 0; office.queue.depth() > 0 && idle < 40; ) {
        if (ended === office.calls.length) {
          await office.after(70_000)
          idle++
          continue
        }
        idle = 0
        const call = office.calls[ended++]!
        const outcome = scripts.get(call.event)!.shift() ?? 'succeeds'
        broken = outcome === 'storeFails'
        call.end(outcome === 'fails' ? failed : outcome === 'isThrottled' ? throttled : succeeded)
        await turn()
        if (broken) {
          broken = false
          await office.after(4000)
        }
      }
      assert.deepEqual([office.queue.depth(), await office.kept()], [0, []])
      for (const [index, [, script]] of plan.entries()) {
        // Whoever succeeds, in a store that fails or not, is called no more.
        const end = script.findIndex((outcome) => outcome === 'succeeds' || outcome === 'storeFails')
        const expected = end === -1 ? script.length + 1 : end + 1
        assert.equal(office.calls.filter(({ event }) => event === String(index)).length, expected)
      }
    }),
    { numRuns: 40 },
  )
})
