import type { RecordStore } from '../../ports/records.ts'
import { invalidArgument } from './errors.ts'
import { isVersionId } from './names.ts'
import { limitOf } from './paging.ts'

/** Where the versions of one owner are, and what its next version will be. */
export interface VersionsOf {
  records: RecordStore
  prefix: string
  keyOf(version: number): string
  nextVersion: number
}

export interface VersionPage<Version> {
  direction: 'BACKWARD' | 'FORWARD'
  versions: Version[]
  nextToken?: string
}

/**
 * A page of published versions: BACKWARD, newest first, unless FORWARD is asked for. `nextToken` is the number that the next
 * page begins with, `startKey` that of the first. Throws `InvalidArgument`.
 */
export async function versionPage<Version extends { versionId: string }>(
  query: URLSearchParams,
  owner: VersionsOf,
): Promise<VersionPage<Version>> {
  const direction = directionOf(query)
  const limit = limitOf(query)
  const from = startOf(query)
  const count = limit + 1
  const found =
    direction === 'FORWARD'
      ? await upwards<Version>(owner, from ?? 1, count)
      : await downwards<Version>(owner, from ?? owner.nextVersion - 1, count)
  const next = found[limit]?.versionId
  return {
    direction,
    versions: found.slice(0, limit),
    ...(next === undefined ? {} : { nextToken: next }),
  }
}

/** Asked before anything is read, so that a wrong query is refused whatever there is. */
export function checkVersionQuery(query: URLSearchParams): void {
  directionOf(query)
  limitOf(query)
  startOf(query)
}

function directionOf(query: URLSearchParams): 'BACKWARD' | 'FORWARD' {
  const direction = query.get('direction') || 'BACKWARD'
  if (direction === 'BACKWARD' || direction === 'FORWARD') return direction
  throw invalidArgument(`direction must be BACKWARD or FORWARD (actual: '${direction}')`)
}

function startOf(query: URLSearchParams): number | undefined {
  for (const name of ['nextToken', 'startKey']) {
    const text = query.get(name)
    if (!text) continue
    if (!isVersionId(text)) throw invalidArgument(`${name} is set to an invalid value (actual: '${text}')`)
    return Number(text)
  }
  return undefined
}

async function upwards<Version>(
  { records, prefix, keyOf }: VersionsOf,
  from: number,
  count: number,
): Promise<Version[]> {
  const stored = await records.list<Version>({ prefix, after: keyOf(from - 1), limit: count })
  return stored.map(({ value }) => value)
}

/** Records are listed upwards only: the numbers are walked down in blocks. */
async function downwards<Version extends { versionId: string }>(
  owner: VersionsOf,
  from: number,
  count: number,
): Promise<Version[]> {
  const found: Version[] = []
  for (let high = Math.min(from, owner.nextVersion - 1); high > 0 && found.length < count; ) {
    const low = Math.max(1, high - 99)
    const block = await upwards<Version>(owner, low, high - low + 1)
    found.push(...block.filter(({ versionId }) => Number(versionId) <= high).reverse())
    high = low - 1
  }
  return found.slice(0, count)
}
