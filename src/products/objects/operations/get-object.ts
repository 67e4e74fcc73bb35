import { NoSuchBlob } from '../../../ports/blobs.ts'
import { noSuchKey } from '../errors.ts'
import { requireObject } from '../object.ts'
import { none, operation, type Reply } from '../product.ts'
import { checkConditions, describe, overrides, rangeOf } from '../reading.ts'

/** How often a reader may find that the object was replaced between its record and its bytes. */
const REPLACED_MAX = 5

export const getObject = operation({
  name: 'GetObject',
  route: 'GET /{bucket}/{object+}',
  body: none,

  async handle({ path: { bucket, object }, query, headers }, { records, blobs }): Promise<Reply> {
    for (let replaced = 0; replaced < REPLACED_MAX; replaced++) {
      const found = await requireObject(records, bucket, object)
      checkConditions(headers, found)
      const range = rangeOf(headers, found.sizeBytes)
      const described = { ...describe(found), ...overrides(query) }
      try {
        if (!range) return { status: 200, headers: described, body: await blobs.read(found.blobId) }
        const { first, last } = range
        const body = await blobs.read(found.blobId, { start: first, end: last + 1 })
        const part = {
          'content-length': String(last - first + 1),
          'content-range': `bytes ${first}-${last}/${found.sizeBytes}`,
        }
        return { status: 206, headers: { ...described, ...part }, body }
      } catch (error) {
        if (!(error instanceof NoSuchBlob)) throw error
      }
    }
    throw noSuchKey(object)
  },
})
