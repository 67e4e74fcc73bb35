import { computeSplitsRequest, computeSplitsResponse } from '../messages/search.ts'
import { operation } from '../product.ts'
import { requireSearchIndex } from '../search/index-record.ts'
import { SPLITS } from '../search/scan.ts'

/** An index is in one place: there is one split. Sessions are names that nothing is kept for. */
export const computeSplits = operation({
  name: 'ComputeSplits',
  request: computeSplitsRequest,
  response: computeSplitsResponse,

  async handle({ table_name, search_index_splits_options }, context) {
    await requireSearchIndex(context, table_name, search_index_splits_options?.index_name ?? '')
    return { session_id: Buffer.from(context.ids.uuid()), splits_size: SPLITS }
  },
})
