import type { Clock } from '../../lib/clock.ts'
import { type RecordStore, VersionConflict } from '../../ports/records.ts'
import type { Lanes } from './lanes.ts'
import type { FunctionName } from './queue-keys.ts'
import { hasEnded, stepTask, type TaskRecord, type TaskStatus, type Tasks } from './tasks.ts'

export type StopOutcome = { is: 'notFound' } | { is: 'stopped' } | { is: 'ended'; status: TaskStatus }

/**
 * Takes a task that waits out of the queue; cancels the call of one that runs, which then ends as stopped, unless it was
 * done in this instant. Durable when it answers.
 */
export async function stopTask(
  { records, clock, lanes, tasks }: { records: RecordStore; clock: Clock; lanes: Lanes; tasks: Tasks },
  name: FunctionName,
  taskId: string,
): Promise<StopOutcome> {
  await lanes.started
  for (;;) {
    const stored = await tasks.read(name, taskId)
    if (!stored) return { is: 'notFound' }
    const { value: task, version } = stored
    if (task.status === 'Stopped' || task.status === 'Stopping') return { is: 'stopped' }
    if (hasEnded(task)) return { is: 'ended', status: task.status }
    const put = (value: TaskRecord) => ({ put: stored.key, value, expect: version })
    try {
      if (task.status === 'Running') {
        await records.commit([put(stepTask(task, 'Stopping', clock.now()))])
        lanes.abort(task.queueKey)
      } else {
        await records.commit([
          put(stepTask(task, 'Stopped', clock.now())),
          { remove: task.queueKey, expect: 'present' },
        ])
        lanes.removed(task.queueKey)
      }
      return { is: 'stopped' }
    } catch (error) {
      // It went on in this instant: looked at again.
      if (!(error instanceof VersionConflict)) throw error
    }
  }
}
