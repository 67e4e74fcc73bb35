/** Values of requests and answers of searches, which are written as those of columns are. */

import { MalformedPlainBuffer, readValue } from '../../../lib/plain-buffer/read.ts'
import {
  bytesValue,
  decodeValue,
  type EncodedValue,
  integerValue,
  type Value,
  valueType,
} from '../../../lib/plain-buffer/value.ts'
import type { IndexedValue } from '../../../ports/search-index.ts'
import { parameterInvalid } from '../errors.ts'
import { indexedOf } from './document.ts'
import type { SearchField } from './schema.ts'

export function variant(bytes: Uint8Array): Value {
  try {
    return decodeValue(readValue(bytes))
  } catch (error) {
    if (error instanceof MalformedPlainBuffer) throw parameterInvalid('Deserialize variant value failed.')
    throw error
  }
}

/** What the value is to a field. Throws for one that the field cannot have. */
export function variantFor(field: SearchField, bytes: Uint8Array): IndexedValue {
  const value = variant(bytes)
  const raw = value.type === 'string' ? value.value.toString() : 'value' in value ? value.value : undefined
  const indexed = indexedOf(field, raw)
  if (indexed === undefined)
    throw parameterInvalid(`The type of value is not matched with the type of field [${field.name}].`)
  return indexed
}

export function encodedIndexed(value: IndexedValue): EncodedValue {
  if (typeof value === 'bigint') return integerValue(value)
  if (typeof value === 'string') return bytesValue('string', Buffer.from(value))
  const bytes = Buffer.alloc(9)
  bytes[0] = valueType.double
  bytes.writeDoubleLE(value, 1)
  return bytes
}

/** A value as the field's clients have it. */
export const encodedFor = ({ type }: SearchField, value: IndexedValue): EncodedValue =>
  encodedIndexed(
    type === 'double' || typeof value === 'string'
      ? value
      : typeof value === 'bigint'
        ? value
        : BigInt(Math.round(value)),
  )
