import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  bytesValue,
  compareValues,
  type EncodedValue,
  infMax,
  infMin,
  integerValue,
} from '../../lib/plain-buffer/value.ts'
import { decodeKey, encodeKey } from './key.ts'
import type { KeyType } from './table.ts'

const types: KeyType[] = ['string', 'integer', 'binary']
const int64 = fc.oneof(
  fc.bigInt({ min: -3n, max: 3n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const text = fc.string({ unit: fc.constantFrom('a', '\0', '\x01', 'é', '\u{1f600}'), maxLength: 4 })
const raw = fc.array(fc.constantFrom(0, 1, 2, 255), { maxLength: 4 })
const key = fc.tuple(
  text.map((value) => bytesValue('string', Buffer.from(value))),
  int64.map(integerValue),
  raw.map((value) => bytesValue('binary', Uint8Array.from(value))),
)

describe('the key of a row', () => {
  it('is in the order of its columns, and leads back to them', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        assert.equal(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b))), sign(a, b))
        const hex = (values: EncodedValue[]) => values.map((value) => Buffer.from(value).toString('hex'))
        assert.deepEqual(hex(decodeKey(encodeKey(a), types)), hex(a))
      }),
      { numRuns: 500 },
    )
  })

  it('is above INF_MIN and below INF_MAX in any column', () => {
    fc.assert(
      fc.property(key, fc.nat(2), (values, at) => {
        const below = encodeKey(values.with(at, infMin))
        const above = encodeKey(values.with(at, infMax))
        assert.ok(Buffer.compare(below, encodeKey(values)) < 0)
        assert.ok(Buffer.compare(above, encodeKey(values)) > 0)
      }),
    )
  })
})

function sign(a: EncodedValue[], b: EncodedValue[]): number {
  for (const [at, value] of a.entries()) {
    const order = compareValues(value, b[at]!)!
    if (order !== 0) return Math.sign(order)
  }
  return 0
}
