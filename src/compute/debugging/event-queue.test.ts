import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventQueue } from './event-queue.ts'

test('what was said is read in order, also what was said before; the end ends it', async () => {
  const queue = new EventQueue<number>(3)
  queue.push(1)
  const events = queue[Symbol.asyncIterator]()
  assert.equal((await events.next()).value, 1)
  const next = events.next()
  queue.push(2)
  assert.equal((await next).value, 2)
  queue.push(3)
  queue.end()
  assert.equal((await events.next()).value, 3)
  assert.equal((await events.next()).done, true)
})

test('who does not read loses the oldest', async () => {
  const queue = new EventQueue<number>(2)
  for (const number of [1, 2, 3]) queue.push(number)
  queue.end()
  const read: number[] = []
  for await (const number of queue) read.push(number)
  assert.deepEqual(read, [2, 3])
})
