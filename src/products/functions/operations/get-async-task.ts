import { asyncTaskDocument, findAsyncTask } from '../async-tasks.ts'
import { requireFunction } from '../change-function.ts'
import { asyncTaskNotFound } from '../errors.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const getAsyncTask = operation({
  name: 'GetAsyncTask',
  route: 'GET /2023-03-30/functions/{functionName}/async-tasks/{taskId}',
  body: none,

  async handle({ path: { functionName, taskId }, query }, context) {
    await requireFunction(context, functionName)
    const qualifier = query.get('qualifier') || undefined
    const task = await findAsyncTask(context, { functionName, taskId, qualifier })
    if (!task) throw asyncTaskNotFound(functionName, taskId)
    return jsonReply(200, asyncTaskDocument(task, context))
  },
})
