/** All rows that a query finds, in the order of their keys, page by page. */

import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import type { MessageContent } from '../../../lib/protobuf.ts'
import { parameterInvalid } from '../errors.ts'
import { columnReturnType, type parallelScanRequest, type parallelScanResponse } from '../messages/search.ts'
import type { TablesContext } from '../product.ts'
import { requireSearchIndex } from './index-record.ts'
import { queryReader } from './query.ts'
import { placedFields } from './schema.ts'
import { unexpired } from './search.ts'
import { readFound, wantedColumns } from './search-rows.ts'

export const SPLITS = 1
/** The vendor's. */
const LIMIT_MAX = 2000

export async function scan(
  request: MessageContent<typeof parallelScanRequest>,
  context: TablesContext,
): Promise<MessageContent<typeof parallelScanResponse>> {
  const found = await requireSearchIndex(context, request.table_name, request.index_name)
  const {
    query,
    limit = LIMIT_MAX,
    token,
    current_parallel_id: id = 0,
    max_parallel = SPLITS,
  } = request.scan_query
  if (max_parallel < 1 || max_parallel > SPLITS)
    throw parameterInvalid(`The max_parallel must be in range: [1, ${SPLITS}].`)
  if (id < 0 || id >= max_parallel)
    throw parameterInvalid('The current_parallel_id must be less than max_parallel.')
  if (limit < 1 || limit > LIMIT_MAX) throw parameterInvalid(`The limit must be in range: [1, ${LIMIT_MAX}].`)
  if (request.columns_to_get?.return_type === columnReturnType.all)
    throw parameterInvalid('RETURN_ALL is not supported by ParallelScan; use RETURN_ALL_FROM_INDEX.')
  const columns = wantedColumns(request.columns_to_get, found)
  const condition = query
    ? queryReader(placedFields(found.index.fields)).read(query).condition
    : { is: 'all' as const }
  const hits = await context.searchIndexes.find(found.index.id, {
    condition: unexpired(condition, found, context),
    sort: [{ by: 'key', descending: false }],
    offset: 0,
    limit: limit + 1,
    ...(token && token.length > 0 ? { after: { values: [null], key: token } } : {}),
  })
  const keys = hits.slice(0, limit).map(({ key }) => key)
  const rows = await readFound(keys, columns, found, context)
  const last = hits.length > limit ? keys.at(-1) : undefined
  return {
    rows: rows.flatMap((row) => (row ? [writePlainRows([row])] : [])),
    ...(last ? { next_token: last } : {}),
  }
}
