/** An object as an answer: its headers and its bytes, or the range of them that is asked for. */
import { NoSuchBlob } from '../../ports/blobs.ts'
import { openContent } from './content.ts'
import { contentDamaged, noSuchKey } from './errors.ts'
import type { ObjectRecord } from './object.ts'
import type { BucketContext, Reply } from './product.ts'
import { checkConditions, describe, followed, overrides, rangeOf, requireVersion } from './reading.ts'
import { requireReadable } from './restore.ts'
import type { Headers } from './writing.ts'

/** How often a reader may find that the object was replaced between its record and its bytes. */
const REPLACED_MAX = 5

export async function serve(
  context: BucketContext,
  object: string,
  { headers, query }: { headers: Headers; query: URLSearchParams },
): Promise<Reply> {
  const { records, clock, bucket } = context
  let missing: ObjectRecord | undefined
  for (let replaced = 0; replaced < REPLACED_MAX; replaced++) {
    const version = await requireVersion(records, bucket.value, object, query.get('versionId'))
    const found = (await followed(context, version)) ?? version
    checkConditions(headers, found)
    requireReadable(found, clock.now())
    const range = rangeOf(headers, found.sizeBytes)
    const described = { ...describe(version, bucket.value, clock.now(), found), ...overrides(query) }
    try {
      if (!range) return { status: 200, headers: described, body: await openContent(context, found) }
      const { first, last } = range
      const body = await openContent(context, found, { start: first, end: last + 1 })
      const part = {
        'content-length': String(last - first + 1),
        'content-range': `bytes ${first}-${last}/${found.sizeBytes}`,
      }
      return { status: 206, headers: { ...described, ...part }, body }
    } catch (error) {
      if (!(error instanceof NoSuchBlob)) throw error
      // Not replaced: its record names what is not there.
      if (missing && missing.blobId === found.blobId && missing.partsId === found.partsId)
        throw contentDamaged(object)
      missing = found
    }
  }
  throw noSuchKey(object)
}
