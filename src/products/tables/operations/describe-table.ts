import { describeTableResponse, tableNameRequest } from '../messages/tables.ts'
import { indexMessage } from '../new-index.ts'
import { metaMessage } from '../new-table.ts'
import { operation } from '../product.ts'
import { requireTable } from '../table.ts'
import { optionsMessage, streamDetails, throughputDetails } from '../table-options.ts'

const ACTIVE = 1 as const

/** A table is ready when CreateTable answers, and is one shard. */
export const describeTable = operation({
  name: 'DescribeTable',
  request: tableNameRequest,
  response: describeTableResponse,

  async handle({ table_name: name }, context) {
    const { value: table } = await requireTable(context.records, context, name)
    return {
      table_meta: metaMessage(table),
      reserved_throughput_details: throughputDetails(table),
      table_options: optionsMessage(table.options),
      table_status: ACTIVE,
      stream_details: streamDetails(table),
      shard_splits: [],
      index_metas: (table.indexes ?? []).map(indexMessage),
      creation_time: BigInt(table.createdMs) * 1000n,
    }
  },
})
