import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneByOne } from './one-by-one.ts'

test('names are worked off in order, and once more where they came again meanwhile', async () => {
  const begun: string[] = []
  let goOn = Promise.withResolvers<void>()
  const queue = oneByOne(async (name) => {
    begun.push(name)
    await goOn.promise
  })
  queue.add('a')
  queue.add('b')
  queue.add('b')
  assert.deepEqual(begun, ['a'])
  queue.add('a')
  const first = goOn
  goOn = Promise.withResolvers()
  goOn.resolve()
  first.resolve()
  await queue.idle()
  assert.deepEqual(begun, ['a', 'b', 'a'])
  queue.add('c')
  await queue.idle()
  assert.deepEqual(begun, ['a', 'b', 'a', 'c'])
})
