import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TaskInFlight } from './acceptance.ts'
import { f, failed, Office, succeeded, turn } from './office.fixture.ts'

const hourMs = 3_600_000
const called = (office: Office) => office.calls.map(({ event }) => event)

test('a delayed event is called when its delay is over, and others are not held up', async () => {
  const office = await Office.open()
  await office.accept('late', { delayMs: 5000 })
  await office.accept('later', { delayMs: 9000 })
  await office.accept('sooner', { delayMs: 1000 })
  await office.accept('now')
  assert.deepEqual(called(office), ['now'])
  assert.deepEqual(
    (await office.queue.backlog()).map(({ waiting, retrying, running }) => ({ waiting, retrying, running })),
    [{ waiting: 3, retrying: 3, running: 1 }],
  )
  await office.end(0, succeeded)
  await office.after(999)
  assert.deepEqual(called(office), ['now'])
  await office.after(1)
  assert.deepEqual(called(office), ['now', 'sooner'])
  await office.after(3999)
  assert.equal(office.calls.length, 2)
  await office.after(1)
  await office.after(4000)
  assert.deepEqual(called(office), ['now', 'sooner', 'late', 'later'])
  for (const number of [1, 2, 3]) await office.end(number, succeeded)
  assert.deepEqual([office.queue.depth(), await office.kept()], [0, []])
})

test('its age counts from the end of its delay', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, eventAgeMaxMs: 1000, retriesMax: 8 }
  await office.accept('old at once', { delayMs: hourMs })
  await office.after(hourMs)
  assert.equal(office.calls.length, 1)
  await office.end(0, failed)
  await office.after(1001)
  assert.deepEqual([office.calls.length, (await office.dead())[0]?.condition], [1, 'EventAgeExceeded'])
})

test('a delay is kept over the end of the platform', async () => {
  const before = await Office.open()
  await before.accept('late', { delayMs: hourMs })
  await before.queue.close()
  const office = await Office.open(before.records)
  office.clock.advance(0)
  await turn()
  assert.deepEqual([office.queue.depth(), office.calls.length], [1, 0])
  await office.after(hourMs - 1)
  assert.equal(office.calls.length, 0)
  await office.after(1)
  assert.deepEqual(called(office), ['late'])
})

test('an event may be stateful by itself, is listed while it is delayed, and can be stopped then', async () => {
  const office = await Office.open()
  await office.accept('late', { delayMs: hourMs, stateful: true, taskId: 't' })
  assert.equal((await office.task('t')).status, 'Enqueued')
  await assert.rejects(office.accept('again', { taskId: 't', stateful: true }), TaskInFlight)
  assert.deepEqual((await office.tasks()).ids, ['t'])
  assert.deepEqual(await office.queue.tasks.stop(f.accountId, f.functionName, 't'), { is: 'stopped' })
  assert.equal(office.queue.depth(), 0)
  await office.after(hourMs)
  assert.deepEqual([office.calls.length, (await office.task('t')).status], [0, 'Stopped'])
  // Beside it nothing is kept of what is not stateful.
  await office.accept('plain', { taskId: 'plain' })
  await office.end(0, succeeded)
  assert.deepEqual((await office.tasks()).ids, ['t'])
})
