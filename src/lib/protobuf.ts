/**
 * Protocol Buffers (proto2), as values: a message is a table of its fields, and its type, its reader and its writer follow
 * from that. Fields that are not in the table are skipped, as the format wants it. Repeated fields are not packed.
 */

/** The bytes are not a message of this kind. */
export class MalformedProtobuf extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedProtobuf'
  }
}

/** How one value is written: 0 varint, 1 eight bytes, 2 with its length before it, 5 four bytes. */
export interface Kind<T> {
  wire: 0 | 1 | 2 | 5
  read(from: Reader): T
  write(value: T, to: Writer): void
}

type Presence = 'required' | 'optional' | 'repeated'

export interface Field<T, P extends Presence = Presence> {
  number: number
  kind: Kind<T>
  presence: P
}

const field =
  <P extends Presence>(presence: P) =>
  <T>(number: number, kind: Kind<T>): Field<T, P> => ({ number, kind, presence })

export const required = field('required')
export const optional = field('optional')
export const repeated = field('repeated')

// biome-ignore lint/suspicious/noExplicitAny: a field of whatever kind
type Fields = Readonly<Record<string, Field<any>>>
type ValueOf<F> = F extends Field<infer T> ? T : never
type Named<F extends Fields, P extends Presence> = {
  [Name in keyof F]: F[Name]['presence'] extends P ? Name : never
}[keyof F]

export type Content<F extends Fields> = { [Name in Named<F, 'required'>]: ValueOf<F[Name]> } & {
  [Name in Named<F, 'optional'>]?: ValueOf<F[Name]> | undefined
} & { [Name in Named<F, 'repeated'>]: ValueOf<F[Name]>[] }

export interface Message<T> extends Kind<T> {
  /** Throws `MalformedProtobuf`. Byte fields are views of `bytes`. */
  decode(bytes: Uint8Array): T
  encode(value: T): Buffer
}

export type MessageContent<M> = M extends Message<infer T> ? T : never

export function message<const F extends Fields>(fields: F): Message<Content<F>> {
  const named = Object.entries(fields)
  const byNumber = new Map(
    named.map(([name, { number, kind, presence }]) => [number, { name, kind, presence }]),
  )

  function decode(bytes: Uint8Array): Content<F> {
    const reader = new Reader(bytes)
    const content: Record<string, unknown> = {}
    for (const [name, { presence }] of named) if (presence === 'repeated') content[name] = []
    while (!reader.atEnd) {
      const tag = reader.varint32()
      const known = byNumber.get(tag >>> 3)
      if (!known) {
        reader.skip(tag & 7)
        continue
      }
      const { name, kind, presence } = known
      if (kind.wire !== (tag & 7)) throw new MalformedProtobuf(`field ${name} is of another wire type`)
      const value = kind.read(reader)
      if (presence === 'repeated') (content[name] as unknown[]).push(value)
      else content[name] = value
    }
    for (const [name, { presence }] of named) {
      if (presence === 'required' && content[name] === undefined) {
        throw new MalformedProtobuf(`the required field ${name} is missing`)
      }
    }
    return content as Content<F>
  }

  function encode(value: Content<F>): Buffer {
    const writer = new Writer()
    for (const [name, { number, kind, presence }] of named) {
      const given = (value as Record<string, unknown>)[name]
      if (given === undefined) {
        if (presence === 'required') throw new TypeError(`the required field ${name} is missing`)
        continue
      }
      for (const item of presence === 'repeated' ? (given as unknown[]) : [given]) {
        writer.varint(BigInt((number << 3) | kind.wire))
        kind.write(item, writer)
      }
    }
    return writer.bytes()
  }

  return {
    wire: 2,
    decode,
    encode,
    read: (from) => decode(from.delimited()),
    write: (value, to) => to.delimited(encode(value)),
  }
}

