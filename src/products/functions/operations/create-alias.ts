import { z } from 'zod'
import { type AliasRecord, checkAliasTargets } from '../aliases.ts'
import { changeFunction } from '../change-function.ts'
import { aliasAlreadyExists, invalidArgument } from '../errors.ts'
import { etagOf } from '../etag.ts'
import { withoutNulls } from '../function-spec.ts'
import { aliasKey } from '../keys.ts'
import { checkAliasName, checkDescription } from '../names.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const createAliasInput = z.preprocess(
  withoutNulls,
  z.object({
    aliasName: z.string().optional(),
    versionId: z.string().optional(),
    description: z.string().default(''),
    additionalVersionWeight: z.record(z.string(), z.number()).default({}),
  }),
)

export const createAlias = operation({
  name: 'CreateAlias',
  route: 'POST /2023-03-30/functions/{functionName}/aliases',
  body: json(createAliasInput),

  handle({ path: { functionName }, body }, context) {
    const { records, accountId, clock } = context
    const { aliasName, versionId, description, additionalVersionWeight } = body
    if (!aliasName) throw invalidArgument('AliasName is required but not provided')
    if (!versionId) throw invalidArgument('VersionID is required but not provided')
    checkAliasName(aliasName)
    checkDescription(description)
    return changeFunction(context, functionName, async () => {
      const key = aliasKey(accountId, functionName, aliasName)
      if (await records.get(key)) throw aliasAlreadyExists(functionName, aliasName)
      await checkAliasTargets(records, accountId, functionName, { versionId, additionalVersionWeight })
      const now = timeText(clock.now())
      const alias: AliasRecord = {
        aliasName,
        versionId,
        description,
        additionalVersionWeight,
        createdTime: now,
        lastModifiedTime: now,
      }
      return {
        writes: [{ put: key, value: alias, expect: 'absent' }],
        result: jsonReply(200, alias, { etag: etagOf(alias) }),
      }
    })
  },
})
