import { changeFunction } from '../change-function.ts'
import { asyncConfigNotExists } from '../errors.ts'
import { asyncConfigKey } from '../keys.ts'
import { qualifierOf } from '../qualifiers.ts'
import { none, operation } from '../vocabulary.ts'

export const deleteAsyncInvokeConfig = operation({
  name: 'DeleteAsyncInvokeConfig',
  route: 'DELETE /2023-03-30/functions/{functionName}/async-invoke-config',
  body: none,

  handle({ path: { functionName }, query }, context) {
    const { records, accountId } = context
    const qualifier = qualifierOf(query)
    return changeFunction(context, functionName, async () => {
      const key = asyncConfigKey(accountId, functionName, qualifier)
      if (!(await records.get(key))) throw asyncConfigNotExists(functionName, qualifier)
      return { writes: [{ remove: key }], result: { status: 204 } }
    })
  },
})
