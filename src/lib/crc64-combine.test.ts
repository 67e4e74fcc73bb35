import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { crc64Decimal } from './checksums.ts'
import { crc64Combine } from './crc64-combine.ts'

it('is the sum of both contents, whatever they are and wherever they are cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (first, second) => {
      const whole = crc64Decimal(Buffer.concat([first, second]))
      assert.equal(crc64Combine(crc64Decimal(first), crc64Decimal(second), second.length), whole)
    }),
  )
})

it('takes parts of any size one after the other', () => {
  const parts = [5, 0, 5, 100_000, 1].map((size, index) => Buffer.alloc(size, index + 1))
  const empty = crc64Decimal(Buffer.alloc(0))
  const combined = parts.reduce((sum, part) => crc64Combine(sum, crc64Decimal(part), part.length), empty)
  assert.equal(combined, crc64Decimal(Buffer.concat(parts)))
})
