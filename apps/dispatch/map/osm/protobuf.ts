/** Protocol Buffers, as far as a reader of OpenStreetMap files needs them: fields one after the other, varints, packed lists. */

/** A field: a number for varints, bytes for everything that has a length. */
export type Field = (field: number, value: number, bytes: Uint8Array) => void

const NO_BYTES = new Uint8Array(0)

const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5

/** @throws Error where the bytes are no message */
export function eachField(bytes: Uint8Array, field: Field): void {
  const reader = new Varints(bytes)
  while (reader.hasMore) {
    const key = reader.next()
    const number = Math.floor(key / 8)
    switch (key & 7) {
      case VARINT:
        field(number, reader.next(), NO_BYTES)
        break
      case LENGTH:
        field(number, 0, reader.take(reader.next()))
        break
      case FIXED64:
        reader.take(8)
        break
      case FIXED32:
        reader.take(4)
        break
      default:
        throw new Error(`a field of wire type ${key & 7}, which OpenStreetMap files do not have`)
    }
  }
}

export class Varints {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length
  }

  /** Unsigned; exact up to 2^53, which no identifier of OpenStreetMap comes near. */
  next(): number {
    let value = 0
    let factor = 1
    for (let length = 0; length < 10; length++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Error('a message ends in the middle of a number')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw new Error('a number is longer than ten bytes')
  }

  /** Zigzag: 0, -1, 1, -2, … */
  nextSigned(): number {
    return unzigzag(this.next())
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Error('a message ends in the middle of a field')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

export const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)

export function packed(bytes: Uint8Array): number[] {
  const values: number[] = []
  for (const reader = new Varints(bytes); reader.hasMore; ) values.push(reader.next())
  return values
}

/** Each the difference to the one before, zigzag. */
export function packedDeltas(bytes: Uint8Array): number[] {
  const values: number[] = []
  let value = 0
  for (const reader = new Varints(bytes); reader.hasMore; ) {
    value += reader.nextSigned()
    values.push(value)
  }
  return values
}
