import { qualifiedArn } from './names.ts'
import type { AsyncTask } from './needs.ts'

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
