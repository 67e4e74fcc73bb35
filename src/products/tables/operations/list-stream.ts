import { EVERY_TABLE } from '../access.ts'
import { listStreamRequest, listStreamResponse } from '../messages/streams.ts'
import { operation } from '../product.ts'
import { requireTable, tablesIn } from '../table.ts'

export const listStream = operation({
  name: 'ListStream',
  request: listStreamRequest,
  response: listStreamResponse,
  tables: ({ table_name }) => [table_name || EVERY_TABLE],

  async handle({ table_name: name }, context) {
    const { records } = context
    const tables = name ? [await requireTable(records, context, name)] : await tablesIn(records, context)
    return {
      streams: tables.flatMap(({ value: { name, stream } }) =>
        stream
          ? [{ stream_id: stream.id, table_name: name, creation_time: BigInt(stream.enabledMs) * 1000n }]
          : [],
      ),
    }
  },
})
