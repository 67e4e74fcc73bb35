import {
  type AsyncConfigRecord,
  asyncConfigDocument,
  asyncConfigSpec,
  checkDestinations,
} from '../async-config.ts'
import { changeFunction } from '../change-function.ts'
import { asyncConfigKey } from '../keys.ts'
import { qualifierOf, stateAt } from '../qualifiers.ts'
import { json, jsonReply, operation, timeText } from '../vocabulary.ts'

/** Replaces the whole config of a qualifier. */
export const putAsyncInvokeConfig = operation({
  name: 'PutAsyncInvokeConfig',
  route: 'PUT /2023-03-30/functions/{functionName}/async-invoke-config',
  body: json(asyncConfigSpec),

  handle({ path: { functionName }, query, body: spec }, context) {
    const { records, accountId, clock, destinationKinds } = context
    const qualifier = qualifierOf(query)
    checkDestinations(spec, destinationKinds)
    return changeFunction(context, functionName, async (root) => {
      await stateAt(records, accountId, root, qualifier)
      const key = asyncConfigKey(accountId, functionName, qualifier)
      const before = (await records.get<AsyncConfigRecord>(key))?.value
      const now = timeText(clock.now())
      const config: AsyncConfigRecord = {
        ...spec,
        functionName,
        qualifier,
        createdTime: before?.createdTime ?? now,
        lastModifiedTime: now,
      }
      return {
        writes: [{ put: key, value: config }],
        result: jsonReply(200, asyncConfigDocument(config, context)),
      }
    })
  },
})
