import { invalidArgument, layerVersionNotFound } from '../errors.ts'
import { layerDocument, layerOwnerOf, readLayer, requireLayerVersion } from '../layers.ts'
import { parseLayerVersionArn } from '../names.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** SDKs percent-encode the ARN into one segment; its slashes may also come as they are. */
export const getLayerVersionByArn = operation({
  name: 'GetLayerVersionByArn',
  route: 'GET /2023-03-30/layerarn/{arn+}',
  body: none,

  async handle({ path: { arn } }, context) {
    const named = parseLayerVersionArn(arn)
    if (!named) throw invalidArgument(`'${arn}' is not the ARN of a layer version`)
    const owner = layerOwnerOf(named, context)
    if (owner === undefined) throw layerVersionNotFound(arn, String(named.version))
    const layer = await requireLayerVersion(context.records, owner, named.layerName, named.version)
    const root = await readLayer(context.records, owner, named.layerName)
    return jsonReply(200, layerDocument(layer, root, { ...context, accountId: owner }))
  },
})
