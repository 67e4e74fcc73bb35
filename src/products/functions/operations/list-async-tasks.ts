import { asyncTaskDocument, asyncTaskQueryOf } from '../async-tasks.ts'
import { requireFunction } from '../change-function.ts'
import { nextTokenOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

export const listAsyncTasks = operation({
  name: 'ListAsyncTasks',
  route: 'GET /2023-03-30/functions/{functionName}/async-tasks',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { accountId, asyncTasks } = context
    await requireFunction(context, functionName)
    const { tasks, next } = await asyncTasks.list({
      accountId,
      functionName,
      qualifier: query.get('qualifier') || undefined,
      idPrefix: query.get('prefix') || undefined,
      ...asyncTaskQueryOf(query),
    })
    return jsonReply(200, {
      tasks: tasks.map((task) => asyncTaskDocument(task, context)),
      nextToken: nextTokenOf(next),
    })
  },
})
