import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { editDistance, nearest } from './suggest.ts'

test('a slip of the finger is recognised, and a word of another kind is not', () => {
  const words = ['deploy', 'invoke', 'logs', 'status', 'up']
  assert.equal(nearest('depoly', words), 'deploy')
  assert.equal(nearest('log', words), 'logs')
  assert.equal(nearest('stats', words), 'status')
  assert.equal(nearest('terraform', words), undefined)
})

test('a distance is symmetric, zero only for the same text, and never more than the longer one', () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b)
      assert.equal(distance, editDistance(b, a))
      assert.equal(distance === 0, a === b)
      assert.ok(distance <= Math.max(a.length, b.length))
    }),
  )
})
