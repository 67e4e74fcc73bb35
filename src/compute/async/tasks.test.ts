import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordStore } from '../../ports/records.ts'
import { TaskInFlight } from './acceptance.ts'
import { f, failed, Office, report, succeeded, throttled, turn } from './office.fixture.ts'

const cancelled = { outcome: 'cancelled', report } as const
const weekMs = 7 * 86_400_000

async function openWithTasks(records?: RecordStore): Promise<Office> {
  const office = await Office.open(records)
  office.policy = { ...office.policy, asyncTask: true }
  return office
}

const historyOf = async (office: Office, taskId: string) =>
  (await office.task(taskId)).events.map(({ status }) => status)

test('a task tells what became of it, step by step', async () => {
  const office = await openWithTasks()
  await office.accept('one', { taskId: 't' })
  await office.after(5)
  await office.end(0, failed)
  assert.equal((await office.task('t')).status, 'Retrying')
  await office.after(1000)
  await office.end(1, succeeded)
  const task = await office.task('t')
  assert.deepEqual(
    task.events.map(({ eventId, status }) => `${eventId} ${status}`),
    ['1 Enqueued', '2 Dequeued', '3 Running', '4 Retrying', '5 Dequeued', '6 Running', '7 Succeeded'],
  )
  const { status, retries, instanceId, durationMs, startedMs, endedMs, requestId } = task
  assert.deepEqual(
    { status, retries, instanceId, durationMs, requestId, tookMs: endedMs! - startedMs },
    { status: 'Succeeded', retries: 1, instanceId: 'c', durationMs: 1, requestId: 'r0', tookMs: 1005 },
  )
})

test('a task without an id of the caller has that of the request', async () => {
  const office = await openWithTasks()
  await office.accept('one')
  assert.equal((await office.task('r0')).status, 'Running')
})

test('an id is taken as long as its task is kept, and free a week after it has ended', async () => {
  const office = await openWithTasks()
  await office.accept('one', { taskId: 't' })
  await assert.rejects(office.accept('two', { taskId: 't' }), TaskInFlight)
  await office.end(0, succeeded)
  await assert.rejects(office.accept('two', { taskId: 't' }), TaskInFlight)
  await office.after(weekMs)
  await office.queue.sweep()
  await assert.rejects(office.accept('two', { taskId: 't' }), TaskInFlight)
  await office.after(1)
  await office.queue.sweep()
  assert.deepEqual(await office.kept(), [])
  await office.accept('two', { taskId: 't' })
  assert.equal(office.calls[1]!.event, 'two')
})

test('every end has its status', async () => {
  const office = await openWithTasks()
  office.policy = { ...office.policy, retriesMax: 0, eventAgeMaxMs: 10_000 }
  await office.accept('fails', { taskId: 'fails' })
  await office.end(0, failed)
  await office.accept('expires', { taskId: 'expires' })
  await office.end(1, throttled)
  office.policy = { ...office.policy, eventAgeMaxMs: 100 }
  await office.after(1000)
  await office.accept('gone', { taskId: 'gone' })
  await office.end(2, throttled)
  office.missing.add('f')
  await office.after(50_000)
  const statuses = ['fails', 'expires', 'gone'].map(async (id) => (await office.task(id)).status)
  assert.deepEqual(await Promise.all(statuses), ['Failed', 'Expired', 'Invalid'])
  assert.equal((await office.task('fails')).errorType, 'UnhandledInvocationError')
  assert.deepEqual((await historyOf(office, 'gone')).slice(-2), ['Retrying', 'Invalid'])
})

test('stopping a task that runs cancels its call', async () => {
  const office = await openWithTasks()
  await office.accept('one', { taskId: 't' })
  assert.deepEqual(await office.queue.tasks.stop('1', 'f', 't'), { is: 'stopped' })
  assert.deepEqual([office.calls[0]!.invocation.signal!.aborted, (await office.task('t')).status], [true, 'Stopping']) // biome-ignore format: one line
  assert.deepEqual(await office.queue.tasks.stop('1', 'f', 't'), { is: 'stopped' })
  await office.end(0, cancelled)
  assert.deepEqual((await historyOf(office, 't')).slice(-2), ['Stopping', 'Stopped'])
  assert.deepEqual([office.queue.depth(), await office.dead()], [0, []])
  await office.after(100_000)
  assert.equal(office.calls.length, 1)
})

test('a task that was done before its call could be cancelled has succeeded', async () => {
  const office = await openWithTasks()
  await office.accept('one', { taskId: 't' })
  await office.queue.tasks.stop('1', 'f', 't')
  await office.end(0, succeeded)
  assert.equal((await office.task('t')).status, 'Succeeded')
  assert.deepEqual(await office.queue.tasks.stop('1', 'f', 't'), { is: 'ended', status: 'Succeeded' })
  assert.deepEqual(await office.queue.tasks.stop('1', 'f', 'other'), { is: 'notFound' })
})

