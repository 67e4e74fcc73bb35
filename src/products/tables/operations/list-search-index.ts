import { EVERY_TABLE } from '../access.ts'
import { listSearchIndexRequest, listSearchIndexResponse } from '../messages/search.ts'
import { operation } from '../product.ts'
import { requireSearchTable } from '../search/index-record.ts'
import { tablesIn } from '../table.ts'

/** Of one table, or of all. */
export const listSearchIndex = operation({
  name: 'ListSearchIndex',
  request: listSearchIndexRequest,
  response: listSearchIndexResponse,
  tables: ({ table_name }) => [table_name || EVERY_TABLE],

  async handle({ table_name: name = '' }, context) {
    const tables =
      name === '' ? await tablesIn(context.records, context) : [await requireSearchTable(context, name)]
    return {
      indices: tables.flatMap(({ value }) =>
        (value.searchIndexes ?? []).map((index) => ({ table_name: value.name, index_name: index.name })),
      ),
    }
  },
})
