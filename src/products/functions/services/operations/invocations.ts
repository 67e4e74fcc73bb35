import { ApiError } from '../../../../wire/api-error.ts'
import { notImplemented } from '../../errors.ts'
import { invokeFunction } from '../../operations/invoke-function.ts'
import { type FunctionsContext, type Operation, operation } from '../../vocabulary.ts'
import type { ServicesApi } from '../api.ts'
import { ofFunction } from '../delegate.ts'
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
      if (headers['x-fc-stateful-async-invocation-enable']?.toLowerCase() === 'true') {
        throw notImplemented("the header 'x-fc-stateful-async-invocation-enable'")
      }
      const asked = {
        path: { functionName: name },
        query: new URLSearchParams({ qualifier: located.qualifier }),
        headers: headers[TASK_ID] ? { ...headers, 'x-fc-async-task-id': headers[TASK_ID] } : headers,
        body,
      }
      const reply = await ofFunction(context, name, () =>
        invokeFunction.handle(asked, context).catch(async (error: unknown) => {
          throw error instanceof ApiError && notFound.has(error.code)
            ? await whyNotFound(context, name, located.qualifier)
            : error
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
