import { parameterInvalid } from '../errors.ts'
import { describeStreamRequest, describeStreamResponse } from '../messages/streams.ts'
import { operation } from '../product.ts'
import { requireStream, shardOf, tableOfStream } from '../stream.ts'

const ACTIVE = 2 as const

export const describeStream = operation({
  name: 'DescribeStream',
  request: describeStreamRequest,
  response: describeStreamResponse,
  tables: ({ stream_id }) => [tableOfStream(stream_id)],

  async handle({ stream_id, inclusive_start_shard_id: start, shard_limit: limit = 100 }, context) {
    if (limit <= 0) throw parameterInvalid('The limit must be greater than 0.')
    const { table, stream } = await requireStream(context.records, context, stream_id)
    const shard = shardOf(stream)
    return {
      stream_id: stream.id,
      expiration_time: stream.expirationHours,
      table_name: table.name,
      creation_time: BigInt(stream.enabledMs) * 1000n,
      stream_status: ACTIVE,
      shards: start === undefined || start <= shard ? [{ shard_id: shard }] : [],
    }
  },
})
