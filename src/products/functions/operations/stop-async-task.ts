import { stopAsyncTaskNamed } from '../async-tasks.ts'
import { requireFunction } from '../change-function.ts'
import { asyncTaskNotFound } from '../errors.ts'
import { none, operation } from '../vocabulary.ts'

export const stopAsyncTask = operation({
  name: 'StopAsyncTask',
  route: 'PUT /2023-03-30/functions/{functionName}/async-tasks/{taskId}/stop',
  body: none,

  async handle({ path: { functionName, taskId }, query }, context) {
    await requireFunction(context, functionName)
    const qualifier = query.get('qualifier') || undefined
    if (!(await stopAsyncTaskNamed(context, { functionName, taskId, qualifier })))
      throw asyncTaskNotFound(functionName, taskId)
    return { status: 200 }
  },
})
