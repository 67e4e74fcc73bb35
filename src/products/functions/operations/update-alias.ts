import { z } from 'zod'
import { type AliasRecord, checkAliasTargets } from '../aliases.ts'
import { changeFunction } from '../change-function.ts'
import { aliasNotFound } from '../errors.ts'
import { checkIfMatch, etagOf } from '../etag.ts'
import { withoutNulls } from '../function-spec.ts'
import { aliasKey } from '../keys.ts'
import { checkDescription } from '../names.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

const updateAliasInput = z.preprocess(
  withoutNulls,
  z.object({
    versionId: z.string().optional(),
    description: z.string().optional(),
    additionalVersionWeight: z.record(z.string(), z.number()).optional(),
  }),
)

/** What the body does not name stays; `additionalVersionWeight: {}` ends a split. */
export const updateAlias = operation({
  name: 'UpdateAlias',
  route: 'PUT /2023-03-30/functions/{functionName}/aliases/{aliasName}',
  body: json(updateAliasInput),

  handle({ path: { functionName, aliasName }, headers, body }, context) {
    const { records, accountId, clock } = context
    if (body.description !== undefined) checkDescription(body.description)
    return changeFunction(context, functionName, async () => {
      const key = aliasKey(accountId, functionName, aliasName)
      const before = (await records.get<AliasRecord>(key))?.value
      if (!before) throw aliasNotFound(functionName, aliasName)
      checkIfMatch(headers['if-match'], before)
      const alias: AliasRecord = {
        ...before,
        versionId: body.versionId || before.versionId,
        description: body.description ?? before.description,
        additionalVersionWeight: body.additionalVersionWeight ?? before.additionalVersionWeight,
        lastModifiedTime: timeText(clock.now()),
      }
      await checkAliasTargets(records, accountId, functionName, alias)
      return {
        writes: [{ put: key, value: alias }],
        result: jsonReply(200, alias, { etag: etagOf(alias) }),
      }
    })
  },
})
