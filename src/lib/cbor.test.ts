import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CborValue, encodeCbor } from './cbor.ts'

test('values are written as in appendix A of RFC 8949', () => {
  const examples: [CborValue, string][] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [100, '1864'],
    [1000, '1903e8'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [18446744073709551615n, '1bffffffffffffffff'],
    [-18446744073709551616n, '3bffffffffffffffff'],
    [-1, '20'],
    [-1000, '3903e7'],
    [1.1, 'fb3ff199999999999a'],
    [-4.1, 'fbc010666666666666'],
    [Number.POSITIVE_INFINITY, 'fb7ff0000000000000'],
    [false, 'f4'],
    [true, 'f5'],
    [null, 'f6'],
    [Buffer.from([1, 2, 3, 4]), '4401020304'],
    ['', '60'],
    ['IETF', '6449455446'],
    ['水', '63e6b0b4'],
    [[], '80'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [
      Array.from({ length: 25 }, (_, index) => index + 1),
      '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
    ],
    [{}, 'a0'],
    [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
  ]
  for (const [value, hex] of examples) assert.equal(encodeCbor(value).toString('hex'), hex)
})

test('an integer of more than 64 bits is refused', () => {
  assert.throws(() => encodeCbor(2n ** 64n), RangeError)
  assert.throws(() => encodeCbor(-(2n ** 64n) - 1n), RangeError)
})
