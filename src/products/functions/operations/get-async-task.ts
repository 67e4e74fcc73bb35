import { asyncTaskDocument } from '../async-tasks.ts'
import { requireFunction } from '../change-function.ts'
import { asyncTaskNotFound } from '../errors.ts'
import { isTaskId } from '../names.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getAsyncTask = operation({
  name: 'GetAsyncTask',
  route: 'GET /2023-03-30/functions/{functionName}/async-tasks/{taskId}',
  body: none,

  async handle({ path: { functionName, taskId }, query }, context) {
    await requireFunction(context, functionName)
    if (!isTaskId(taskId)) throw asyncTaskNotFound(functionName, taskId)
    const task = await context.asyncTasks.get(context.accountId, functionName, taskId)
    const qualifier = query.get('qualifier') || task?.qualifier
    if (!task || task.qualifier !== qualifier) throw asyncTaskNotFound(functionName, taskId)
    return jsonReply(200, asyncTaskDocument(task, context))
  },
})
