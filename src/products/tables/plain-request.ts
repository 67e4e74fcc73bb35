/** Rows of requests, with what is wrong with them in the vendor's words. */

import type { PlainCell, PlainRow } from '../../lib/plain-buffer/cell.ts'
import { MalformedPlainBuffer, readPlainRow } from '../../lib/plain-buffer/read.ts'
import { parameterInvalid } from './errors.ts'

export function rowOfRequest(bytes: Uint8Array): PlainRow {
  try {
    return readPlainRow(bytes)
  } catch (error) {
    if (error instanceof MalformedPlainBuffer) throw parameterInvalid(`Cell data broken, ${error.message}.`)
    throw error
  }
}

/** The key of a row that is read. */
export function keyOfRequest(bytes: Uint8Array): readonly PlainCell[] {
  const { primaryKey, attributes, deletesRow } = rowOfRequest(bytes)
  if (attributes.length > 0) throw parameterInvalid('Attribute column cannot be given while reading data.')
  if (deletesRow) throw parameterInvalid('Delete marker cannot be given.')
  return primaryKey
}
