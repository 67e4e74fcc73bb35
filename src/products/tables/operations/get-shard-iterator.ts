import { notImplemented, streamNotExist } from '../errors.ts'
import { getShardIteratorRequest, getShardIteratorResponse } from '../messages/streams.ts'
import { operation } from '../product.ts'
import { iteratorOf, requireStream, shardOf, tableOfStream } from '../stream.ts'
import { firstSince } from '../stream-places.ts'
import { changesOf } from '../table.ts'

/** Without a time: from the oldest change that is kept. */
export const getShardIterator = operation({
  name: 'GetShardIterator',
  request: getShardIteratorRequest,
  response: getShardIteratorResponse,
  tables: ({ stream_id }) => [tableOfStream(stream_id)],

  async handle({ stream_id, shard_id, timestamp, token }, context) {
    const found = await requireStream(context.records, context, stream_id)
    if (shard_id !== shardOf(found.stream)) throw streamNotExist()
    if (token) throw notImplemented('A token of GetShardIterator')
    const changes = changesOf(found.table, found.stream)
    const from = timestamp === undefined ? undefined : await firstSince(context.rows, changes, timestamp)
    return { shard_iterator: iteratorOf(found.stream, from) }
  },
})
