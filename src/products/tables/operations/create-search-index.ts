import { notImplemented, parameterInvalid, quotaExhausted, searchIndexAlreadyExist } from '../errors.ts'
import { nothing } from '../messages/common.ts'
import { createSearchIndexRequest, type SortMessage } from '../messages/search.ts'
import { checkTableName } from '../names.ts'
import { operation } from '../product.ts'
import {
  checkSearchable,
  checkTimeToLive,
  requireSearchTable,
  SEARCH_INDEXES_MAX,
} from '../search/index-record.ts'
import { fieldsOf } from '../search/schema.ts'
import { checkIndexSort } from '../search/sort.ts'
import { replaceTable, type SearchIndexRecord } from '../table.ts'

/** Rows that are there are brought in after the answer, while the phase of the index is FULL. */
export const createSearchIndex = operation({
  name: 'CreateSearchIndex',
  request: createSearchIndexRequest,
  response: nothing,

  async handle(request, context) {
    const { index_name: name, schema, source_index_name, time_to_live: timeToLiveSeconds = -1 } = request
    const { records, ids, clock, searching } = context
    checkTableName(name)
    if (source_index_name) throw notImplemented('A search index that takes the place of another')
    if (!schema || schema.field_schemas.length === 0)
      throw parameterInvalid('A search index has one field at least.')
    checkTimeToLive(timeToLiveSeconds)
    const stored = await requireSearchTable(context, request.table_name)
    const table = stored.value
    const { searchIndexes = [] } = table
    if (searchIndexes.some((index) => index.name === name)) throw searchIndexAlreadyExist(name)
    if (searchIndexes.length === SEARCH_INDEXES_MAX)
      throw quotaExhausted('Number of search indexes exceeded the quota.')
    checkSearchable(table, timeToLiveSeconds)
    const { routing_fields: routingFields = [], routing_partition_size } = schema.index_setting ?? {}
    if (routing_partition_size !== undefined && routing_partition_size > 1)
      throw notImplemented('routing_partition_size')
    const keyNames = new Set(table.primaryKey.map((column) => column.name))
    if (routingFields.some((field) => !keyNames.has(field)))
      throw parameterInvalid('Routing fields must be primary key columns.')
    const fields = fieldsOf(schema.field_schemas)
    const sort: SortMessage | undefined = schema.index_sort
    if (sort) checkIndexSort(sort, fields)
    const index: SearchIndexRecord = {
      name,
      id: ids.uuid(),
      createdMs: clock.now(),
      timeToLiveSeconds,
      fields,
      routingFields,
      ...(sort ? { sort } : {}),
    }
    await replaceTable(records, stored, { ...table, searchIndexes: [...searchIndexes, index] })
    searching.wake(stored.key)
    return {}
  },
})
