import { changeFunction } from '../change-function.ts'
import { concurrencyKey } from '../keys.ts'
import { none, operation } from '../vocabulary.ts'

/** Deleting what was never set is no error: `s deploy` does. */
export const deleteConcurrencyConfig = operation({
  name: 'DeleteConcurrencyConfig',
  route: 'DELETE /2023-03-30/functions/{functionName}/concurrency',
  body: none,

  handle({ path: { functionName } }, context) {
    return changeFunction(context, functionName, () => ({
      writes: [{ remove: concurrencyKey(context.accountId, functionName) }],
      result: { status: 204 },
    }))
  },
})
