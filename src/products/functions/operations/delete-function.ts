import { changeFunction } from '../change-function.ts'
import { functionNotEmpty } from '../errors.ts'
import { checkIfMatch } from '../etag.ts'
import { functionDocument } from '../function.ts'
import {
  aliasesPrefix,
  asyncConfigsPrefix,
  concurrencyKey,
  foldedNameKey,
  triggersPrefix,
  versionsPrefix,
} from '../keys.ts'
import { none, operation } from '../vocabulary.ts'

/** Triggers, aliases and versions have to be deleted first, as `s remove` does; the rest goes with the function. */
export const deleteFunction = operation({
  name: 'DeleteFunction',
  route: 'DELETE /2023-03-30/functions/{functionName}',
  body: none,

  handle({ path: { functionName }, headers }, context) {
    const { records, accountId } = context
    return changeFunction(context, functionName, async (root) => {
      checkIfMatch(headers['if-match'], functionDocument(root, context, root.restriction))
      for (const [holds, prefix] of [
        ['triggers', triggersPrefix(accountId, functionName)],
        ['aliases', aliasesPrefix(accountId, functionName)],
        ['versions', versionsPrefix(accountId, functionName)],
      ] as const) {
        if ((await records.list({ prefix, limit: 1 })).length > 0) throw functionNotEmpty(functionName, holds)
      }
      // Only LATEST is left to have one.
      const asyncConfigs = await records.list({
        prefix: asyncConfigsPrefix(accountId, functionName),
        limit: 100,
      })
      return {
        root: 'removed',
        writes: [
          { remove: foldedNameKey(accountId, functionName) },
          { remove: concurrencyKey(accountId, functionName) },
          ...asyncConfigs.map(({ key }) => ({ remove: key })),
        ],
        result: { status: 204 },
      }
    })
  },
})
