/**
 * Checksums of bodies and files, and a comparison for secrets.
 *
 * CRC-64 is Alibaba's: ECMA-182 with reflected bits (also known as CRC-64/XZ), printed as an unsigned decimal. JavaScript
 * has no 64-bit integers that are fast, so a sum is kept as two halves of 32 bits, and eight bytes are taken per step
 * ("slicing by 8": table k answers what a byte does to the sum k positions later).
 */
import { createHash, hash, timingSafeEqual } from 'node:crypto'
import { endianness } from 'node:os'

const IS_LITTLE_ENDIAN = endianness() === 'LE'

const POLYNOMIAL_LOW = 0xd7870f42 | 0
const POLYNOMIAL_HIGH = 0xc96c5795 | 0

/** Entry `k * 256 + byte` of the low and the high half. */
const { low: LOW_TABLES, high: HIGH_TABLES } = tables()

function tables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(8 * 256)
  const high = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let l = byte
    let h = 0
    for (let bit = 0; bit < 8; bit++) {
      const carry = l & 1
      l = (l >>> 1) | (h << 31)
      h >>>= 1
      if (carry === 1) {
        l ^= POLYNOMIAL_LOW
        h ^= POLYNOMIAL_HIGH
      }
    }
    low[byte] = l
    high[byte] = h
  }
  for (let entry = 256; entry < 8 * 256; entry++) {
    const l = low[entry - 256]!
    const h = high[entry - 256]!
    low[entry] = ((l >>> 8) | (h << 24)) ^ low[l & 255]!
    high[entry] = (h >>> 8) ^ high[l & 255]!
  }
  return { low, high }
}

/** A CRC-64 of bytes that arrive in pieces. */
export class Crc64 {
  #low = -1
  #high = -1

  update(bytes: Uint8Array): this {
    const unaligned = Math.min((4 - (bytes.byteOffset % 4)) % 4, bytes.length)
    const wordsEnd = IS_LITTLE_ENDIAN ? unaligned + ((bytes.length - unaligned) & ~7) : unaligned
    this.#byByte(bytes, 0, unaligned)
    if (wordsEnd > unaligned) {
      this.#byTwoWords(
        new Int32Array(bytes.buffer, bytes.byteOffset + unaligned, (wordsEnd - unaligned) >> 2),
      )
    }
    this.#byByte(bytes, wordsEnd, bytes.length)
    return this
  }

  #byTwoWords(words: Int32Array): void {
    const LOW = LOW_TABLES
    const HIGH = HIGH_TABLES
    let low = this.#low
    let high = this.#high
    for (let at = 0; at < words.length; at += 2) {
      const l = low ^ words[at]!
      const h = high ^ words[at + 1]!
      const a = 0x700 + (l & 255)
      const b = 0x600 + ((l >>> 8) & 255)
      const c = 0x500 + ((l >>> 16) & 255)
      const d = 0x400 + (l >>> 24)
      const e = 0x300 + (h & 255)
      const f = 0x200 + ((h >>> 8) & 255)
      const g = 0x100 + ((h >>> 16) & 255)
      const i = h >>> 24
      low = LOW[a]! ^ LOW[b]! ^ LOW[c]! ^ LOW[d]! ^ LOW[e]! ^ LOW[f]! ^ LOW[g]! ^ LOW[i]!
      high = HIGH[a]! ^ HIGH[b]! ^ HIGH[c]! ^ HIGH[d]! ^ HIGH[e]! ^ HIGH[f]! ^ HIGH[g]! ^ HIGH[i]!
    }
    this.#low = low
    this.#high = high
  }

  #byByte(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const entry = (this.#low ^ bytes[at]!) & 255
      this.#low = ((this.#low >>> 8) | (this.#high << 24)) ^ LOW_TABLES[entry]!
      this.#high = (this.#high >>> 8) ^ HIGH_TABLES[entry]!
    }
  }

  /** The sum of all bytes so far; more may follow. */
  decimal(): string {
    return ((BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0)).toString()
  }
}

export const crc64Decimal = (bytes: Uint8Array): string => new Crc64().update(bytes).decimal()

export const md5Hex = (data: Uint8Array | string): string => hash('md5', data, 'hex')
export const sha256Hex = (data: Uint8Array | string): string => hash('sha256', data, 'hex')

/** Every checksum that is kept of a content, taken in one pass over its pieces. */
export class ContentDigest {
  readonly #sha256 = createHash('sha256')
  readonly #md5 = createHash('md5')
  readonly #crc64 = new Crc64()
  #sizeBytes = 0

  update(bytes: Uint8Array): this {
    this.#sha256.update(bytes)
    this.#md5.update(bytes)
    this.#crc64.update(bytes)
    this.#sizeBytes += bytes.length
    return this
  }

  /** Ends the digest: it takes no more bytes. */
  finish(): { sizeBytes: number; sha256: string; md5: string; crc64: string } {
    return {
      sizeBytes: this.#sizeBytes,
      sha256: this.#sha256.digest('hex'),
      md5: this.#md5.digest('hex'),
      crc64: this.#crc64.decimal(),
    }
  }
}

/** Equality that takes the same time wherever two texts differ. Only their length may show. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  return timingSafeEqual(Buffer.from(a, 'utf16le'), Buffer.from(b, 'utf16le'))
}
