import type { AliasRecord } from '../aliases.ts'
import { changeFunction } from '../change-function.ts'
import { aliasInUse, aliasNotFound } from '../errors.ts'
import { checkIfMatch } from '../etag.ts'
import { aliasKey, asyncConfigKey } from '../keys.ts'
import { triggerOfQualifier } from '../qualifiers.ts'
import { none, operation } from '../vocabulary.ts'

export const deleteAlias = operation({
  name: 'DeleteAlias',
  route: 'DELETE /2023-03-30/functions/{functionName}/aliases/{aliasName}',
  body: none,

  handle({ path: { functionName, aliasName }, headers }, context) {
    const { records, accountId } = context
    return changeFunction(context, functionName, async () => {
      const key = aliasKey(accountId, functionName, aliasName)
      const alias = await records.get<AliasRecord>(key)
      if (!alias) throw aliasNotFound(functionName, aliasName)
      checkIfMatch(headers['if-match'], alias.value)
      const trigger = await triggerOfQualifier(records, accountId, functionName, aliasName)
      if (trigger) throw aliasInUse(functionName, aliasName, `trigger '${trigger.triggerName}'`)
      return {
        writes: [{ remove: key }, { remove: asyncConfigKey(accountId, functionName, aliasName) }],
        result: { status: 204 },
      }
    })
  },
})
