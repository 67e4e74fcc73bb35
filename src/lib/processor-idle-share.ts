import { cpus } from 'node:os'
import type { Clock } from './clock.ts'

const sampleEveryMs = 250

/** Answers the share of the machine's processor time that nobody used, between the last two samples: 0 to 1. */
export function processorIdleShare(clock: Clock): () => number {
  let sampledMs = Number.NEGATIVE_INFINITY
  let before = { idle: 0, all: 0 }
  let share = 1
  return () => {
    const nowMs = clock.monotonicMs()
    if (nowMs - sampledMs < sampleEveryMs) return share
    const now = { idle: 0, all: 0 }
    for (const { times } of cpus()) {
      now.idle += times.idle
      now.all += times.idle + times.user + times.nice + times.sys + times.irq
    }
    // The first sample, and one after a long pause, say nothing of the present.
    if (nowMs - sampledMs < 4 * sampleEveryMs && now.all > before.all) {
      share = (now.idle - before.idle) / (now.all - before.all)
    } else share = 1
    sampledMs = nowMs
    before = now
    return share
  }
}
