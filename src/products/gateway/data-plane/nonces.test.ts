import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Nonces } from './nonces.ts'

const MINUTE_MS = 60_000
const at = (nowMs: number, forMs = 15 * MINUTE_MS) => ({ nowMs, untilMs: nowMs + forMs })

test('a nonce counts once for as long as its request could be taken, and may come again later', () => {
  const nonces = new Nonces()
  assert.equal(nonces.use('a', at(0)), 'first')
  assert.equal(nonces.use('a', at(14.9 * MINUTE_MS)), 'again')
  assert.equal(nonces.use('b', at(15 * MINUTE_MS)), 'first')
  assert.equal(nonces.use('a', at(17 * MINUTE_MS)), 'first')
})

test('a request of the future is remembered until its own time is over', () => {
  const nonces = new Nonces()
  assert.equal(nonces.use('a', at(0, 30 * MINUTE_MS)), 'first')
  assert.equal(nonces.use('a', at(29 * MINUTE_MS)), 'again')
})

test('when there is no room none is taken in, and none forgotten', () => {
  const nonces = new Nonces(2)
  assert.deepEqual(
    ['a', 'b', 'c', 'a'].map((key) => nonces.use(key, at(0))),
    ['first', 'first', 'full', 'again'],
  )
  assert.equal(nonces.use('c', at(20 * MINUTE_MS)), 'first')
})
