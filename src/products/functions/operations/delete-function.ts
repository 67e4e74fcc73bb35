import { changeFunction } from '../change-function.ts'
import { functionNotEmpty, provisionConfigExist } from '../errors.ts'
import { checkIfMatch } from '../etag.ts'
import { functionTagged } from '../function.ts'
import {
  aliasesPrefix,
  asyncConfigsPrefix,
  concurrencyKey,
  foldedNameKey,
  provisionConfigsPrefix,
  scalingConfigsPrefix,
  triggersPrefix,
  versionsPrefix,
} from '../keys.ts'
import type { ProvisionConfigRecord } from '../provision-config.ts'
import type { ScalingConfigRecord } from '../scaling-config.ts'
import { none, operation } from '../vocabulary.ts'

/** Triggers, aliases, versions and provision configs have to be deleted first, as clients do; the rest goes with the function. */
export const deleteFunction = operation({
  name: 'DeleteFunction',
  route: 'DELETE /2023-03-30/functions/{functionName}',
  body: none,

  async handle({ path: { functionName }, headers }, context) {
    const { records, accountId, provisioning } = context
    const scaled = await changeFunction(context, functionName, async (root) => {
      checkIfMatch(headers['if-match'], functionTagged(root, context, root.restriction))
      for (const [holds, prefix] of [
        ['triggers', triggersPrefix(accountId, functionName)],
        ['aliases', aliasesPrefix(accountId, functionName)],
        ['versions', versionsPrefix(accountId, functionName)],
      ] as const) {
        if ((await records.list({ prefix, limit: 1 })).length > 0) throw functionNotEmpty(functionName, holds)
      }
      const [provisioned] = await records.list<ProvisionConfigRecord>({
        prefix: provisionConfigsPrefix(accountId, functionName),
        limit: 1,
      })
      if (provisioned) throw provisionConfigExist(functionName, provisioned.value.qualifier)
      // Only LATEST is left to have one.
      const scalingConfigs = await records.list<ScalingConfigRecord>({
        prefix: scalingConfigsPrefix(accountId, functionName),
        limit: 100,
      })
      const asyncConfigs = await records.list({
        prefix: asyncConfigsPrefix(accountId, functionName),
        limit: 100,
      })
      return {
        root: 'removed',
        writes: [
          { remove: foldedNameKey(accountId, functionName) },
          { remove: concurrencyKey(accountId, functionName) },
          ...[...asyncConfigs, ...scalingConfigs].map(({ key }) => ({ remove: key })),
        ],
        result: scalingConfigs.map(({ value }) => value.qualifier),
      }
    })
    for (const qualifier of scaled) provisioning.withdraw(functionName, qualifier)
    return { status: 204 }
  },
})
