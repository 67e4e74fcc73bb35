import { OFFICIAL } from '../layers.ts'
import { none, operation } from '../vocabulary.ts'
import { removeLayerVersion } from './delete-layer-version.ts'

/** Ours: takes back what was provided in the vendor's place. Functions that use it go on with it. */
export const deleteOfficialLayerVersion = operation({
  name: 'DeleteOfficialLayerVersion',
  route: 'DELETE /hanshu/official-layers/{layerName}/versions/{version}',
  body: none,

  async handle({ path: { layerName, version } }, { records }) {
    await removeLayerVersion(records, { accountId: OFFICIAL, layerName, version })
    return { status: 204 }
  },
})
