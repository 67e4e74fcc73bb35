import { requireFunction } from '../change-function.ts'
import { versionKey, versionsPrefix } from '../keys.ts'
import { checkVersionQuery, versionPage } from '../version-pages.ts'
import { type VersionRecord, versionDocument } from '../versions.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listFunctionVersions = operation({
  name: 'ListFunctionVersions',
  route: 'GET /2023-03-30/functions/{functionName}/versions',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { records, accountId } = context
    checkVersionQuery(query)
    const { nextVersion } = await requireFunction(context, functionName)
    const page = await versionPage<VersionRecord>(query, {
      records,
      prefix: versionsPrefix(accountId, functionName),
      keyOf: (version) => versionKey(accountId, functionName, version),
      nextVersion,
    })
    return jsonReply(200, { ...page, versions: page.versions.map(versionDocument) })
  },
})
