import { requireFunction } from '../change-function.ts'
import { execInInstance } from '../instance-exec.ts'
import { stateAt } from '../qualifiers.ts'
import { none, operation } from '../vocabulary.ts'
import { versionsOf } from './list-instances.ts'

/** By WebSocket. Without a qualifier any instance of the function will do, as ids are unique. */
export const instanceExec = operation({
  name: 'InstanceExec',
  route: 'GET /2023-03-30/functions/{functionName}/instances/{instanceId}/exec',
  body: none,

  async handle({ path: { functionName, instanceId }, query, headers }, context) {
    const { records, accountId } = context
    const root = await requireFunction(context, functionName)
    const qualifier = query.get('qualifier')
    if (!qualifier) return execInInstance({ functionName, instanceId, query, headers }, context)
    await stateAt(records, accountId, root, qualifier)
    const versions = await versionsOf(context, functionName, qualifier)
    return execInInstance({ functionName, instanceId, versions, query, headers }, context)
  },
})
