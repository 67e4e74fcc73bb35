import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { streamOf } from '../ports/invocation.testing.ts'
import type { HttpOutcome } from '../ports/invocation.ts'
import { type RecordStore, VersionConflict } from '../ports/records.ts'
import { TargetGone, TaskInFlight } from './async/acceptance.ts'
import { failed, Office, report, succeeded, throttled, turn } from './async/office.fixture.ts'

test('what is written alongside is written with the event, or neither is', async () => {
  const { queue, records, calls } = await Office.open()
  const event = { accountId: '1', functionName: 'f', qualifier: 'LATEST', event: Buffer.from('e') }
  await queue.accept({ ...event, requestId: 'a' }, [{ put: 'tick', value: 1, expect: 'absent' }])
  await assert.rejects(
    queue.accept({ ...event, requestId: 'b' }, [{ put: 'tick', value: 2, expect: 'absent' }]),
    VersionConflict,
  )
  await turn()
  assert.equal((await records.get('tick'))?.value, 1)
  assert.deepEqual(
    calls.map(({ invocation }) => invocation.requestId),
    ['a'],
  )
})

test('an accepted event is kept until its call has succeeded', async () => {
  const office = await Office.open()
  await office.accept('one')
  assert.deepEqual([(await office.kept()).length, office.queue.depth()], [2, 1])
  assert.equal(office.calls[0]!.event, 'one')
  await office.end(0, succeeded)
  assert.deepEqual([await office.kept(), office.queue.depth()], [[], 0])
})

test('what an earlier platform had accepted and not finished is called by the next one', async () => {
  const first = await Office.open()
  await first.accept('one')
  await first.accept('two')
  const second = new Office(first.records)
  await second.queue.start()
  await turn()
  assert.deepEqual(second.calls.map(({ event }) => event).sort(), ['one', 'two'])
})

test('an event that comes in while the earlier ones are read is called once', async () => {
  const first = new Office()
  await first.accept('zero')
  const office = new Office(first.records)
  const later = { requestId: 'two' }
  await Promise.all([
    office.accept('one', { requestId: 'one' }),
    office.queue.start(),
    office.accept('two', later),
  ])
  await turn()
  assert.deepEqual(
    [office.calls.map(({ event }) => event).sort(), office.queue.depth()],
    [['one', 'two', 'zero'], 3],
  )
})

test('an event that the start sees before it is acknowledged is counted and called once', async () => {
  const records = memoryRecordStore()
  const slow: RecordStore = {
    ...records,
    async commit(writes) {
      await records.commit(writes)
      await turn()
    },
  }
  const office = new Office(slow)
  const accepted = office.accept('one')
  await new Promise(setImmediate)
  assert.equal((await office.kept()).length, 2)
  await Promise.all([office.queue.start(), accepted])
  for (let turns = 0; turns < 4; turns++) await turn()
  assert.deepEqual([office.calls.length, office.queue.depth()], [1, 1])
  await office.end(0, succeeded)
  await turn()
  assert.equal(office.queue.depth(), 0)
})

test('more events than are read at once are all taken up', async () => {
  const first = await Office.open()
  for (let index = 0; index < 1201; index++)
    await first.queue.accept({
      accountId: '1',
      functionName: `f${index % 7}`,
      qualifier: 'LATEST',
      requestId: `r${index}`,
      event: Buffer.from(`${index}`),
    })
  const second = new Office(first.records)
  await second.queue.start()
  assert.equal(second.queue.depth(), 1201)
})

test('a function that fails is called again, later each time, as often as its policy says', async () => {
  const office = await Office.open()
  await office.accept('one')
  await office.end(0, failed)
  await office.after(999)
  assert.equal(office.calls.length, 1)
  await office.after(1)
  assert.equal(office.calls[1]!.invocation.retryCount, 1)
  await office.end(1, failed)
  await office.after(2000)
  await office.end(2, failed)
  assert.deepEqual([office.calls.length, office.queue.depth()], [3, 0])
  assert.equal((await office.dead())[0]!.because, 'it failed 3 times')
})

test('the wait of a failed event goes on after a restart where it was', async () => {
  const first = await Office.open()
  await first.accept('one')
  await first.end(0, failed)
  const second = new Office(first.records)
  await second.queue.start()
  await turn()
  assert.equal(second.calls.length, 0)
  await second.after(1000)
  assert.equal(second.calls[0]!.invocation.retryCount, 1)
})

