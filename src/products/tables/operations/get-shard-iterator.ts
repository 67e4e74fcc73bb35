import { notImplemented, streamNotExist } from '../errors.ts'
import { getShardIteratorRequest, getShardIteratorResponse } from '../messages/streams.ts'
import { pagesOf } from '../pages.ts'
import { operation, type TablesContext } from '../product.ts'
import { type FoundStream, iteratorOf, keyAfter, requireStream, shardOf, tableOfStream } from '../stream.ts'
import { decodeStreamRecord } from '../stream-record.ts'
import { changesOf } from '../table.ts'

/** Changes that are looked at in one go while the place of a time is sought. */
const PAGE = { limit: 1000, bytesMax: 4 * 1024 * 1024 }

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
    const from = timestamp === undefined ? undefined : await firstSince(timestamp, found, context)
    return { shard_iterator: iteratorOf(found.stream, from) }
  },
})

/** The key of the first change at or after a time in microseconds; behind the last when there is none. */
async function firstSince(
  timestampUs: bigint,
  { table, stream }: FoundStream,
  { rows }: TablesContext,
): Promise<Uint8Array | undefined> {
  let last: Uint8Array | undefined
  for await (const page of pagesOf(rows, changesOf(table, stream), PAGE)) {
    for (const { key, data } of page) {
      if (BigInt(decodeStreamRecord(data).timestampMs) * 1000n >= timestampUs) return key
      last = key
    }
  }
  return last && keyAfter(last)
}
