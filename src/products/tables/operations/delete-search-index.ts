import { searchIndexNotExist } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { searchIndexRequest } from '../messages/search.ts'
import { operation } from '../product.ts'
import { requireSearchTable } from '../search/index-record.ts'
import { replaceTable } from '../table.ts'

/** What the index held is removed afterwards, by the sweeper. */
export const deleteSearchIndex = operation({
  name: 'DeleteSearchIndex',
  request: searchIndexRequest,
  response: nothing,

  async handle({ table_name, index_name }, context) {
    const stored = await requireSearchTable(context, table_name)
    const { searchIndexes = [] } = stored.value
    const left = searchIndexes.filter(({ name }) => name !== index_name)
    if (left.length === searchIndexes.length) throw searchIndexNotExist(index_name)
    await replaceTable(context.records, stored, { ...stored.value, searchIndexes: left })
    return {}
  },
})
