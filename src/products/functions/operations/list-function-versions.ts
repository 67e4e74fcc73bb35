import type { RecordStore } from '../../../ports/records.ts'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import { versionKey, versionsPrefix } from '../keys.ts'
import { isVersionId } from '../names.ts'
import { limitOf } from '../paging.ts'
import { type VersionRecord, versionDocument } from '../versions.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** BACKWARD, newest first, unless FORWARD is asked for. `nextToken` is the number that the next page begins with. */
export const listFunctionVersions = operation({
  name: 'ListFunctionVersions',
  route: 'GET /2023-03-30/functions/{functionName}/versions',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, accountId } = context
    const direction = query.get('direction') || 'BACKWARD'
    if (direction !== 'BACKWARD' && direction !== 'FORWARD') {
      throw invalidArgument(`direction must be BACKWARD or FORWARD (actual: '${direction}')`)
    }
    const limit = limitOf(query)
    const token = query.get('nextToken')
    if (token && !isVersionId(token)) {
      throw invalidArgument(`nextToken is set to an invalid value (actual: '${token}')`)
    }
    const { nextVersion } = await requireFunction(context, functionName)
    const place = { records, accountId, functionName, count: limit + 1 }
    const found =
      direction === 'FORWARD'
        ? await upwards({ ...place, from: token ? Number(token) : 1 })
        : await downwards({ ...place, from: token ? Number(token) : nextVersion - 1 })
    return jsonReply(200, {
      versions: found.slice(0, limit).map(versionDocument),
      direction,
      nextToken: found[limit]?.versionId,
    })
  },
})

interface Range {
  records: RecordStore
  accountId: string
  functionName: string
  from: number
  count: number
}

async function upwards({ records, accountId, functionName, from, count }: Range): Promise<VersionRecord[]> {
  const stored = await records.list<VersionRecord>({
    prefix: versionsPrefix(accountId, functionName),
    after: versionKey(accountId, functionName, from - 1),
    limit: count,
  })
  return stored.map(({ value }) => value)
}

/** Records are listed upwards only: the numbers are walked down in blocks. */
async function downwards({ from, count, ...place }: Range): Promise<VersionRecord[]> {
  const found: VersionRecord[] = []
  for (let high = from; high > 0 && found.length < count; ) {
    const low = Math.max(1, high - 99)
    const block = await upwards({ ...place, from: low, count: high - low + 1 })
    found.push(...block.filter(({ versionId }) => Number(versionId) <= high).reverse())
    high = low - 1
  }
  return found.slice(0, count)
}
