import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCbor } from './cbor.ts'

/** Of the appendix of RFC 8949. */
for (const [hex, value] of [
  ['00', 0],
  ['1818', 24],
  ['1903e8', 1000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['29', -10],
  ['fb3ff199999999999a', 1.1],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['6449455446', 'IETF'],
  ['62c3bc', 'ü'],
  ['83010203', [1, 2, 3]],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
] as const) {
  test(`${hex} is ${JSON.stringify(value)}`, () =>
    assert.deepEqual(decodeCbor(Buffer.from(hex, 'hex')), value))
}

test('a document that ends too soon is an error, whatever is in it', () => {
  assert.throws(() => decodeCbor(Buffer.from('8301', 'hex')), /ends too soon/)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeCbor(bytes)
      } catch (error) {
        assert.ok(error instanceof Error)
      }
    }),
  )
})
