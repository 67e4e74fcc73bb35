import { layerDocument, readLayer, requireLayerVersion } from '../layers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getLayerVersion = operation({
  name: 'GetLayerVersion',
  route: 'GET /2023-03-30/layers/{layerName}/versions/{version}',
  body: none,

  async handle({ path: { layerName, version } }, context) {
    const { records, accountId } = context
    const layer = await requireLayerVersion(records, accountId, layerName, version)
    const root = await readLayer(records, accountId, layerName)
    return jsonReply(200, layerDocument(layer, root, context))
  },
})
