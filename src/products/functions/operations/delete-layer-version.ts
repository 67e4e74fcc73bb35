import type { RecordStore } from '../../../ports/records.ts'
import { changeLayer } from '../change-layer.ts'
import { layerVersionNotFound } from '../errors.ts'
import { layerVersionKey, layerVersionsPrefix } from '../keys.ts'
import { type LayerVersionRecord, requireLayerVersion } from '../layers.ts'
import { none, operation } from '../vocabulary.ts'

/** Functions that use it go on with it: what they need of a layer is kept with them. */
export const deleteLayerVersion = operation({
  name: 'DeleteLayerVersion',
  route: 'DELETE /2023-03-30/layers/{layerName}/versions/{version}',
  body: none,

  async handle({ path: { layerName, version } }, { records, accountId }) {
    await removeLayerVersion(records, { accountId, layerName, version })
    return { status: 204 }
  },
})

/** `accountId`: whose layer it is. */
export const removeLayerVersion = (
  records: RecordStore,
  { accountId, layerName, version }: { accountId: string; layerName: string; version: string },
): Promise<void> =>
  changeLayer(records, { accountId, layerName }, async (root) => {
    const layer = await requireLayerVersion(records, accountId, layerName, version)
    if (!root) throw layerVersionNotFound(layerName, version)
    const { latestVersion, ...rest } = root
    // A layer of the same name that comes later has to be made public anew.
    const { isPublic: _, ...withoutVersions } = rest
    const latest =
      latestVersion === layer.version
        ? await highestBelow(records, accountId, layerName, layer.version)
        : latestVersion
    return {
      root: latest === undefined ? withoutVersions : { ...rest, latestVersion: latest },
      writes: [{ remove: layerVersionKey(accountId, layerName, layer.version) }],
      result: undefined,
    }
  })

/** Numbers of official layers are chosen, and may lie far apart: it is looked for among those that are there. */
async function highestBelow(
  records: RecordStore,
  accountId: string,
  layerName: string,
  version: number,
): Promise<number | undefined> {
  const prefix = layerVersionsPrefix(accountId, layerName)
  let highest: number | undefined
  let after: string | undefined
  for (;;) {
    const page = await records.list<LayerVersionRecord>({ prefix, after, limit: 100 })
    for (const { key, value } of page) {
      after = key
      if (value.version < version) highest = value.version
    }
    if (page.length < 100) return highest
  }
}
