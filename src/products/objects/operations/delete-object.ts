import { tooManyWriters } from '../errors.ts'
import { findObject, removeObject, requireBucket } from '../object.ts'
import { none, operation } from '../product.ts'

/** Writers that may come between before the client is told to come again. */
const OVERTAKEN_MAX = 20

/** Deleting what is not there is a success, as the vendor has it. The record goes first: then nobody is sent to the blob. */
export const deleteObject = operation({
  name: 'DeleteObject',
  route: 'DELETE /{bucket}/{object+}',
  body: none,

  async handle({ path: { bucket, object } }, { records, blobs }) {
    await requireBucket(records, bucket)
    for (let overtaken = 0; overtaken < OVERTAKEN_MAX; overtaken++) {
      const found = await findObject(records, bucket, object)
      if (!found) return { status: 204 }
      if (!(await removeObject(records, found.key, found.version))) continue
      await blobs.remove(found.value.blobId)
      return { status: 204 }
    }
    throw tooManyWriters()
  },
})
