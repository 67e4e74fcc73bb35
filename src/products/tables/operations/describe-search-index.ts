import {
  describeSearchIndexResponse,
  searchIndexRequest,
  searchIndexStatus,
  searchSyncPhase,
} from '../messages/search.ts'
import { operation } from '../product.ts'
import { FILLED } from '../search/follow.ts'
import { requireSearchIndex } from '../search/index-record.ts'
import { fieldMessage } from '../search/schema.ts'
import { unfollowedOf } from '../table.ts'

/** Below the key of every change. */
const FIRST = Uint8Array.of(0)

export const describeSearchIndex = operation({
  name: 'DescribeSearchIndex',
  request: searchIndexRequest,
  response: describeSearchIndexResponse,

  async handle({ table_name, index_name }, context) {
    const { table, index } = await requireSearchIndex(context, table_name, index_name)
    const { searchIndexes, rows, clock } = context
    const isFilled = (await searchIndexes.noteOf(index.id)) === FILLED
    const { rows: behind } = await rows.scan(unfollowedOf(table), { from: FIRST, limit: 1 })
    return {
      schema: {
        field_schemas: index.fields.map(fieldMessage),
        index_setting: { number_of_shards: 1, routing_fields: index.routingFields },
        index_sort: index.sort,
      },
      sync_stat: {
        sync_phase: isFilled ? searchSyncPhase.incremental : searchSyncPhase.full,
        ...(isFilled && behind.length === 0 ? { current_sync_timestamp: BigInt(clock.now()) } : {}),
      },
      create_time: BigInt(index.createdMs),
      time_to_live: index.timeToLiveSeconds,
      index_status: { status: searchIndexStatus.running },
    }
  },
})
