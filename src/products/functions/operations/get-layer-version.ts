import { layerDocument, requireLayerVersion } from '../layers.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getLayerVersion = operation({
  name: 'GetLayerVersion',
  route: 'GET /2023-03-30/layers/{layerName}/versions/{version}',
  body: none,

  async handle({ path: { layerName, version } }, context) {
    const layer = await requireLayerVersion(context.records, context.accountId, layerName, version)
    return jsonReply(200, layerDocument(layer, context))
  },
})
