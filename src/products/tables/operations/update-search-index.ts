import { notImplemented, searchIndexNotExist } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { updateSearchIndexRequest } from '../messages/search.ts'
import { operation } from '../product.ts'
import { checkSearchable, checkTimeToLive, requireSearchTable } from '../search/index-record.ts'
import { replaceTable } from '../table.ts'

export const updateSearchIndex = operation({
  name: 'UpdateSearchIndex',
  request: updateSearchIndexRequest,
  response: nothing,

  async handle({ table_name, index_name, time_to_live: timeToLiveSeconds }, context) {
    const stored = await requireSearchTable(context, table_name)
    const table = stored.value
    const { searchIndexes = [] } = table
    if (!searchIndexes.some(({ name }) => name === index_name)) throw searchIndexNotExist(index_name)
    if (timeToLiveSeconds === undefined)
      throw notImplemented('Changing anything but the time to live of a search index')
    checkTimeToLive(timeToLiveSeconds)
    checkSearchable(table, timeToLiveSeconds)
    await replaceTable(context.records, stored, {
      ...table,
      searchIndexes: searchIndexes.map((index) =>
        index.name === index_name ? { ...index, timeToLiveSeconds } : index,
      ),
    })
    return {}
  },
})
