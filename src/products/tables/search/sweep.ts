import type { RecordStore } from '../../../ports/records.ts'
import type { SearchIndexStore } from '../../../ports/search-index.ts'
import { allTables } from '../table.ts'

/** Few enough that nobody waits long for one of these commits. */
const CLEARED_AT_ONCE = 200

/** Removes what indexes held that are no longer of any table. */
export async function sweepSearchIndexes({
  records,
  searchIndexes,
}: {
  records: RecordStore
  searchIndexes: SearchIndexStore
}): Promise<void> {
  // The names first: an index that is made in between is not among them.
  const kept = await searchIndexes.indexes()
  if (kept.length === 0) return
  const named = new Set<string>()
  for await (const { value } of allTables(records))
    for (const { id } of value.searchIndexes ?? []) named.add(id)
  for (const id of kept) if (!named.has(id)) while (await searchIndexes.clear(id, CLEARED_AT_ONCE));
}
