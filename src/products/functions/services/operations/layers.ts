import { z } from 'zod'
import { bodyWithCodeBytesMax } from '../../code.ts'
import { codeLocation, withoutNulls } from '../../function-spec.ts'
import { newLayerFields } from '../../new-layer.ts'
import { createLayerVersion } from '../../operations/create-layer-version.ts'
import { type FunctionsContext, json, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { delegate } from '../delegate.ts'

/** The SDK of 2021-04-06 spells `code` so. */
const layerInput = z.preprocess(withoutNulls, z.object({ ...newLayerFields, Code: codeLocation.optional() }))

/** Layers are the same in all APIs; here their ARN is called `arn`, and their ACL is a number. */
export const layerOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'CreateLayerVersion',
    route: `POST ${prefix}/layers/{layerName}/versions`,
    body: json(layerInput, { bytesMax: bodyWithCodeBytesMax }),

    async handle({ path, query, headers, body: { Code, ...body } }, context) {
      // Not by `delegate`: the code may be large.
      const asked = { path, query, headers, body: { ...body, code: body.code ?? Code } }
      const reply = await createLayerVersion.handle(asked, context)
      return jsonReply(200, documentOf(JSON.parse(reply.body as string)))
    },
  }),
  operation({
    name: 'ListLayers',
    route: `GET ${prefix}/layers`,
    body: none,

    async handle({ query }, context) {
      const { document } = await delegate('ListLayers', { query }, context)
      return jsonReply(200, { ...document, layers: (document['layers'] as object[]).map(documentOf) })
    },
  }),
  operation({
    name: 'ListLayerVersions',
    route: `GET ${prefix}/layers/{layerName}/versions`,
    body: none,

    async handle({ path, query }, context) {
      const { document } = await delegate('ListLayerVersions', { path, query }, context)
      return jsonReply(200, { ...document, layers: (document['layers'] as object[]).map(documentOf) })
    },
  }),
  operation({
    name: 'GetLayerVersion',
    route: `GET ${prefix}/layers/{layerName}/versions/{version}`,
    body: none,

    async handle({ path }, context) {
      const { document } = await delegate('GetLayerVersion', { path }, context)
      return jsonReply(200, documentOf(document))
    },
  }),
  operation({
    name: 'DeleteLayerVersion',
    route: `DELETE ${prefix}/layers/{layerName}/versions/{version}`,
    body: none,

    async handle({ path }, context) {
      await delegate('DeleteLayerVersion', { path }, context)
      return { status: 204 }
    },
  }),
  operation({
    name: 'PutLayerACL',
    route: `PUT ${prefix}/layers/{layerName}/acl`,
    body: none,

    async handle({ path, query }, context) {
      await delegate('PutLayerACL', { path, query }, context)
      return { status: 204 }
    },
  }),
]

/** Of API 2016-08-15 only. */
export const layerVersionByArn = operation({
  name: 'GetLayerVersionByArn',
  route: 'GET /2016-08-15/layerarn/{arn+}',
  body: none,

  async handle({ path }, context) {
    const { document } = await delegate('GetLayerVersionByArn', { path }, context)
    return jsonReply(200, documentOf(document))
  },
})

function documentOf(document: object): Record<string, unknown> {
  const { layerVersionArn, acl, ...layer } = document as { layerVersionArn: string; acl: string }
  return { ...layer, acl: Number(acl), arn: layerVersionArn, arnV2: layerVersionArn }
}
