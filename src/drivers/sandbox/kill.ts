import { poll } from './poll.ts'

/** Nothing happens when it has ended already. */
export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** New processes may be forked between being seen and being killed, so it is done until nobody is left. False when some are. */
export const killUntilNone = (
  pids: () => readonly number[] | Promise<readonly number[]>,
  timeoutMs: number,
): Promise<boolean> =>
  poll(async () => {
    const left = await pids()
    for (const pid of left) signalProcess(pid, 'SIGKILL')
    return left.length === 0
  }, timeoutMs)