test('what the platform could not do is tried again without end, and does not count against the function', async () => {
  const office = await Office.open()
  await office.accept('one')
  for (let attempt = 0; attempt < 10; attempt++) {
    await office.end(attempt, throttled)
    await office.after(500 * 2 ** attempt - 1)
    assert.equal(office.calls.length, attempt + 1)
    await office.after(1)
    assert.equal(office.calls[attempt + 1]!.invocation.retryCount, 0)
  }
})

test('a wait between two attempts of the platform grows to five hours, and no longer', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, eventAgeMaxMs: 604_800_000 }
  await office.accept('one')
  let waitedMs = 0
  for (let attempt = 0; attempt < 20; attempt++) {
    await office.end(attempt, throttled)
    await office.after(Math.min(500 * 2 ** attempt, 18_000_000))
    waitedMs += Math.min(500 * 2 ** attempt, 18_000_000)
    assert.equal(office.calls.length, attempt + 2, `after ${waitedMs} ms`)
  }
})

test('an event that is too old, or whose function is gone, is given up', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, eventAgeMaxMs: 500 }
  await office.accept('one')
  await office.end(0, failed)
  // Not a second, which it would wait for its next attempt.
  await office.after(501)
  office.missing.add('gone')
  await office.accept('two', { functionName: 'gone' })
  assert.deepEqual([office.calls.length, office.queue.depth()], [1, 0])
  assert.equal((await office.dead())[0]!.condition, 'EventAgeExceeded')
  assert.equal((await office.dead('gone'))[0]!.condition, 'FunctionNotFound')
})

test('an event for what was removed in the meantime is not accepted', async () => {
  const office = await Office.open()
  office.presence = ['fc/f']
  await assert.rejects(office.accept('one'), TargetGone)
  assert.deepEqual([await office.kept(), office.queue.depth()], [[], 0])
  await office.records.commit([{ put: 'fc/f', value: 1 }])
  await office.accept('two')
  assert.equal(office.calls.length, 1)
})

test('the events of a disabled function wait until it is enabled', async () => {
  const office = await Office.open()
  office.disabled.add('f')
  await office.accept('one')
  await office.after(500)
  assert.equal(office.calls.length, 0)
  const [backlog] = await office.queue.backlog()
  assert.deepEqual([backlog!.waiting, backlog!.retrying, backlog!.lastFailure], [1, 1, 'the function is disabled']) // biome-ignore format: one line
  office.disabled.delete('f')
  await office.after(1000)
  assert.equal(office.calls.length, 1)
})

test('a second event with the id of one that is not finished is refused, and taken in afterwards', async () => {
  const office = await Office.open()
  await office.accept('one', { taskId: 't' })
  await assert.rejects(office.accept('two', { taskId: 't' }), TaskInFlight)
  assert.equal(office.queue.depth(), 1)
  await office.end(0, succeeded)
  await office.accept('three', { taskId: 't' })
  assert.equal(office.calls[1]!.event, 'three')
})

test('outcomes go to their destinations, with what they came from', async () => {
  const office = await Office.open()
  office.policy = {
    retriesMax: 0,
    eventAgeMaxMs: 86_400_000,
    asyncTask: false,
    onSuccess: 'acs:fc:r:1:functions/good',
    onFailure: 'acs:fc:r:1:functions/bad',
  }
  await office.accept('one')
  await office.end(0, succeeded)
  await office.accept('two')
  assert.equal(office.calls[1]!.invocation.revision.functionName, 'good')
  const sent = JSON.parse(office.calls[1]!.event)
  assert.deepEqual([sent.requestPayload, sent.responsePayload], ['one', 'done'])
  await office.end(2, failed)
  assert.equal(office.calls[3]!.invocation.revision.functionName, 'bad')
  assert.equal(JSON.parse(office.calls[3]!.event).requestPayload, 'two')
})

test('a store that fails for a while loses no event', async () => {
  const records = memoryRecordStore()
  let broken = false
  const flaky: RecordStore = {
    ...records,
    commit: (writes) => (broken ? Promise.reject(new Error('disk')) : records.commit(writes)),
  }
  const office = await Office.open(flaky)
  await office.accept('one')
  broken = true
  await office.end(0, succeeded)
  broken = false
  await office.after(4000)
  // The function is not called again because the store failed.
  assert.equal(office.calls.length, 1)
  assert.deepEqual([await office.kept(), office.queue.depth()], [[], 0])
})

test('closing waits a moment, then leaves what is being called to the next platform, uncounted', async () => {
  const office = await Office.open()
  await office.accept('short')
  await office.accept('long')
  let closed = false
  const closing = office.queue.close().then(() => {
    closed = true
  })
  await office.end(0, succeeded)
  assert.equal(closed, false)
  await office.after(2000)
  await closing
  // Its instance is killed now.
  await office.end(1, failed)
  const [left] = await office.records.list<{ failures: number }>({ prefix: 'async/queue/', limit: 10 })
  assert.equal(left!.value.failures, 0)
  await assert.rejects(office.accept('late'))
})

