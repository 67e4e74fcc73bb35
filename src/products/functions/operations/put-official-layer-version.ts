import { VersionConflict } from '../../../ports/records.ts'
import { bodyWithCodeBytesMax } from '../code.ts'
import { concurrentUpdate, invalidArgument } from '../errors.ts'
import { layerKey, layerVersionKey } from '../keys.ts'
import { type LayerRecord, type LayerVersionRecord, layerDocument, OFFICIAL } from '../layers.ts'
import { isVersionId } from '../names.ts'
import { newLayer, newLayerInput } from '../new-layer.ts'
import { json, jsonReply, operation } from '../vocabulary.ts'

const ATTEMPTS_MAX = 20

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
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const root = await records.get<LayerRecord>(layerKey(OFFICIAL, layerName))
      const next: LayerRecord = {
        layerName,
        nextVersion: Math.max(root?.value.nextVersion ?? 1, version + 1),
        latestVersion: Math.max(root?.value.latestVersion ?? 1, version),
      }
      try {
        await records.commit([
          { put: layerKey(OFFICIAL, layerName), value: next, expect: root?.version ?? 'absent' },
          { put: layerVersionKey(OFFICIAL, layerName, version), value: layer },
        ])
        return jsonReply(200, layerDocument(layer, next, { ...context, accountId: OFFICIAL }))
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error
      }
    }
    throw concurrentUpdate()
  },
})
