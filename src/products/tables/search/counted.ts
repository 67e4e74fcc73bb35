/** What counts within a search are given: what is counted, and how much may be asked. */
import type { Condition, IndexedValue, ValueField } from '../../../ports/search-index.ts'
import type { TablesContext } from '../product.ts'
import type { FoundSearchIndex } from './index-record.ts'
import type { QueryReader } from './query.ts'
import type { PlacedField } from './schema.ts'
import { sortableField } from './sort.ts'
import { variantFor } from './variant.ts'

export interface CountingContext {
  found: FoundSearchIndex
  condition: Condition
  fields: ReadonlyMap<string, PlacedField>
  reader: QueryReader
  context: TablesContext
}

export interface Counting extends CountingContext {
  /** The result as a message. */
  aggregations(bytes: Uint8Array): Promise<Buffer>
  groupings(bytes: Uint8Array): Promise<Buffer>
  /** Within a group. */
  within(condition: Condition): Counting
  /** To be called for each question to the index; throws when a request asks too much. */
  spend(): void
}

/** A field that is counted by, and its value for documents without one. */
export function countedField(
  name: string,
  missing: Uint8Array | undefined,
  fields: ReadonlyMap<string, PlacedField>,
): ValueField & { type: PlacedField['field']['type'] } {
  const field = sortableField(name, { fields, path: '' })
  const value: IndexedValue | undefined =
    missing && missing.length > 0 ? variantFor(field, missing) : undefined
  return { field: name, type: field.type, ...(value === undefined ? {} : { missing: value }) }
}
