import type { AsyncConfigRecord } from '../../async-config.ts'
import { asyncTaskDocument, asyncTaskQueryOf, findAsyncTask, stopAsyncTaskNamed } from '../../async-tasks.ts'
import { allAsyncConfigsPrefix } from '../../keys.ts'
import type { AsyncTask } from '../../needs.ts'
import { listPage, nextTokenOf, pageOf } from '../../paging.ts'
import { type FunctionsContext, jsonReply, none, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { statefulAsyncInvocationNotFound } from '../errors.ts'
import { isInService, locate, nameInService, serviceAndFunction } from '../names.ts'
import { functionAt } from '../qualifiers.ts'

/** What API 2023-03-30 calls asynchronous tasks. */
export const statefulAsyncOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => {
  const ofFunction =
    `${prefix}/services/{service}/functions/{functionName}/stateful-async-invocations` as const

  return [
    operation({
      name: 'ListStatefulAsyncInvocations',
      route: `GET ${ofFunction}`,
      body: none,

      async handle({ path, query }, context) {
        const { name, qualifier } = await askedOf(path, query, context)
        const { tasks, next } = await context.asyncTasks.list({
          accountId: context.accountId,
          functionName: name,
          qualifier,
          idPrefix: query.get('invocationIdPrefix') || undefined,
          ...asyncTaskQueryOf(query),
        })
        return jsonReply(200, {
          invocations: tasks.map((task) => documentOf(task, context)),
          nextToken: nextTokenOf(next),
        })
      },
    }),
    operation({
      name: 'GetStatefulAsyncInvocation',
      route: `GET ${ofFunction}/{invocationId}`,
      body: none,

      async handle({ path, query }, context) {
        const { name, qualifier } = await askedOf(path, query, context)
        const { invocationId: taskId } = path
        const task = await findAsyncTask(context, { functionName: name, taskId, qualifier })
        if (!task) throw statefulAsyncInvocationNotFound(path.functionName, taskId)
        return jsonReply(200, documentOf(task, context))
      },
    }),
    operation({
      name: 'StopStatefulAsyncInvocation',
      route: `PUT ${ofFunction}/{invocationId}`,
      body: none,

      async handle({ path, query }, context) {
        const { name, qualifier } = await askedOf(path, query, context)
        const { invocationId: taskId } = path
        if (!(await stopAsyncTaskNamed(context, { functionName: name, taskId, qualifier })))
          throw statefulAsyncInvocationNotFound(path.functionName, taskId)
        return { status: 200 }
      },
    }),
  ]
}

/** Of API 2021-04-06 only: the functions and qualifiers all of whose asynchronous invocations are stateful. */
export const listStatefulAsyncInvocationFunctions = operation({
  name: 'ListStatefulAsyncInvocationFunctions',
  route: 'GET /2021-04-06/stateful-async-invocation-functions',
  body: none,

  async handle({ query }, { records, accountId }) {
    const { items, nextToken } = await listPage<AsyncConfigRecord>(records, {
      prefix: allAsyncConfigsPrefix(accountId),
      page: pageOf(query),
      matches: ({ functionName, asyncTask }) => asyncTask === true && isInService(functionName),
    })
    const data = items.map(({ functionName, qualifier }) => ({
      ...serviceAndFunction(functionName),
      qualifier,
    }))
    return jsonReply(200, { data, nextToken })
  },
})

/** Throws when there is no such function. Without a qualifier invocations of all are meant. */
async function askedOf(
  path: { service: string; functionName: string },
  query: URLSearchParams,
  context: FunctionsContext,
): Promise<{ name: string; qualifier: string | undefined }> {
  const located = locate(path.service, query)
  await functionAt(context, located, path.functionName)
  const isGiven = path.service.includes('.') || Boolean(query.get('qualifier'))
  return {
    name: nameInService(located.serviceName, path.functionName),
    qualifier: isGiven ? located.qualifier : undefined,
  }
}

/** The `StatefulAsyncInvocation` of these APIs. */
function documentOf(task: AsyncTask, context: FunctionsContext): Record<string, unknown> {
  const {
    functionArn: _,
    taskId,
    taskErrorMessage,
    taskPayload,
    ...document
  } = asyncTaskDocument(task, context)
  return {
    ...document,
    ...serviceAndFunction(task.functionName),
    invocationId: taskId,
    invocationErrorMessage: taskErrorMessage,
    invocationPayload: taskPayload,
  }
}
