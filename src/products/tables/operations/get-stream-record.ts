import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { readUnits } from '../capacity.ts'
import { parameterInvalid } from '../errors.ts'
import { getStreamRecordRequest, getStreamRecordResponse } from '../messages/streams.ts'
import { operation } from '../product.ts'
import { iteratorOf, keyAfter, parseIterator, placeOf, requireStream, tableOfStream } from '../stream.ts'
import { decodeStreamRecord } from '../stream-record.ts'
import { changesOf } from '../table.ts'

const RECORDS_MAX = 5000
const BYTES_MAX = 4 * 1024 * 1024

/** The shard never ends, so that there is always an iterator to go on with. */
export const getStreamRecord = operation({
  name: 'GetStreamRecord',
  request: getStreamRecordRequest,
  response: getStreamRecordResponse,
  tables: ({ shard_iterator }) => [tableOfStream(parseIterator(shard_iterator).streamId)],
  dataPlane: true,

  async handle({ shard_iterator, limit = RECORDS_MAX }, context) {
    if (limit <= 0) throw parameterInvalid('The limit must be greater than 0.')
    const { streamId, from } = parseIterator(shard_iterator)
    const { table, stream } = await requireStream(context.records, context, streamId)
    const page = await context.rows.scan(changesOf(table, stream), {
      from,
      limit: Math.min(limit, RECORDS_MAX),
      bytesMax: BYTES_MAX,
    })
    const last = page.rows.at(-1)
    let sizeBytes = 0
    const records = page.rows.map(({ key, data }) => {
      const { action, timestampMs, row } = decodeStreamRecord(data)
      sizeBytes += data.length
      const record = writePlainRows([{ ...row, sequence: placeOf(key, timestampMs) }])
      return { action_type: action, record }
    })
    return {
      stream_records: records,
      next_shard_iterator: iteratorOf(stream, last ? keyAfter(last.key) : from),
      consumed: readUnits(sizeBytes),
      may_more_record: page.next !== undefined,
    }
  },
})