test('a task that is stopped while it waits is not called', async () => {
  const office = await openWithTasks()
  await office.accept('one', { taskId: 't' })
  await office.end(0, failed)
  await office.queue.tasks.stop('1', 'f', 't')
  assert.deepEqual([(await office.task('t')).status, office.queue.depth()], ['Stopped', 0])
  await office.after(100_000)
  assert.equal(office.calls.length, 1)

  for (let index = 0; index < 40; index++) await office.accept(`${index}`, { taskId: `t${index}` })
  await office.queue.tasks.stop('1', 'f', 't35')
  for (let number = 1; number < 40; number++) await office.end(number, succeeded)
  assert.deepEqual([office.calls.length, office.queue.depth()], [40, 0])
  assert.equal((await office.task('t35')).status, 'Stopped')
})

test('a task that is stopped as its call fails is not called again', async () => {
  const office = await openWithTasks()
  await office.accept('one', { taskId: 't' })
  const stopped = office.queue.tasks.stop('1', 'f', 't')
  office.calls[0]!.end(throttled)
  await stopped
  await turn()
  assert.deepEqual([(await office.task('t')).status, office.queue.depth()], ['Stopped', 0])
})

test('a task that was being stopped when the platform died is not called by the next one', async () => {
  const first = await openWithTasks()
  await first.accept('one', { taskId: 't' })
  await first.queue.tasks.stop('1', 'f', 't')
  const second = await openWithTasks(first.records)
  assert.deepEqual([second.calls.length, (await second.task('t')).status], [0, 'Stopped'])
})

test('a task that ran when the platform died runs again, under the same request id', async () => {
  const first = await openWithTasks()
  await first.accept('one', { taskId: 't' })
  const second = await openWithTasks(first.records)
  assert.equal(second.calls[0]!.invocation.requestId, first.calls[0]!.invocation.requestId)
  await second.end(0, succeeded)
  assert.equal((await second.task('t')).status, 'Succeeded')
})

test('tasks are listed by time, in pages, by status, qualifier, beginning of the id and time', async () => {
  const office = await openWithTasks()
  for (let index = 0; index < 6; index++) {
    const qualifier = index < 2 ? 'v1' : 'LATEST'
    await office.accept(`${index}`, { taskId: `${index % 2 ? 'odd' : 'even'}-${index}`, qualifier })
    await office.after(10)
  }
  await office.end(0, succeeded)
  const all = ['even-0', 'odd-1', 'even-2', 'odd-3', 'even-4', 'odd-5']
  assert.deepEqual(await office.tasks(), { ids: all })
  assert.deepEqual(await office.tasks({ oldestFirst: false }), { ids: all.toReversed() })
  assert.deepEqual((await office.tasks({ status: 'Running' })).ids, all.slice(1))
  assert.deepEqual((await office.tasks({ qualifier: 'v1' })).ids, all.slice(0, 2))
  assert.deepEqual((await office.tasks({ idPrefix: 'odd-' })).ids, ['odd-1', 'odd-3', 'odd-5'])
  const startedFromMs = 1_700_000_000_010
  assert.deepEqual((await office.tasks({ startedFromMs, startedToMs: startedFromMs + 10 })).ids, ['odd-1', 'even-2']) // biome-ignore format: one line
  for (const oldestFirst of [true, false]) {
    const paged: string[] = []
    for (let after: string | undefined; ; ) {
      const { ids, next } = await office.tasks({ oldestFirst, limit: 4, ...(after ? { after } : {}) })
      paged.push(...ids)
      if (next === undefined) break
      after = next
    }
    assert.deepEqual(paged, oldestFirst ? all : all.toReversed())
  }
  const { tasks } = await office.queue.tasks.list({ ...f, oldestFirst: true, limit: 1, includePayload: true })
  assert.equal(Buffer.from(tasks[0]!.payload!).toString(), '0')
})

test('of one function so many tasks are kept; those that ended first are forgotten', async () => {
  const office = await Office.open(undefined, [], { tasksMaxPerFunction: 10 })
  office.policy = { ...office.policy, asyncTask: true }
  await office.accept('runs', { taskId: 'runs' })
  for (let index = 1; index <= 10; index++) {
    await office.accept(`${index}`, { taskId: `t${index}` })
    await office.end(index, succeeded)
  }
  assert.equal(await office.queue.tasks.read(f, 't9'), undefined)
  const { ids } = await office.tasks()
  assert.deepEqual(ids, ['runs', 't10'])
})
