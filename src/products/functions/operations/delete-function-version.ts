import { aliasThatUses } from '../aliases.ts'
import { changeFunction } from '../change-function.ts'
import { versionInUse, versionNotFound } from '../errors.ts'
import { asyncConfigKey, versionKey } from '../keys.ts'
import { isVersionId } from '../names.ts'
import { triggerOfQualifier } from '../qualifiers.ts'
import { none, operation } from '../vocabulary.ts'

export const deleteFunctionVersion = operation({
  name: 'DeleteFunctionVersion',
  route: 'DELETE /2023-03-30/functions/{functionName}/versions/{versionId}',
  body: none,

  handle({ path: { functionName, versionId } }, context) {
    const { records, accountId } = context
    return changeFunction(context, functionName, async (root) => {
      const key = isVersionId(versionId) ? versionKey(accountId, functionName, versionId) : undefined
      if (!key || !(await records.get(key))) throw versionNotFound(functionName, versionId)
      const alias = await aliasThatUses(records, accountId, functionName, versionId)
      if (alias) throw versionInUse(functionName, versionId, `alias '${alias.aliasName}'`)
      const trigger = await triggerOfQualifier(records, accountId, functionName, versionId)
      if (trigger) throw versionInUse(functionName, versionId, `trigger '${trigger.triggerName}'`)
      const { lastPublished, ...rest } = root
      return {
        root: lastPublished?.versionId === versionId ? rest : root,
        writes: [{ remove: key }, { remove: asyncConfigKey(accountId, functionName, versionId) }],
        result: { status: 204 },
      }
    })
  },
})
