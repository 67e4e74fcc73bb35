import { layersPrefix } from '../keys.ts'
import { type LayerRecord, layerDocument, OFFICIAL, requireLayerVersion } from '../layers.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** The newest version of each layer: of this account, or with `official` of those that the operator provides. None is public. */
export const listLayers = operation({
  name: 'ListLayers',
  route: 'GET /2023-03-30/layers',
  body: none,

  async handle({ query }, context) {
    const { records } = context
    const page = pageOf(query)
    if (query.get('public') === 'true') return jsonReply(200, { layers: [] })
    const owner = query.get('official') === 'true' ? OFFICIAL : context.accountId
    const { items, nextToken } = await listPage<LayerRecord>(records, {
      prefix: layersPrefix(owner),
      namePrefix: query.get('prefix') ?? '',
      page,
      matches: ({ latestVersion }) => latestVersion !== undefined,
    })
    const layers = await Promise.all(
      items.map(({ layerName, latestVersion }) =>
        requireLayerVersion(records, owner, layerName, latestVersion!),
      ),
    )
    const documents = layers.map((layer) => layerDocument(layer, { ...context, accountId: owner }))
    return jsonReply(200, { layers: documents, nextToken })
  },
})
