import { layersPrefix } from '../keys.ts'
import { type LayerRecord, layerDocument, requireLayerVersion } from '../layers.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** The newest version of each layer. There are no official and no public layers here. */
export const listLayers = operation({
  name: 'ListLayers',
  route: 'GET /2023-03-30/layers',
  body: none,

  async handle({ query }, context) {
    const { records, accountId } = context
    const page = pageOf(query)
    if (query.get('official') === 'true' || query.get('public') === 'true') {
      return jsonReply(200, { layers: [] })
    }
    const { items, nextToken } = await listPage<LayerRecord>(records, {
      prefix: layersPrefix(accountId),
      namePrefix: query.get('prefix') ?? '',
      page,
      matches: ({ latestVersion }) => latestVersion !== undefined,
    })
    const layers = await Promise.all(
      items.map(({ layerName, latestVersion }) =>
        requireLayerVersion(records, accountId, layerName, latestVersion!),
      ),
    )
    return jsonReply(200, { layers: layers.map((layer) => layerDocument(layer, context)), nextToken })
  },
})
