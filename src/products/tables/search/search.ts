/** One search: its query, its order, its page, and what it counts besides. */

import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import type { MessageContent } from '../../../lib/protobuf.ts'
import type { Condition, DocumentSearch } from '../../../ports/search-index.ts'
import { readUnits } from '../capacity.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import { columnReturnType, searchQuery, type searchRequest, type searchResponse } from '../messages/search.ts'
import type { TablesContext } from '../product.ts'
import { sizeBytesOf } from '../selection.ts'
import { counting } from './counting.ts'
import { WRITTEN } from './document.ts'
import { oldestOf } from './follow.ts'
import { type FoundSearchIndex, requireSearchIndex } from './index-record.ts'
import { checkScore, type ParsedQuery, queryReader } from './query.ts'
import { decoded, placedFields } from './schema.ts'
import { readFound, wantedColumns } from './search-rows.ts'
import { parseToken, sortableField, sortOf, tokenOf } from './sort.ts'

/** The vendor's: of a page, of one that needs no more than the index, and of how deep a page may be without a token. */
const LIMIT_MAX = 100
const LIMIT_FROM_INDEX_MAX = 1000
const DEPTH_MAX = 100_000
const LIMIT = 10

const everything: ParsedQuery = {
  condition: { is: 'all' },
  score: { is: 'constant', of: { is: 'all' }, value: 1 },
}

export async function search(
  request: MessageContent<typeof searchRequest>,
  context: TablesContext,
): Promise<MessageContent<typeof searchResponse>> {
  const found = await requireSearchIndex(context, request.table_name, request.index_name)
  const { index } = found
  const { searchIndexes } = context
  const query = decoded(searchQuery, request.search_query, 'search query')
  if (query.highlight) throw notImplemented('Highlighting')
  const fields = placedFields(index.fields)
  const reader = queryReader(fields)
  const parsed = query.query ? reader.read(query.query) : everything
  const condition = unexpired(parsed.condition, found, context)
  const page = pageOf(query, request.columns_to_get?.return_type ?? columnReturnType.none)
  const token = query.token && query.token.length > 0 ? parseToken(query.token) : undefined
  const sortMessage = token ? token.sort : (query.sort ?? index.sort)
  const sort = sortOf(sortMessage, { fields, reader })
  if (token && token.after.values.length !== sort.length) throw parameterInvalid('The token is invalid.')
  if (sort.some(({ by }) => by === 'score')) checkScore(parsed.score)
  const columns = wantedColumns(request.columns_to_get, found)
  const wanted: DocumentSearch = {
    condition,
    score: parsed.score,
    sort,
    ...page,
    // One more tells whether there is more.
    limit: page.limit + 1,
    ...(token ? { after: token.after } : {}),
    ...(query.collapse ? { collapse: collapseOf(query.collapse.field_name) } : {}),
  }
  const counted = counting({ found, condition, fields, reader, context })
  const all = page.limit === 0 ? [] : await searchIndexes.find(index.id, wanted)
  const hits = all.slice(0, page.limit)
  const last = all.length > hits.length ? hits.at(-1) : undefined
  const total = query.get_total_count ? await searchIndexes.count(index.id, condition) : undefined
  const rows = await readFound(
    hits.map(({ key }) => key),
    columns,
    found,
    context,
  )
  const present = rows.flatMap((row, at) => (row ? [{ row, score: hits[at]!.score }] : []))
  return {
    total_hits: total === undefined ? -1n : BigInt(total),
    rows: present.map(({ row }) => writePlainRows([row])),
    is_all_succeeded: true,
    search_hits: present.map(({ score }) => ({ score })),
    ...(last && !query.collapse ? { next_token: tokenOf(sortMessage, last) } : {}),
    ...(query.aggs ? { aggs: await counted.aggregations(query.aggs) } : {}),
    ...(query.group_bys ? { group_bys: await counted.groupings(query.group_bys) } : {}),
    consumed: readUnits(present.reduce((sum, { row }) => sum + sizeBytesOf(row), 0)),
  }

  function collapseOf(name: string): string {
    if (token) throw parameterInvalid('Collapse and token cannot be given at the same time.')
    sortableField(name, { fields, path: '' })
    return name
  }
}

function pageOf(
  {
    offset = 0,
    limit = LIMIT,
    token,
  }: { offset?: number | undefined; limit?: number | undefined; token?: Uint8Array | undefined },
  returnType: number,
): { offset: number; limit: number } {
  const max =
    returnType === columnReturnType.none || returnType === columnReturnType.allFromIndex
      ? LIMIT_FROM_INDEX_MAX
      : LIMIT_MAX
  if (limit < 0 || limit > max) throw parameterInvalid(`The limit must be in range: [0, ${max}].`)
  if (offset < 0) throw parameterInvalid('The offset must not be negative.')
  if (offset > 0 && token && token.length > 0)
    throw parameterInvalid('Offset and token cannot be given at the same time.')
  if (offset + limit > DEPTH_MAX)
    throw parameterInvalid(`The sum of offset and limit must not exceed ${DEPTH_MAX}.`)
  return { offset, limit }
}

/** The condition, for what is not too old by now. */
export function unexpired(
  condition: Condition,
  { table, index }: FoundSearchIndex,
  { clock }: TablesContext,
): Condition {
  const oldestMs = oldestOf(table, index, clock.now())
  if (oldestMs === undefined) return condition
  const isLive: Condition = { is: 'range', field: WRITTEN, from: { value: oldestMs, inclusive: true } }
  return { is: 'and', of: [condition, isLive] }
}
