/** Writes values as CBOR (RFC 8949), the shortest form of each; what is read by somebody else's decoder. */

export type CborValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue }

const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const

/** Numbers that are whole become integers, others 64-bit floats. Throws for integers beyond 64 bits. */
export function encodeCbor(value: CborValue): Buffer {
  const parts: Buffer[] = []
  write(value, parts)
  return Buffer.concat(parts)
}

function write(value: CborValue, parts: Buffer[]): void {
  if (value === null) parts.push(head(major.simple, 22n))
  else if (typeof value === 'boolean') parts.push(head(major.simple, value ? 21n : 20n))
  else if (typeof value === 'bigint') parts.push(integer(value))
  else if (typeof value === 'number')
    parts.push(Number.isInteger(value) ? integer(BigInt(value)) : float(value))
  else if (typeof value === 'string')
    parts.push(head(major.text, length(Buffer.from(value))), Buffer.from(value))
  else if (value instanceof Uint8Array) parts.push(head(major.bytes, length(value)), Buffer.from(value))
  else if (Array.isArray(value)) {
    parts.push(head(major.array, length(value)))
    for (const item of value as readonly CborValue[]) write(item, parts)
  } else {
    const entries = Object.entries(value as { readonly [key: string]: CborValue })
    parts.push(head(major.map, length(entries)))
    for (const [key, inner] of entries) {
      write(key, parts)
      write(inner, parts)
    }
  }
}

const length = (of: { readonly length: number }): bigint => BigInt(of.length)

const integer = (value: bigint): Buffer =>
  value < 0n ? head(major.negative, -1n - value) : head(major.unsigned, value)

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = (major.simple << 5) | 27
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function head(type: number, argument: bigint): Buffer {
  const first = type << 5
  if (argument < 24n) return Buffer.from([first | Number(argument)])
  if (argument < 0x100n) return Buffer.from([first | 24, Number(argument)])
  const sizeBytes = argument < 0x1_0000n ? 2 : argument < 0x1_0000_0000n ? 4 : 8
  if (argument > 0xffff_ffff_ffff_ffffn)
    throw new RangeError('an integer of more than 64 bits has no CBOR form here')
  const bytes = Buffer.alloc(1 + sizeBytes)
  bytes[0] = first | { 2: 25, 4: 26, 8: 27 }[sizeBytes]!
  if (sizeBytes === 8) bytes.writeBigUInt64BE(argument, 1)
  else bytes.writeUIntBE(Number(argument), 1, sizeBytes)
  return bytes
}
