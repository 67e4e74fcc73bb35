import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ContentDigest, Crc64, constantTimeEqual, crc64Decimal, md5Hex, sha256Hex } from './checksums.ts'

/** The definition, bit by bit, with integers of 64 bits: slow, and hard to get wrong. */
function crc64ByDefinition(bytes: Uint8Array): string {
  let crc = 0xffffffffffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n
  }
  return (crc ^ 0xffffffffffffffffn).toString()
}

test('CRC-64 has the check value of ECMA-182 as Alibaba computes it', () => {
  assert.equal(crc64Decimal(Buffer.from('123456789')), '11051210869376104954')
  assert.equal(crc64Decimal(Buffer.from('123456789')), BigInt('0x995dc9bbdf1939fa').toString())
  assert.equal(crc64Decimal(new Uint8Array()), '0')
})

test('CRC-64 is what its definition says for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 9 }), (bytes, from) => {
      const somewhere = bytes.subarray(Math.min(from, bytes.length)) // seldom at the start of a word
      assert.equal(crc64Decimal(somewhere), crc64ByDefinition(somewhere))
    }),
  )
})

test('every checksum is the same however the content is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }), (pieces) => {
      const whole = Buffer.concat(pieces)
      const inPieces = new ContentDigest()
      const crc64 = new Crc64()
      for (const piece of pieces) {
        inPieces.update(piece)
        crc64.update(piece)
      }
      assert.deepEqual(inPieces.finish(), {
        sizeBytes: whole.length,
        sha256: sha256Hex(whole),
        md5: md5Hex(whole),
        crc64: crc64Decimal(whole),
      })
      assert.equal(crc64.decimal(), crc64Decimal(whole))
    }),
  )
})

test('MD5 and SHA-256 are lower-case hex', () => {
  assert.equal(md5Hex('abc'), '900150983cd24fb0d6963f7d28e17f72')
  assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('constantTimeEqual is equality, for any two texts', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      assert.equal(constantTimeEqual(a, b), a === b)
      assert.equal(constantTimeEqual(a, `${a}`), true)
    }),
  )
})
