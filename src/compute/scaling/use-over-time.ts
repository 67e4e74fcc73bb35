import type { Measured } from './provision-target.ts'

/** What the instances of a revision use at a moment. */
export interface UseOfInstances {
  slots: number
  busySlots: number
  /** vCPUs of one instance. */
  cpu: number
  /** Processor time that each instance has used since it began, ms, by instance id. */
  cpuMs: ReadonlyMap<string, number>
}

const windowMs = 60_000
/** A minute, every five seconds, and what a late timer adds. */
const samplesMax = 20

/** The use of the last minute, from samples of it. */
export class UseOverTime {
  #samples: { atMs: number; use: UseOfInstances }[] = []

  add(atMs: number, use: UseOfInstances): void {
    this.#samples = [...this.#within(atMs), { atMs, use }].slice(-samplesMax)
  }

  /** Shares from 0 to 1; undefined where nothing was measured. */
  overLastMinute(nowMs: number): Measured {
    const samples = this.#within(nowMs)
    const slots = samples.reduce((sum, { use }) => sum + use.slots, 0)
    const busy = samples.reduce((sum, { use }) => sum + use.busySlots, 0)
    return { concurrency: slots === 0 ? undefined : busy / slots, cpu: cpuShare(samples) }
  }

  #within(nowMs: number): { atMs: number; use: UseOfInstances }[] {
    return this.#samples.filter(({ atMs }) => nowMs - atMs <= windowMs)
  }
}

/** Of the instances that two samples after each other have in common: what they used of what they had. */
function cpuShare(samples: readonly { atMs: number; use: UseOfInstances }[]): number | undefined {
  let [usedMs, hadMs] = [0, 0]
  for (const [index, { atMs, use }] of samples.entries()) {
    const before = samples[index - 1]
    if (!before) continue
    for (const [instanceId, cpuMs] of use.cpuMs) {
      const earlierMs = before.use.cpuMs.get(instanceId)
      if (earlierMs === undefined) continue
      usedMs += Math.max(0, cpuMs - earlierMs)
      hadMs += (atMs - before.atMs) * use.cpu
    }
  }
  return hadMs === 0 ? undefined : Math.min(1, usedMs / hadMs)
}
