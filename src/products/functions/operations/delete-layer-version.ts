import { type RecordStore, VersionConflict } from '../../../ports/records.ts'
import { concurrentUpdate, layerVersionNotFound } from '../errors.ts'
import { layerKey, layerVersionKey } from '../keys.ts'
import { type LayerRecord, requireLayerVersion } from '../layers.ts'
import { none, operation } from '../vocabulary.ts'

const ATTEMPTS_MAX = 20

/** Functions that use it go on with it: what they need of a layer is kept with them. */
export const deleteLayerVersion = operation({
  name: 'DeleteLayerVersion',
  route: 'DELETE /2023-03-30/layers/{layerName}/versions/{version}',
  body: none,

  async handle({ path: { layerName, version } }, { records, accountId }) {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const root = await records.get<LayerRecord>(layerKey(accountId, layerName))
      const layer = await requireLayerVersion(records, accountId, layerName, version)
      if (!root) throw layerVersionNotFound(layerName, version)
      const { latestVersion, ...rest } = root.value
      const latest =
        latestVersion === layer.version
          ? await highestBelow(records, accountId, layerName, layer.version)
          : latestVersion
      const next: LayerRecord = latest === undefined ? rest : { ...rest, latestVersion: latest }
      try {
        await records.commit([
          { put: layerKey(accountId, layerName), value: next, expect: root.version },
          { remove: layerVersionKey(accountId, layerName, layer.version) },
        ])
        return { status: 204 }
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error
      }
    }
    throw concurrentUpdate()
  },
})

async function highestBelow(
  records: RecordStore,
  accountId: string,
  layerName: string,
  version: number,
): Promise<number | undefined> {
  for (let below = version - 1; below > 0; below--) {
    if (await records.get(layerVersionKey(accountId, layerName, below))) return below
  }
  return undefined
}
