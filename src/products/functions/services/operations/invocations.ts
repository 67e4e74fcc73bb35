import { ApiError } from '../../../../wire/api-error.ts'
import { invokeFunction } from '../../operations/invoke-function.ts'
import { type FunctionsContext, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { ofFunction } from '../delegate.ts'
import { statefulAsyncInvocationAlreadyExists } from '../errors.ts'
import { locate, nameInService } from '../names.ts'
import { whyNotFound } from '../qualifiers.ts'

const notFound: ReadonlySet<string> = new Set(['FunctionNotFound', 'VersionNotFound', 'AliasNotFound'])
const TASK_ID = 'x-fc-stateful-async-invocation-id'

/** On the path of every invocation: nothing here waits unless something is refused. */
export const invocationOperations = ({ prefix }: ServicesApi): Operation<FunctionsContext>[] => [
  operation({
    name: 'InvokeFunction',
    dataPlane: true,
    route: `POST ${prefix}/services/{service}/functions/{functionName}/invocations`,
    body: invokeFunction.body,

    async handle({ path, query, headers, body }, context) {
      const located = locate(path.service, query)
      const name = nameInService(located.serviceName, path.functionName)
      const asked = {
        path: { functionName: name },
        query: new URLSearchParams({ qualifier: located.qualifier }),
        headers: headers[TASK_ID] ? { ...headers, 'x-fc-async-task-id': headers[TASK_ID] } : headers,
        body,
      }
      const reply = await ofFunction(context, name, () =>
        invokeFunction.handle(asked, context).catch(async (error: unknown) => {
          if (!(error instanceof ApiError)) throw error
          if (notFound.has(error.code)) throw await whyNotFound(context, name, located.qualifier)
          if (error.code === 'AsyncTaskAlreadyExists')
            throw statefulAsyncInvocationAlreadyExists(asked.headers['x-fc-async-task-id'] ?? '')
          throw error
        }),
      )
      const failed = reply.headers?.['X-Fc-Error-Type'] !== undefined
      const taskId = reply.headers?.['X-Fc-Async-Task-Id']
      return {
        ...reply,
        headers: {
          ...reply.headers,
          ...(failed ? { 'content-type': 'application/json' } : {}),
          ...(taskId ? { 'X-Fc-Stateful-Async-Invocation-Id': taskId } : {}),
        },
      }
    },
  }),
]
