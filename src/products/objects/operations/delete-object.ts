import { announcing } from '../announcing.ts'
import { discardContent } from '../content.ts'
import { hideObject, removeVersion } from '../history.ts'
import { none, operation } from '../product.ts'

/** Deleting what is not there is a success, as the vendor has it. The record goes first: then nobody is sent to the bytes. */
export const deleteObject = operation({
  name: 'DeleteObject',
  route: 'DELETE /{bucket}/{object+}',
  body: none,
  grant: 'write',
  parameters: ['versionId'],

  async handle({ path, query }, context) {
    const versionId = query.get('versionId')
    const store = announcing(context, 'ObjectRemoved:DeleteObject')
    const {
      removed,
      versionId: touched,
      deleteMarker,
    } = versionId === null
      ? await hideObject(store, path, context.clock.now())
      : await removeVersion(store, path, versionId)
    await discardContent(context, removed)
    return {
      status: 204,
      headers: {
        ...(touched === undefined ? {} : { 'x-oss-version-id': touched }),
        ...(deleteMarker ? { 'x-oss-delete-marker': 'true' } : {}),
      },
    }
  },
})
