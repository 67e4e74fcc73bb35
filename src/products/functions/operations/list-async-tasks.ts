import { asyncTaskDocument } from '../async-tasks.ts'
import { requireFunction } from '../change-function.ts'
import { invalidArgument } from '../errors.ts'
import { nextTokenOf, pageOf } from '../paging.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

const STATUSES = [
  'Enqueued',
  'Dequeued',
  'Running',
  'Succeeded',
  'Failed',
  'Stopped',
  'Stopping',
  'Expired',
  'Invalid',
  'Retrying',
]

export const listAsyncTasks = operation({
  name: 'ListAsyncTasks',
  route: 'GET /2023-03-30/functions/{functionName}/async-tasks',
  body: none,

  async handle({ path: { functionName }, query }, context) {
    const { accountId, asyncTasks } = context
    await requireFunction(context, functionName)
    const { limit, after } = pageOf(query)
    const { tasks, next } = await asyncTasks.list({
      accountId,
      functionName,
      qualifier: query.get('qualifier') || undefined,
      idPrefix: query.get('prefix') || undefined,
      status: oneOf('status', query.get('status'), STATUSES),
      startedFromMs: timeOf('startedTimeBegin', query),
      startedToMs: timeOf('startedTimeEnd', query),
      oldestFirst: oneOf('sortOrderByTime', query.get('sortOrderByTime'), ['asc', 'desc']) === 'asc',
      limit,
      after,
      includePayload: oneOf('includePayload', query.get('includePayload'), ['true', 'false']) === 'true',
    })
    return jsonReply(200, {
      tasks: tasks.map((task) => asyncTaskDocument(task, context)),
      nextToken: nextTokenOf(next),
    })
  },
})

function oneOf(name: string, given: string | null, values: readonly string[]): string | undefined {
  if (!given) return undefined
  if (values.includes(given)) return given
  throw invalidArgument(
    `${name} is set to an invalid value (allowed: ${values.join(', ')}; actual: '${given}')`,
  )
}

function timeOf(name: string, query: URLSearchParams): number | undefined {
  const text = query.get(name)
  if (!text) return undefined
  if (!/^\d{1,15}$/.test(text)) throw invalidArgument(`${name} must be a time in ms (actual: '${text}')`)
  return Number(text)
}
