/**
 * The value of a column, as PlainBuffer and we keep it: a byte that says its type, then its data. It is decoded only
 * where somebody has to know what it is (filters, increments, keys), and goes through unchanged everywhere else.
 */
export type EncodedValue = Uint8Array

/** Bytes of the wire format; the last three stand in primary keys of requests only. */
export const valueType = {
  integer: 0,
  double: 1,
  boolean: 2,
  string: 3,
  null: 6,
  binary: 7,
  infMin: 9,
  infMax: 10,
  autoIncrement: 11,
} as const

export type Value =
  | { type: 'integer'; value: bigint }
  | { type: 'double'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'string' | 'binary'; value: Buffer }
  | { type: 'null' | 'infMin' | 'infMax' | 'autoIncrement' }

export type ValueTypeName = Value['type']

const names = new Map<number, ValueTypeName>(
  (Object.entries(valueType) as [ValueTypeName, number][]).map(([name, type]) => [type, name]),
)

export const typeOf = (encoded: EncodedValue): ValueTypeName | undefined => names.get(encoded[0]!)

/** Bytes of data before which their length stands. */
export const LENGTH_BYTES = 4

export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Of a value that was checked when it was read from the wire. */
export function decodeValue(encoded: EncodedValue): Value {
  const bytes = bufferOf(encoded)
  const type = typeOf(encoded)
  switch (type) {
    case 'integer':
      return { type, value: bytes.readBigInt64LE(1) }
    case 'double':
      return { type, value: bytes.readDoubleLE(1) }
    case 'boolean':
      return { type, value: bytes[1] !== 0 }
    case 'string':
    case 'binary':
      return { type, value: bytes.subarray(1 + LENGTH_BYTES) }
    case undefined:
      throw new Error(`there is no value of type ${encoded[0]}`)
    default:
      return { type }
  }
}

export function integerValue(value: bigint): EncodedValue {
  const bytes = Buffer.alloc(9)
  bytes[0] = valueType.integer
  bytes.writeBigInt64LE(value, 1)
  return bytes
}

export function bytesValue(type: 'string' | 'binary', value: Uint8Array): EncodedValue {
  const bytes = Buffer.alloc(1 + LENGTH_BYTES + value.length)
  bytes[0] = valueType[type]
  bytes.writeUInt32LE(value.length, 1)
  bytes.set(value, 1 + LENGTH_BYTES)
  return bytes
}

export function doubleValue(value: number): EncodedValue {
  const bytes = Buffer.alloc(9)
  bytes[0] = valueType.double
  bytes.writeDoubleLE(value, 1)
  return bytes
}

export const booleanValue = (value: boolean): EncodedValue => Uint8Array.of(valueType.boolean, value ? 1 : 0)

export const infMin: EncodedValue = Uint8Array.of(valueType.infMin)
export const infMax: EncodedValue = Uint8Array.of(valueType.infMax)

/** What limits and capacity units count of a value. */
export function dataBytesOf(encoded: EncodedValue): number {
  const type = encoded[0]
  return type === valueType.string || type === valueType.binary
    ? encoded.length - 1 - LENGTH_BYTES
    : encoded.length - 1
}

/** Negative, zero or positive; undefined when the two are of types that do not compare. */
export function compareValues(a: EncodedValue, b: EncodedValue): number | undefined {
  const left = decodeValue(a)
  const right = decodeValue(b)
  if (left.type === 'integer' && right.type === 'integer') return sign(left.value, right.value)
  if (left.type === 'double' && right.type === 'double') {
    return Number.isNaN(left.value) || Number.isNaN(right.value) ? undefined : sign(left.value, right.value)
  }
  if (left.type === 'boolean' && right.type === 'boolean') return Number(left.value) - Number(right.value)
  if (
    (left.type === 'string' && right.type === 'string') ||
    (left.type === 'binary' && right.type === 'binary')
  )
    return Buffer.compare(left.value, right.value)
  return undefined
}

const sign = <T extends bigint | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
