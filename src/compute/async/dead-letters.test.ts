import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Destination, DestinationMessage, SendOutcome } from './destinations.ts'
import { f, failed, Office, succeeded, turn } from './office.fixture.ts'

async function officeWithDead(...events: string[]): Promise<Office> {
  const office = await Office.open()
  office.policy = { ...office.policy, retriesMax: 0 }
  for (const event of events) {
    await office.accept(event)
    await office.end(office.calls.length - 1, failed)
  }
  return office
}

test('an event that was given up can be read, with why and what it carried, also after a restart', async () => {
  const office = await officeWithDead('one', 'two')
  const next = await Office.open(office.records)
  assert.equal(next.calls.length, 0)
  const letters = await next.dead()
  assert.deepEqual(
    letters.map(({ item, because, condition, attempts, payload }) => ({ requestId: item.requestId, because, condition, attempts, payload: Buffer.from(payload!).toString() })), // biome-ignore format: one line
    ['one', 'two'].map((payload, index) => ({ requestId: `r${index}`, because: 'it failed 1 time', condition: 'UnhandledInvocationError', attempts: 1, payload })), // biome-ignore format: one line
  )
})

test('what is redriven is called again under its request id, with all its retries', async () => {
  const office = await officeWithDead('one', 'two', 'three')
  assert.equal(await office.queue.deadLetters.redrive(f, new Set(['r1', 'nobody'])), 1)
  await turn()
  assert.deepEqual([office.calls[3]!.event, office.calls[3]!.invocation.requestId], ['two', 'r1'])
  assert.equal(office.calls[3]!.invocation.retryCount, 0)
  await office.end(3, succeeded)
  assert.equal(await office.queue.deadLetters.redrive(f), 2)
  await turn()
  assert.deepEqual(office.calls.slice(4).map(({ event }) => event), ['one', 'three']) // biome-ignore format: one line
  await office.end(4, succeeded)
  await office.end(5, failed)
  assert.deepEqual((await office.dead()).map(({ item }) => item.requestId), ['r2']) // biome-ignore format: one line
})

test('what is purged is gone with what it carried', async () => {
  const office = await officeWithDead('one', 'two', 'three')
  assert.equal(await office.queue.deadLetters.purge(f, new Set(['r0'])), 1)
  assert.equal((await office.dead()).length, 2)
  assert.equal(await office.queue.deadLetters.purge(f), 2)
  assert.deepEqual(await office.kept(), [])
})

test('the list of a function is bounded: the oldest are dropped', async () => {
  const office = await Office.open(undefined, [], { deadLettersMaxPerFunction: 5 })
  office.policy = { ...office.policy, retriesMax: 0 }
  for (let index = 0; index < 8; index++) {
    await office.accept(`${index}`)
    await office.end(index, failed)
  }
  const letters = await office.dead()
  assert.deepEqual([letters.length, letters[0]!.item.requestId, (await office.kept()).length], [5, 'r3', 10]) // biome-ignore format: one line
})

test('a dead letter is kept for two weeks', async () => {
  const office = await officeWithDead('one')
  await office.after(14 * 86_400_000)
  await office.queue.sweep()
  assert.equal((await office.dead()).length, 1)
  await office.after(1)
  await office.queue.sweep()
  assert.deepEqual(await office.kept(), [])
})

test('a task that died can be redriven as the task that it was', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, retriesMax: 0, asyncTask: true }
  await office.accept('one', { taskId: 't' })
  await office.end(0, failed)
  assert.equal((await office.task('t')).status, 'Failed')
  assert.equal(await office.queue.deadLetters.redrive(f), 1)
  await turn()
  await office.end(1, succeeded)
  const { status, events } = await office.task('t')
  assert.equal(status, 'Succeeded')
  assert.deepEqual(events.map((event) => event.status), ['Enqueued', 'Dequeued', 'Running', 'Failed', 'Enqueued', 'Dequeued', 'Running', 'Succeeded']) // biome-ignore format: one line
})

test('what a task carried stays as long as the task or its dead letter does', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, retriesMax: 0, asyncTask: true }
  const payloads = async () => (await office.kept()).filter((key) => key.startsWith('async/payloads/'))
  await office.accept('one', { taskId: 't' })
  await office.end(0, failed)
  await office.after(7 * 86_400_000 + 1)
  await office.queue.sweep()
  assert.equal(await office.queue.tasks.read(f, 't'), undefined)
  assert.equal((await payloads()).length, 1)
  await office.accept('two', { taskId: 'u' })
  await office.end(1, failed)
  await office.queue.deadLetters.purge(f)
  assert.equal((await payloads()).length, 1)
  await office.after(7 * 86_400_000 + 1)
  await office.queue.sweep()
  assert.deepEqual(await office.kept(), [])
})

