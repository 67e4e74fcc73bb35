/** Names of tables, columns and indexes. */
import { parameterInvalid } from './errors.ts'

const NAME_BYTES_MAX = 255

/** Letters, digits and underscores, not beginning with a digit. */
export const isTableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name)

export function checkTableName(name: string): void {
  if (!isTableName(name)) throw parameterInvalid(`Invalid table name: '${name.slice(0, 300)}'.`)
}

/** Attribute columns come with rows and may be called almost anything; the vendor counts 1 to 255 bytes. */
export function checkColumnName(name: string): void {
  const sizeBytes = Buffer.byteLength(name)
  if (sizeBytes < 1 || sizeBytes > NAME_BYTES_MAX) {
    throw parameterInvalid(`Invalid column name: '${name.slice(0, 300)}'.`)
  }
}
