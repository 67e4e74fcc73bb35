import type { AliasRecord } from '../aliases.ts'
import { changeFunction } from '../change-function.ts'
import { aliasInUse, aliasNotFound } from '../errors.ts'
import { checkIfMatch } from '../etag.ts'
import { aliasKey, asyncConfigKey, provisionConfigKey, scalingConfigKey } from '../keys.ts'
import { triggerOfQualifier } from '../qualifiers.ts'
import { none, operation } from '../vocabulary.ts'

export const deleteAlias = operation({
  name: 'DeleteAlias',
  route: 'DELETE /2023-03-30/functions/{functionName}/aliases/{aliasName}',
  body: none,

  async handle({ path: { functionName, aliasName }, headers }, context) {
    const { records, accountId, provisioning } = context
    const reply = await changeFunction(context, functionName, async () => {
      const key = aliasKey(accountId, functionName, aliasName)
      const alias = await records.get<AliasRecord>(key)
      if (!alias) throw aliasNotFound(functionName, aliasName)
      checkIfMatch(headers['if-match'], alias.value)
      const trigger = await triggerOfQualifier(records, accountId, functionName, aliasName)
      if (trigger) throw aliasInUse(functionName, aliasName, `trigger '${trigger.triggerName}'`)
      return {
        writes: [
          { remove: key },
          ...[asyncConfigKey, provisionConfigKey, scalingConfigKey].map((keyOf) => ({
            remove: keyOf(accountId, functionName, aliasName),
          })),
        ],
        result: { status: 204 },
      }
    })
    provisioning.withdraw(functionName, aliasName)
    return reply
  },
})
