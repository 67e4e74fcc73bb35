import { changeLayer } from '../change-layer.ts'
import { bodyWithCodeBytesMax } from '../code.ts'
import { layerVersionKey } from '../keys.ts'
import { type LayerRecord, type LayerVersionRecord, layerDocument } from '../layers.ts'
import { newLayer, newLayerInput } from '../new-layer.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

/** Every call makes the next version; numbers are never given twice. */
export const createLayerVersion = operation({
  name: 'CreateLayerVersion',
  route: 'POST /2023-03-30/layers/{layerName}/versions',
  body: json(newLayerInput, { bytesMax: bodyWithCodeBytesMax }),

  async handle({ path: { layerName }, body }, context) {
    const { records, accountId } = context
    const described = await newLayer(layerName, body, context)
    return changeLayer(records, { accountId, layerName }, (before) => {
      const version = before?.nextVersion ?? 1
      const layer: LayerVersionRecord = { ...described, version }
      const root: LayerRecord = { ...before, layerName, nextVersion: version + 1, latestVersion: version }
      return {
        root,
        writes: [{ put: layerVersionKey(accountId, layerName, version), value: layer }],
        result: jsonReply(200, layerDocument(layer, root, context)),
      }
    })
  },
})
