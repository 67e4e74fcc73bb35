/**
 * Writes how an attempt went. The function has run by now, so a store that fails is asked again until it takes it: the
 * function is not called a second time for the sake of the store.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { type RecordStore, VersionConflict, type Write } from '../../ports/records.ts'
import { storeRetryMs } from './lanes.ts'
import { stepTask, type TaskRecord, type TaskStatus, type Tasks } from './tasks.ts'

/** What is written into the task of an event beside. */
export interface TaskChange {
  event: { accountId: string; functionName: string; requestId: string; taskId?: string }
  steps: { status: TaskStatus; detail: string }[]
  change: Partial<TaskRecord>
}

/**
 * Rejects only when the platform stops before the store has taken it. `stopping`: nothing was written, because the task was
 * to be tried again and has been told to stop.
 */
export type Settle = (
  task: TaskChange | undefined,
  writes: readonly Write[],
) => Promise<'written' | 'stopping'>

export function settler({
  records,
  clock,
  log,
  tasks,
  stopping,
}: {
  records: RecordStore
  clock: Clock
  log: Logger
  tasks: Tasks
  stopping: AbortSignal
}): Settle {
  /** The task may have been marked as stopping since the attempt began: what is written builds on what is there. */
  async function taskWrites(task: TaskChange | undefined): Promise<Write[] | 'stopping'> {
    if (task?.event.taskId === undefined) return []
    const stored = await tasks.read(task.event, task.event.taskId)
    if (stored?.value.requestId !== task.event.requestId) return []
    let value: TaskRecord = { ...stored.value, ...task.change }
    for (const { status, detail } of task.steps) {
      if (value.status === 'Stopping' && status === 'Retrying') return 'stopping'
      value = stepTask(value, status, clock.now(), detail)
    }
    return [{ put: stored.key, value, expect: stored.version }]
  }

  return async (task, writes) => {
    for (;;) {
      try {
        const ofTask = await taskWrites(task)
        if (ofTask === 'stopping') return ofTask
        await records.commit([...ofTask, ...writes])
        return 'written'
      } catch (error) {
        if (error instanceof VersionConflict) continue
        if (stopping.aborted) throw error
        log.error({ err: error }, 'the outcome of an asynchronous invocation could not be written yet')
        await pause()
      }
    }
  }

  async function pause(): Promise<void> {
    const over = Promise.withResolvers<void>()
    const cancel = clock.after(storeRetryMs, over.resolve)
    stopping.addEventListener('abort', () => over.resolve(), { once: true })
    await over.promise
    cancel()
  }
}
