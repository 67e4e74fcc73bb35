import { VersionConflict } from '../../../ports/records.ts'
import { bodyWithCodeBytesMax } from '../code.ts'
import { concurrentUpdate } from '../errors.ts'
import { layerKey, layerVersionKey } from '../keys.ts'
import { type LayerRecord, type LayerVersionRecord, layerDocument } from '../layers.ts'
import { newLayer, newLayerInput } from '../new-layer.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

const ATTEMPTS_MAX = 20

/** Every call makes the next version; numbers are never given twice. */
export const createLayerVersion = operation({
  name: 'CreateLayerVersion',
  route: 'POST /2023-03-30/layers/{layerName}/versions',
  body: json(newLayerInput, { bytesMax: bodyWithCodeBytesMax }),

  async handle({ path: { layerName }, body }, context) {
    const { records, accountId } = context
    const described = await newLayer(layerName, body, context)
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const root = await records.get<LayerRecord>(layerKey(accountId, layerName))
      const version = root?.value.nextVersion ?? 1
      const layer: LayerVersionRecord = { ...described, version }
      const next: LayerRecord = {
        ...root?.value,
        layerName,
        nextVersion: version + 1,
        latestVersion: version,
      }
      try {
        await records.commit([
          { put: layerKey(accountId, layerName), value: next, expect: root?.version ?? 'absent' },
          { put: layerVersionKey(accountId, layerName, version), value: layer },
        ])
        return jsonReply(200, layerDocument(layer, next, context))
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error
      }
    }
    throw concurrentUpdate()
  },
})
