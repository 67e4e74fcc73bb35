import type { RowRange, RowStore, StoredRow } from '../../ports/rows.ts'

/** Below the key of every row and of every change. */
const FIRST = Uint8Array.of(0)

/** The rows of a table from the first to the last, in pages: each is read when it is asked for. */
export async function* pagesOf(
  rows: RowStore,
  table: string,
  limits: Pick<RowRange, 'limit' | 'bytesMax'>,
): AsyncGenerator<StoredRow[]> {
  for (let from: Uint8Array | undefined = FIRST; from; ) {
    const page = await rows.scan(table, { from, ...limits })
    yield page.rows
    from = page.next
  }
}
