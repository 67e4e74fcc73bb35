import { requireFunction } from '../change-function.ts'
import { asyncTaskNotFound, invalidArgument } from '../errors.ts'
import { isTaskId } from '../names.ts'
import { none, operation } from '../vocabulary.ts'

/** A task that was stopped before is no error; one that has ended another way is. */
export const stopAsyncTask = operation({
  name: 'StopAsyncTask',
  route: 'PUT /2023-03-30/functions/{functionName}/async-tasks/{taskId}/stop',
  body: none,

  async handle({ path: { functionName, taskId }, query }, context) {
    const { accountId, asyncTasks } = context
    await requireFunction(context, functionName)
    if (!isTaskId(taskId)) throw asyncTaskNotFound(functionName, taskId)
    const qualifier = query.get('qualifier')
    const task = qualifier ? await asyncTasks.get(accountId, functionName, taskId) : undefined
    if (qualifier && task?.qualifier !== qualifier) throw asyncTaskNotFound(functionName, taskId)
    const outcome = await asyncTasks.stop(accountId, functionName, taskId)
    if (outcome.is === 'notFound') throw asyncTaskNotFound(functionName, taskId)
    if (outcome.is === 'ended')
      throw invalidArgument(`the async task '${taskId}' has ended already (status: ${outcome.status})`)
    return { status: 200 }
  },
})
