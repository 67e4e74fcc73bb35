import { invalidArgument } from '../errors.ts'
import { layerVersionKey, layerVersionsPrefix } from '../keys.ts'
import { type LayerVersionRecord, layerDocument, readLayer } from '../layers.ts'
import { limitOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Of a layer that does not exist the list is empty: `s layer publish` asks before it makes the first version. */
export const listLayerVersions = operation({
  name: 'ListLayerVersions',
  route: 'GET /2023-03-30/layers/{layerName}/versions',
  body: none,

  async handle({ path: { layerName }, query }, context) {
    const { records, accountId } = context
    const limit = limitOf(query)
    const startVersion = query.get('startVersion') || '1'
    if (!/^\d{1,9}$/.test(startVersion)) {
      throw invalidArgument(`startVersion is set to an invalid value (actual: '${startVersion}')`)
    }
    const stored = await records.list<LayerVersionRecord>({
      prefix: layerVersionsPrefix(accountId, layerName),
      after: layerVersionKey(accountId, layerName, Math.max(0, Number(startVersion) - 1)),
      limit: limit + 1,
    })
    const root = await readLayer(records, accountId, layerName)
    return jsonReply(200, {
      layers: stored.slice(0, limit).map(({ value }) => layerDocument(value, root, context)),
      nextVersion: stored[limit]?.value.version,
    })
  },
})
