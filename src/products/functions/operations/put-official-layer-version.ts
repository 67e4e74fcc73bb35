import { changeLayer } from '../change-layer.ts'
import { bodyWithCodeBytesMax } from '../code.ts'
import { invalidArgument } from '../errors.ts'
import { layerVersionKey } from '../keys.ts'
import { type LayerRecord, type LayerVersionRecord, layerDocument, OFFICIAL } from '../layers.ts'
import { isVersionId } from '../names.ts'
import { newLayer, newLayerInput } from '../new-layer.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

/**
 * Ours: provides a layer that the vendor has under `acs:fc:{region}:official:layers/…`, with the number that it has there.
 * What was provided under this number is replaced; functions that use it go on with it until their next update.
 */
export const putOfficialLayerVersion = operation({
  name: 'PutOfficialLayerVersion',
  route: 'PUT /hanshu/official-layers/{layerName}/versions/{version}',
  body: json(newLayerInput, { bytesMax: bodyWithCodeBytesMax }),

  async handle({ path, body }, context) {
    const { records } = context
    const { layerName } = path
    if (!isVersionId(path.version)) {
      throw invalidArgument(`the version of a layer is a number from 1 on (actual: '${path.version}')`)
    }
    const version = Number(path.version)
    const layer: LayerVersionRecord = { ...(await newLayer(layerName, body, context)), version }
    return changeLayer(records, { accountId: OFFICIAL, layerName }, (before) => {
      const root: LayerRecord = {
        layerName,
        nextVersion: Math.max(before?.nextVersion ?? 1, version + 1),
        latestVersion: Math.max(before?.latestVersion ?? 1, version),
      }
      return {
        root,
        writes: [{ put: layerVersionKey(OFFICIAL, layerName, version), value: layer }],
        result: jsonReply(200, layerDocument(layer, root, { ...context, accountId: OFFICIAL })),
      }
    })
  },
})