/** A message that knows messages of its own kind is not needed here; bytes that hold one are `bytes`. */
export const bytes: Kind<Uint8Array> = {
  wire: 2,
  read: (from) => from.delimited(),
  write: (value, to) => to.delimited(value),
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const string: Kind<string> = {
  wire: 2,
  read(from) {
    const text = from.delimited()
    try {
      return utf8.decode(text)
    } catch {
      throw new MalformedProtobuf('a text is not UTF-8')
    }
  },
  write: (value, to) => to.delimited(Buffer.from(value)),
}

export const bool: Kind<boolean> = {
  wire: 0,
  read: (from) => from.varint() !== 0n,
  write: (value, to) => to.varint(value ? 1n : 0n),
}

export const int32: Kind<number> = {
  wire: 0,
  read: (from) => from.varint32() | 0,
  write: (value, to) => to.varint(BigInt.asUintN(64, BigInt(value))),
}

export const int64: Kind<bigint> = {
  wire: 0,
  read: (from) => BigInt.asIntN(64, from.varint()),
  write: (value, to) => to.varint(BigInt.asUintN(64, value)),
}

export const double: Kind<number> = {
  wire: 1,
  read: (from) => viewOf(from.take(8)).getFloat64(0, true),
  write(value, to) {
    const part = new Uint8Array(8)
    viewOf(part).setFloat64(0, value, true)
    to.raw(part)
  },
}

/** Of 32 bits. */
export const float: Kind<number> = {
  wire: 5,
  read: (from) => viewOf(from.take(4)).getFloat32(0, true),
  write(value, to) {
    const part = new Uint8Array(4)
    viewOf(part).setFloat32(0, value, true)
    to.raw(part)
  },
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Zigzag: small negative numbers are short. */
export const sint64: Kind<bigint> = {
  wire: 0,
  read(from) {
    const zigzag = from.varint()
    return zigzag & 1n ? -((zigzag + 1n) >> 1n) : zigzag >> 1n
  },
  write: (value, to) => to.varint(value < 0n ? -value * 2n - 1n : value * 2n),
}

/** One of a few numbers; another is an error, where protoc would take it for an unknown field. */
export const oneOf = <const N extends readonly number[]>(...numbers: N): Kind<N[number]> => ({
  wire: 0,
  read(from) {
    const value = from.varint32() | 0
    if (!numbers.includes(value)) throw new MalformedProtobuf(`${value} is not one of ${numbers.join(', ')}`)
    return value
  },
  write: (value, to) => to.varint(BigInt(value)),
})

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new MalformedProtobuf('the message ends too early')
    return byte
  }

  /** Unsigned, of 64 bits. */
  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MalformedProtobuf('a number is longer than ten bytes')
  }

  /** The lower 32 bits, unsigned. */
  varint32(): number {
    let value = 0
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte()
      if (index < 5) value |= (byte & 0x7f) << (index * 7)
      if (byte < 0x80) return value >>> 0
    }
    throw new MalformedProtobuf('a number is longer than ten bytes')
  }

  delimited(): Uint8Array {
    const length = this.varint32()
    return this.take(length)
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new MalformedProtobuf('the message ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  skip(wire: number): void {
    if (wire === 0) this.varint32()
    else if (wire === 1) this.take(8)
    else if (wire === 2) this.delimited()
    else if (wire === 5) this.take(4)
    else throw new MalformedProtobuf(`there is no wire type ${wire}`)
  }
}

class Writer {
  readonly #parts: Uint8Array[] = []

  varint(value: bigint): void {
    const part: number[] = []
    let left = value
    for (; left > 0x7fn; left >>= 7n) part.push(Number(left & 0x7fn) | 0x80)
    part.push(Number(left))
    this.#parts.push(Uint8Array.from(part))
  }

  delimited(value: Uint8Array): void {
    this.varint(BigInt(value.length))
    this.#parts.push(value)
  }

  raw(part: Uint8Array): void {
    this.#parts.push(part)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