/** A destination that answers as it is told. */
class Product implements Destination {
  readonly kind = 'mns'
  readonly got: DestinationMessage[] = []
  outcome: SendOutcome | Error = { is: 'delivered' }

  async send(message: DestinationMessage): Promise<SendOutcome> {
    this.got.push(message)
    if (this.outcome instanceof Error) throw this.outcome
    return this.outcome
  }
}

const queueArn = 'acs:mns:r:1:/queues/q/messages'

test('another product takes outcomes by adding a destination: tried again, and safe over a restart', async () => {
  const product = new Product()
  const office = await Office.open(undefined, [product])
  assert.deepEqual([...office.queue.destinationKinds], ['fc', 'mns'])
  office.policy = { ...office.policy, onSuccess: queueArn, asyncTask: true }
  product.outcome = new Error('not at the moment')
  await office.accept('one', { taskId: 't' })
  await office.end(0, succeeded)
  assert.equal(product.got.length, 1)
  const [backlog] = await office.queue.backlog()
  assert.deepEqual([backlog!.what, backlog!.retrying, backlog!.lastFailure], ['deliveries', 1, 'not at the moment']) // biome-ignore format: one line

  const later = new Product()
  const next = await Office.open(office.records, [later])
  await next.after(500)
  assert.equal(later.got.length, 1)
  assert.deepEqual([later.got[0]!.arn, later.got[0]!.requestId], [queueArn, product.got[0]!.requestId])
  assert.equal(JSON.parse(Buffer.from(later.got[0]!.body).toString()).responsePayload, 'done')
  assert.equal((await next.task('t')).destinationStatus, 'Succeeded')
  assert.equal(next.queue.depth(), 0)
})

test('an outcome that its destination does not take is a dead letter, and is sent again when redriven', async () => {
  const product = new Product()
  const office = await Office.open(undefined, [product])
  office.policy = { ...office.policy, onSuccess: queueArn }
  product.outcome = { is: 'refused', because: 'no such queue' }
  await office.accept('one')
  await office.end(0, succeeded)
  const [letter] = await office.dead()
  assert.deepEqual([letter!.because, letter!.condition], ['no such queue', 'DestinationError'])
  product.outcome = { is: 'delivered' }
  await office.queue.deadLetters.redrive(f)
  await turn()
  assert.equal(product.got.length, 2)
  assert.deepEqual([office.calls.length, await office.kept()], [1, []])
})

test('an outcome for a destination that takes nothing for a day is a dead letter', async () => {
  const product = new Product()
  const office = await Office.open(undefined, [product])
  office.policy = { ...office.policy, onSuccess: queueArn }
  product.outcome = { is: 'later', because: 'full' }
  await office.accept('one')
  await office.end(0, succeeded)
  for (let hour = 0; hour < 30; hour++) await office.after(3_600_000)
  assert.deepEqual([(await office.dead())[0]!.because, office.queue.depth()], ['full', 0])
})

test('functions that are destinations of each other in a circle come to an end, in a dead letter', async () => {
  const office = await Office.open()
  office.policy = { ...office.policy, retriesMax: 0, onFailure: 'acs:fc:r:1:functions/f' }
  await office.accept('one')
  for (let number = 0; number < 17; number++) {
    await office.end(number, failed)
    await turn()
  }
  assert.deepEqual([office.calls.length, office.queue.depth()], [17, 0])
  assert.match((await office.dead())[0]!.because, /16 destinations/)
})

test('an outcome for a function that is not there, or of another account, is a dead letter', async () => {
  const office = await Office.open()
  for (const arn of ['acs:fc:r:2:functions/g', 'acs:fc:r:1:services/s']) {
    office.policy = { ...office.policy, onSuccess: arn }
    await office.accept('one')
    await office.end(office.calls.length - 1, succeeded)
  }
  office.policy = { ...office.policy, onSuccess: 'acs:fc:r:1:functions/g' }
  await office.accept('two')
  office.presence = ['fc/g']
  await office.end(2, succeeded)
  const because = (await office.dead()).map((letter) => letter.because)
  assert.equal(because.length, 3)
  assert.match(because.join(), /another account.*is not a function.*does not exist/)
})
