import { asyncDelayMs, asyncDelayRule } from '../../wire/async-delay.ts'
import { invalidArgument } from './errors.ts'
import { checkTaskId } from './names.ts'

type Headers = Readonly<Record<string, string | undefined>>

/** What the headers of InvokeFunction say beside of an asynchronous invocation. Throws `InvalidArgument`. */
export interface AsyncHeaders {
  taskId?: string
  /** A task is kept of this invocation, whatever the config says. */
  stateful?: true
  delayMs?: number
}

export function asyncHeadersOf(headers: Headers): AsyncHeaders {
  const taskId = headers['x-fc-async-task-id']
  if (taskId) checkTaskId(taskId)
  const delayMs = delayMsOf(headers)
  return {
    ...(taskId ? { taskId } : {}),
    // Of APIs 2016-08-15 and 2021-04-06; there is no newer name.
    ...(headers['x-fc-stateful-async-invocation-enable']?.toLowerCase() === 'true' ? { stateful: true } : {}),
    ...(delayMs > 0 ? { delayMs } : {}),
  }
}

/** A call whose answer is waited for is not delayed: who asks for both is told. */
export function refuseDelay(headers: Headers): void {
  if (delayMsOf(headers) > 0)
    throw invalidArgument('x-fc-async-delay is for asynchronous invocations (x-fc-invocation-type: Async)')
}

function delayMsOf(headers: Headers): number {
  const given = headers['x-fc-async-delay']
  const delayMs = asyncDelayMs(given)
  if (delayMs === undefined)
    throw invalidArgument(`${asyncDelayRule} (actual: '${String(given).slice(0, 100)}')`)
  return delayMs
}
