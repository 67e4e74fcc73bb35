import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkKey, compareKeys, endOfPrefix, KEY_BYTES_MAX } from './keys.ts'

const bytes = (text: string) => Buffer.from(text)
/** Few characters, so that texts often share a beginning, from each length of UTF-8 and both sides of the surrogates. */
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
  maxLength: 5,
})

test('keys compare as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(bytes(a), bytes(b)))
    }),
  )
})

test('a key lies between a prefix and its end exactly if it starts with the prefix', () => {
  fc.assert(
    fc.property(text, text, fc.boolean(), (prefix, other, extend) => {
      const key = extend ? prefix + other : other
      const end = endOfPrefix(prefix)
      const within = compareKeys(key, prefix) >= 0 && (end === undefined || compareKeys(key, end) < 0)
      assert.equal(within, key.startsWith(prefix))
    }),
  )
})

test('a key is refused when it is empty, too long, or has no UTF-8 form', () => {
  checkKey('é'.repeat(KEY_BYTES_MAX / 2))
  assert.throws(() => checkKey(''), /not empty/)
  assert.throws(() => checkKey('é'.repeat(KEY_BYTES_MAX / 2 + 1)), /longer than 4096 bytes/)
  assert.throws(() => checkKey('a\ud800'), /not well-formed/)
})
