/** Search indexes in the record of their table. What they hold is in the SearchIndexStore, under the id of the index. */
import { parameterInvalid, searchIndexNotExist, searchTableNotExist } from '../errors.ts'
import type { TablesContext } from '../product.ts'
import { requireMainTable, type SearchIndexRecord, type TableRecord } from '../table.ts'

/** The vendor's, of a table. */
export const SEARCH_INDEXES_MAX = 50

export interface FoundSearchIndex {
  table: TableRecord
  index: SearchIndexRecord
}

export async function requireSearchIndex(
  context: TablesContext,
  tableName: string,
  indexName: string,
): Promise<FoundSearchIndex> {
  const { value: table } = await requireSearchTable(context, tableName)
  const index = table.searchIndexes?.find(({ name }) => name === indexName)
  if (!index) throw searchIndexNotExist(indexName)
  return { table, index }
}

/** Operations of search indexes have words of their own for a table that is not there. */
export async function requireSearchTable(context: TablesContext, tableName: string) {
  try {
    return await requireMainTable(context.records, context, tableName)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'OTSObjectNotExist') throw searchTableNotExist(tableName)
    throw error
  }
}

/** The vendor's conditions: an index has one version of each row, and rows live and end whole. */
export function checkSearchable(
  { options: { maxVersions, timeToLiveSeconds, allowUpdate } }: TableRecord,
  indexTimeToLiveSeconds: number,
): void {
  if (maxVersions !== 1) throw parameterInvalid('The max versions of a table with a search index must be 1.')
  if (timeToLiveSeconds === -1 && indexTimeToLiveSeconds === -1) return
  if (allowUpdate)
    throw parameterInvalid(
      'A table with a time to live, or with a search index that has one, must not allow updates.',
    )
  if (
    timeToLiveSeconds !== -1 &&
    (indexTimeToLiveSeconds === -1 || indexTimeToLiveSeconds > timeToLiveSeconds)
  )
    throw parameterInvalid('The time to live of a search index must not be longer than that of its table.')
}

const DAY_SECONDS = 86_400

export function checkTimeToLive(seconds: number): void {
  if (seconds !== -1 && seconds < DAY_SECONDS)
    throw parameterInvalid('The time to live of a search index must be -1, or a day at least.')
}
