/** Places in the log of a table's changes: keys from which on it is read. */
import type { RowStore } from '../../ports/rows.ts'
import { pagesOf } from './pages.ts'
import { keyAfter } from './stream.ts'
import { decodeStreamRecord } from './stream-record.ts'

/** Changes that are looked at in one go while the place of a time is sought. */
const PAGE = { limit: 1000, bytesMax: 4 * 1024 * 1024 }

/** The key of the first change at or after a time in microseconds; behind the last when there is none. */
export async function firstSince(
  rows: RowStore,
  changesTable: string,
  timestampUs: bigint,
): Promise<Uint8Array | undefined> {
  let last: Uint8Array | undefined
  for await (const page of pagesOf(rows, changesTable, PAGE)) {
    for (const { key, data } of page) {
      if (BigInt(decodeStreamRecord(data).timestampMs) * 1000n >= timestampUs) return key
      last = key
    }
  }
  return last && keyAfter(last)
}

/** Above the key of every change. */
const END = new Uint8Array(9).fill(0xff)

/** Behind the last change; undefined where there is none, so that every change comes behind it. */
export async function behindLast(
  rows: Pick<RowStore, 'scan'>,
  changesTable: string,
): Promise<Uint8Array | undefined> {
  const { rows: found } = await rows.scan(changesTable, { from: END, backwards: true, limit: 1 })
  return found[0] && keyAfter(found[0].key)
}
