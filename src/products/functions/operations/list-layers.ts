import { layersPrefix } from '../keys.ts'
import { type LayerRecord, layerDocument, OFFICIAL, requireLayerVersion } from '../layers.ts'
import { listPage, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/**
 * The newest version of each layer: of this account, or with `official` of those that the operator provides; with `public`
 * those of them that everybody may use.
 */
export const listLayers = operation({
  name: 'ListLayers',
  route: 'GET /2023-03-30/layers',
  body: none,

  async handle({ query }, context) {
    const { records } = context
    const page = pageOf(query)
    const owner = isTrue(query, 'official') ? OFFICIAL : context.accountId
    const onlyPublic = isTrue(query, 'public') && owner !== OFFICIAL
    const { items, nextToken } = await listPage<LayerRecord>(records, {
      prefix: layersPrefix(owner),
      namePrefix: query.get('prefix') ?? '',
      page,
      matches: ({ latestVersion, isPublic }) => latestVersion !== undefined && (isPublic || !onlyPublic),
    })
    const documents = await Promise.all(
      items.map(async (root) => {
        const layer = await requireLayerVersion(records, owner, root.layerName, root.latestVersion!)
        return layerDocument(layer, root, { ...context, accountId: owner })
      }),
    )
    return jsonReply(200, { layers: documents, nextToken })
  },
})

const isTrue = (query: URLSearchParams, name: string): boolean => query.get(name)?.toLowerCase() === 'true'