const request = { method: 'PUT', target: '/a?b=c', rawHeaders: ['X-Mine', 'y'], clientIp: '127.0.0.1' }

const responded = (
  body: Readable,
  { rawHeaders = [], ...differs }: { rawHeaders?: string[]; durationMs?: number; stopped?: true } = {},
): HttpOutcome => ({
  outcome: 'responded',
  status: 500,
  statusMessage: '',
  rawHeaders,
  body,
  instanceId: 'c',
  finished: Promise.resolve({ ...report, ...differs }),
})

test('a request for a custom runtime is kept whole, and passed on whole by the platform that comes next', async () => {
  const first = await Office.open()
  first.runtime = 'custom'
  await first.accept('the body', { request })
  const second = new Office(first.records)
  second.runtime = 'custom.debian12'
  await second.queue.start()
  await turn()
  const [{ invocation, end }] = second.requests as [(typeof second.requests)[0]]
  assert.deepEqual(invocation.request, request)
  assert.equal(await text(streamOf(invocation.body)), 'the body')
  // Whatever its status: a server that answers has not failed as a function.
  end(responded(Readable.from([Buffer.from('said')])))
  await turn()
  assert.deepEqual([second.requests.length, await second.kept(), second.queue.depth()], [1, [], 0])
})

test('a request is tried again when its server says so, breaks off or is late, and its outcome goes on', async () => {
  const office = await Office.open()
  office.runtime = 'custom'
  office.policy = {
    retriesMax: 2,
    eventAgeMaxMs: 86_400_000,
    asyncTask: false,
    onFailure: 'acs:fc:r:1:functions/bad',
  }
  await office.accept('body', { request })
  office.requests[0]!.end(
    responded(Readable.from([Buffer.from('no')]), { rawHeaders: ['X-Fc-Status', '404'] }),
  )
  await turn()
  await office.after(1000)
  assert.equal(office.requests[1]!.invocation.retryCount, 1)
  const broken = new Readable({ read() {} })
  office.requests[1]!.end(responded(broken))
  broken.destroy()
  await turn()
  await office.after(2000)
  const late = new Readable({ read() {} })
  office.requests[2]!.end(responded(late, { durationMs: 3000 }))
  late.destroy()
  await turn()
  assert.equal(office.requests.length, 3)
  const sent = JSON.parse(office.calls[0]!.event)
  assert.equal(sent.requestPayload, 'body')
  assert.match(sent.responsePayload, /timed out after 3 seconds/)
})

test('an attempt that was ended with all calls of its function counts for nothing, and is made again', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, retriesMax: 0 }
  await office.accept('event')
  office.disabled.add('f')
  await office.end(0, { outcome: 'cancelled', stopped: true, report: { ...report, stopped: true } })
  assert.equal((await office.queue.backlog())[0]?.lastFailure, 'all calls of the function were ended')
  office.runtime = 'custom'
  await office.accept('body', { request })
  office.disabled.delete('f')
  await office.after(1500)
  assert.deepEqual([office.calls.length, office.calls[1]!.invocation.retryCount], [2, 0])
  const broken = new Readable({ read() {} })
  office.requests[0]!.end(responded(broken, { stopped: true }))
  broken.destroy()
  await turn()
  await office.after(1500)
  assert.deepEqual([office.requests.length, office.requests[1]!.invocation.retryCount], [2, 0])
  assert.deepEqual(await office.dead(), [])
})

test('of a long response 128 KB go to the destination, and the rest is read and dropped', async () => {
  const office = await Office.open()
  office.runtime = 'custom'
  office.policy = {
    retriesMax: 0,
    eventAgeMaxMs: 86_400_000,
    asyncTask: false,
    onSuccess: 'acs:fc:r:1:functions/good',
  }
  await office.accept('body', { request })
  const long = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(10_000, 'x')))
  office.requests[0]!.end(responded(long))
  for (let turns = 0; turns < 20; turns++) await turn()
  assert.equal(long.readableEnded, true)
  assert.equal(JSON.parse(office.calls[0]!.event).responsePayload.length, 128 * 1024)
})

test('a request whose function has a built-in runtime by now is given up', async () => {
  const office = await Office.open()
  await office.accept('body', { request })
  assert.deepEqual([office.requests.length, office.calls.length, office.queue.depth()], [0, 0, 0])
  assert.match((await office.dead())[0]!.because, /custom runtime/)
})
