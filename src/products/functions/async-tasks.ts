import { invalidArgument } from './errors.ts'
import { isTaskId, qualifiedArn } from './names.ts'
import type { AsyncTask, AsyncTaskQuery } from './needs.ts'
import { pageOf } from './paging.ts'
import type { FunctionsContext } from './vocabulary.ts'

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

/** The `AsyncTask` of the API. */
export function asyncTaskDocument(
  task: AsyncTask,
  { region, accountId }: { region: string; accountId: string },
): Record<string, unknown> {
  const { functionName, qualifier, taskId, requestId, status, events, payload } = task
  return {
    taskId,
    requestId,
    functionArn: qualifiedArn(region, accountId, functionName, qualifier),
    qualifier,
    status,
    startedTime: task.startedMs,
    endTime: task.endedMs,
    durationMs: task.durationMs,
    instanceId: task.instanceId,
    alreadyRetriedTimes: task.retries,
    taskErrorMessage: task.errorType,
    destinationStatus: task.destinationStatus,
    taskPayload: payload && Buffer.from(payload).toString('utf8'),
    events: events.map(({ detail, ...event }) => ({ ...event, eventDetail: detail })),
  }
}

/** The filters, the order and the page that a query asks for, as far as they have one name in all APIs. */
export function asyncTaskQueryOf(
  query: URLSearchParams,
): Omit<AsyncTaskQuery, 'accountId' | 'functionName' | 'qualifier' | 'idPrefix'> {
  const { limit, after } = pageOf(query)
  return {
    status: oneOf('status', query.get('status'), STATUSES),
    startedFromMs: timeOf('startedTimeBegin', query),
    startedToMs: timeOf('startedTimeEnd', query),
    oldestFirst: oneOf('sortOrderByTime', query.get('sortOrderByTime'), ['asc', 'desc']) === 'asc',
    limit,
    after,
    includePayload: oneOf('includePayload', query.get('includePayload'), ['true', 'false']) === 'true',
  }
}

interface NamedTask {
  functionName: string
  taskId: string
  /** Ids are unique within a function: a qualifier only narrows. */
  qualifier: string | undefined
}

/** Undefined: there is none, or not of this qualifier. */
export async function findAsyncTask(
  { accountId, asyncTasks }: Pick<FunctionsContext, 'accountId' | 'asyncTasks'>,
  { functionName, taskId, qualifier }: NamedTask,
): Promise<AsyncTask | undefined> {
  if (!isTaskId(taskId)) return undefined
  const task = await asyncTasks.get(accountId, functionName, taskId)
  return qualifier === undefined || task?.qualifier === qualifier ? task : undefined
}

/** Answers whether there is one. One that was stopped before is no error; one that has ended another way is: `InvalidArgument`. */
export async function stopAsyncTaskNamed(
  context: Pick<FunctionsContext, 'accountId' | 'asyncTasks'>,
  named: NamedTask,
): Promise<boolean> {
  const { functionName, taskId, qualifier } = named
  const isThere = qualifier === undefined ? isTaskId(taskId) : await findAsyncTask(context, named)
  if (!isThere) return false
  const outcome = await context.asyncTasks.stop(context.accountId, functionName, taskId)
  if (outcome.is === 'ended')
    throw invalidArgument(`the async task '${taskId}' has ended already (status: ${outcome.status})`)
  return outcome.is === 'stopped'
}

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
