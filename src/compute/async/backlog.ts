import type { Lanes } from './lanes.ts'
import { parseQueueKey } from './queue-keys.ts'

/** What of one function is in the queue; how a consumer that is stuck shows. */
export interface AsyncBacklog {
  functionName: string
  /** Its events, or the outcomes of its events on their way to a destination. */
  what: 'events' | 'deliveries'
  waiting: number
  /** Of `waiting`: those whose time has not come: that of their next attempt, or the end of their delay. */
  retrying: number
  running: number
  /** Since the oldest was accepted; of what runs, what is next, and the first hundred that wait for their next attempt. */
  oldestSeconds?: number
  /** Of the attempt that has been running for the longest time. */
  runningSeconds?: number
  /** Why the last attempt that has to be made again failed. */
  lastFailure?: string
}

/** Functions told of: those with the most. */
const functionsMax = 50

export async function backlogOf({ lanes, now }: { lanes: Lanes; now(): number }): Promise<AsyncBacklog[]> {
  const names = lanes
    .names()
    .sort((a, b) => lanes.depthOf(b) - lanes.depthOf(a))
    .slice(0, functionsMax)
  const told: AsyncBacklog[] = []
  const secondsSince = (sinceMs: number): number => Math.max(0, Math.round((now() - sinceMs) / 1000))
  for (const lane of names) {
    const { waiting, retrying, running, oldestAcceptedMs, runningSinceMs, lastFailure } =
      await lanes.facts(lane)
    const { root, name } = parseQueueKey(`${lane}r/0000000000000000-`)
    told.push({
      functionName: name.functionName,
      what: root === 'async/queue/' ? 'events' : 'deliveries',
      waiting,
      retrying,
      running,
      ...(oldestAcceptedMs === undefined ? {} : { oldestSeconds: secondsSince(oldestAcceptedMs) }),
      ...(runningSinceMs === undefined ? {} : { runningSeconds: secondsSince(runningSinceMs) }),
      ...(lastFailure === undefined ? {} : { lastFailure: lastFailure.slice(0, 200) }),
    })
  }
  return told
}
