/** What a channel answers: a page of rows as they are now, or a page of changes in their order. */
import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import type { MessageContent } from '../../../lib/protobuf.ts'
import type { StoredRow } from '../../../ports/rows.ts'
import { keyCells } from '../key.ts'
import { actionType } from '../messages/streams.ts'
import type { readRecordsResponse } from '../messages/tunnels.ts'
import type { TablesContext } from '../product.ts'
import { decodeRow, liveRow } from '../row.ts'
import { keyAfter, placeOf } from '../stream.ts'
import { decodeStreamRecord } from '../stream-record.ts'
import { rowsOf, type TableRecord } from '../table.ts'
import { baseToken, FINISHED, placeInBase, placeInStream, streamToken } from './token.ts'

type ReadRecords = MessageContent<typeof readRecordsResponse>
type ChannelRead = ReadRecords['records'][number]

/** Of one answer; one row or change may be larger. The vendor's clients hold a few answers at a time. */
export const TUNNEL_PAGE = { limit: 1000, bytesMax: 4 * 1024 * 1024 }

export async function readBase(
  text: string,
  table: TableRecord,
  { rows, clock, tunnelPage }: Pick<TablesContext, 'rows' | 'clock' | 'tunnelPage'>,
): Promise<ReadRecords> {
  const page = await rows.scan(rowsOf(table), { from: placeInBase(text, table), ...tunnelPage })
  const nowMs = clock.now()
  return {
    records: page.rows.flatMap((stored) => rowRecord(stored, table, nowMs) ?? []),
    next_token: page.next ? baseToken(page.next, table) : FINISHED,
    may_more_record: page.next !== undefined,
  }
}

/** Without a place in the stream, by which clients know rows from changes. */
function rowRecord({ key, data }: StoredRow, table: TableRecord, nowMs: number): ChannelRead | undefined {
  const live = liveRow(decodeRow(data), table.options, nowMs)
  if (!live) return undefined
  const attributes = live.columns.flatMap(({ name, versions }) =>
    versions.map(({ timestampMs, value }) => ({ name, value, timestampMs: BigInt(timestampMs) })),
  )
  const row = { primaryKey: keyCells(key, table.primaryKey), attributes, deletesRow: false }
  return { action_type: actionType.putRow, record: writePlainRows([row]) }
}

export interface StreamToRead {
  streamId: string
  changesTable: string
  /** Without it, the stream has no end. */
  endMs: number | undefined
}

/** With an end, the channel is over at the first change of that time, or when there is none left and it has come. */
export async function readStream(
  text: string,
  { streamId, changesTable, endMs }: StreamToRead,
  table: TableRecord,
  { rows, clock, locks, tunnelPage }: Pick<TablesContext, 'rows' | 'clock' | 'locks' | 'tunnelPage'>,
): Promise<ReadRecords> {
  const place = placeInStream(text, streamId)
  const isOver = endMs !== undefined && clock.now() >= endMs
  // Whoever writes at a time before the end has begun by now.
  if (isOver) await locks.passed(rowsOf(table))
  const page = await rows.scan(changesTable, { from: place.from, ...tunnelPage })
  const records: ChannelRead[] = []
  let { from, timeNs } = place
  for (const { key, data } of page.rows) {
    const { action, timestampMs, row } = decodeStreamRecord(data)
    if (endMs !== undefined && timestampMs >= endMs)
      return { records, next_token: FINISHED, may_more_record: false }
    const record = writePlainRows([{ ...row, sequence: placeOf(key, timestampMs) }])
    records.push({ action_type: action, record })
    from = keyAfter(key)
    timeNs = BigInt(timestampMs) * 1_000_000n
  }
  const hasMore = page.next !== undefined
  return {
    records,
    next_token: isOver && !hasMore ? FINISHED : streamToken({ id: streamId }, from, timeNs),
    may_more_record: hasMore,
  }
}
