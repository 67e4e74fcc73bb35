/** How the rows of a search are ordered, and the token that goes on where a page ended. */

import { valueType } from '../../../lib/plain-buffer/value.ts'
import { bytes, type MessageContent, message, repeated, required } from '../../../lib/protobuf.ts'
import type { IndexedValue, Missing, Mode, Position, SortBy, Within } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import { type SorterMessage, type SortMessage, sort as sortMessage, sortOrder } from '../messages/search.ts'
import { geoField, type LeafContext, requirePoint } from './leaf-queries.ts'
import type { QueryReader } from './query.ts'
import { decoded, type PlacedField, placedFields, type SearchField } from './schema.ts'
import { encodedIndexed, variant, variantFor } from './variant.ts'

/** The vendor has no such limit that is known; each is a column that SQLite sorts by. */
const SORTERS_MAX = 10
const POINTS_MAX = 100
const MODES: readonly Mode[] = ['min', 'max', 'avg']

interface SortContext {
  fields: ReadonlyMap<string, PlacedField>
  reader: QueryReader
}

/** The last is always by key, so that every order is one. */
export function sortOf(message: SortMessage | undefined, context: SortContext): SortBy[] {
  const sorters = message?.sorter ?? []
  if (sorters.length > SORTERS_MAX)
    throw parameterInvalid(`The number of sorters exceeds the limit: ${SORTERS_MAX}.`)
  const sort = sorters.map((sorter) => sortBy(sorter, context))
  return sort.some(({ by }) => by === 'key') ? upToKey(sort) : [...sort, { by: 'key', descending: false }]
}

/** Nothing is left to be ordered behind the key. */
const upToKey = (sort: SortBy[]): SortBy[] => sort.slice(0, sort.findIndex(({ by }) => by === 'key') + 1)

function sortBy(sorter: SorterMessage, context: SortContext): SortBy {
  const { field_sort, geo_distance_sort, score_sort, pk_sort, doc_sort } = sorter
  if (score_sort) return { by: 'score', descending: (score_sort.order ?? 1) === sortOrder.descending }
  // The order in which rows are kept is that of their keys.
  const key = pk_sort ?? doc_sort
  if (key) return { by: 'key', descending: key.order === sortOrder.descending }
  if (geo_distance_sort) return byDistance(geo_distance_sort, context)
  if (field_sort) return byField(field_sort, context)
  throw parameterInvalid('A sorter sorts by nothing.')
}

function byDistance(message: NonNullable<SorterMessage['geo_distance_sort']>, context: SortContext): SortBy {
  // On a plane: the vendor's faster and less exact way, which is not worth one here.
  const { within, path } = withinOf(message.nested_filter, context)
  if (message.points.length < 1 || message.points.length > POINTS_MAX)
    throw parameterInvalid(`A geo distance sort has 1 to ${POINTS_MAX} points.`)
  return {
    by: 'distance',
    field: geoField(message.field_name, { fields: context.fields, path }),
    from: message.points.map(requirePoint),
    mode: modeOf(message.mode, message.order),
    descending: message.order === sortOrder.descending,
    ...within,
  }
}

function byField(message: NonNullable<SorterMessage['field_sort']>, context: SortContext): SortBy {
  if (message.missing_field) throw notImplemented('missing_field')
  const { within, path } = withinOf(message.nested_filter, context)
  const name = message.field_name
  const field = sortableField(name, { fields: context.fields, path })
  const mode = modeOf(message.mode, message.order)
  if (mode === 'avg' && field.type === 'keyword')
    throw parameterInvalid(`The keyword field [${name}] has no mean.`)
  return {
    by: 'value',
    field: name,
    mode,
    missing: missingOf(message.missing_value, (bytes) => variantFor(field, bytes)),
    descending: message.order === sortOrder.descending,
    ...within,
  }
}

/** Of several values: the one that comes first, unless it is said. */
const modeOf = (mode: number | undefined, order: number | undefined): Mode =>
  mode === undefined ? (order === sortOrder.descending ? 'max' : 'min') : MODES[mode]!

function missingOf(bytes: Uint8Array | undefined, read: (bytes: Uint8Array) => IndexedValue): Missing {
  if (!bytes || bytes.length === 0) return 'last'
  const { type } = variant(bytes)
  if (type === 'infMin') return 'first'
  return type === 'infMax' ? 'last' : { value: read(bytes) }
}

function withinOf(
  filter: { path: string; filter: Uint8Array } | undefined,
  { reader }: SortContext,
): { within: { within?: Within }; path: string } {
  if (!filter) return { within: {}, path: '' }
  const { path } = filter
  return { within: { within: { path, which: reader.readWithin(filter.filter, path).condition } }, path }
}

/** What can be sorted and counted by. */
export function sortableField(name: string, { fields, path }: LeafContext) {
  const placed = fields.get(name)
  if (!placed || placed.path !== path)
    throw parameterInvalid(`The field [${name.slice(0, 300)}] does not exist in the index.`)
  const { field } = placed
  if (!field.isSortable || field.type === 'text' || field.type === 'nested' || field.type === 'geoPoint')
    throw parameterInvalid(`The field [${name}] cannot be sorted or aggregated by.`)
  return field
}

/** The vendor's: an index is sorted by keys and by fields, without conditions. */
export function checkIndexSort({ sorter }: SortMessage, fields: readonly SearchField[]): void {
  const placed = placedFields(fields)
  for (const { field_sort, pk_sort, geo_distance_sort, score_sort, doc_sort } of sorter) {
    if (geo_distance_sort || score_sort || doc_sort || field_sort?.nested_filter || field_sort?.missing_value)
      throw parameterInvalid('An index is sorted by primary keys and by fields only.')
    if (field_sort) sortableField(field_sort.field_name, { fields: placed, path: '' })
    else if (!pk_sort) throw parameterInvalid('A sorter sorts by nothing.')
  }
}

const tokenMessage = message({
  sort: required(1, sortMessage),
  values: repeated(2, bytes),
  key: required(3, bytes),
})

const NO_VALUE = Uint8Array.of(valueType.null)

/** The order is in it, as the vendor's clients send none with a token. */
export const tokenOf = (sort: SortMessage | undefined, { values, key }: Position): Buffer =>
  tokenMessage.encode({
    sort: sort ?? { sorter: [] },
    values: values.map((value) => (value === null ? NO_VALUE : encodedIndexed(value))),
    key,
  })

export function parseToken(token: Uint8Array): { sort: SortMessage; after: Position } {
  let read: MessageContent<typeof tokenMessage>
  try {
    read = decoded(tokenMessage, token, 'token')
  } catch {
    throw parameterInvalid('The token is invalid.')
  }
  const values = read.values.map((encoded): IndexedValue | null => {
    const value = variant(encoded)
    if (value.type === 'string') return value.value.toString()
    if (value.type === 'integer' || value.type === 'double') return value.value
    if (value.type === 'null') return null
    throw parameterInvalid('The token is invalid.')
  })
  return { sort: read.sort, after: { values, key: read.key } }
}
