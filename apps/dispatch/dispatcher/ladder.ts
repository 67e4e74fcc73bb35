/** How much is thought about each decision, by how long that took of late: down at once, up when there has been room for a while. */
import type { Effort } from './planner.ts'

/** From the most thought to the least. */
export const efforts: readonly Effort[] = [
  'ruin-and-recreate',
  'few-ruins',
  'insertion',
  'insertion-20',
  'matching',
  'nearest',
]

export interface LadderOptions {
  /** What a tick may take. */
  tickMs: number
  /** Orders that wait to be decided on, with which a step down is taken. */
  backlog: number
  /** Ticks with room, one after the other, before a step up. */
  calmTicks: number
}

export interface Load {
  /** What the last tick took. */
  tookMs: number
  /** Orders that were not yet decided on when it ended. */
  backlog: number
}

export interface Ladder {
  step: number
  /** Ticks with room since the last step, or since one without. */
  calm: number
}

export const topOfLadder: Ladder = { step: 0, calm: 0 }
export const effortOf = ({ step }: Ladder): Effort => efforts[step]!

/** Room is less than this share of what is allowed: above it a step up would soon be taken back. */
const roomShare = 0.5
/** So many times of what is allowed: two steps at once. */
const farTooMuch = 3

export function nextStep(ladder: Ladder, load: Load, options: LadderOptions): Ladder {
  const strain = Math.max(load.tookMs / options.tickMs, load.backlog / options.backlog)
  if (strain > 1) {
    const step = Math.min(efforts.length - 1, ladder.step + (strain > farTooMuch ? 2 : 1))
    return { step, calm: 0 }
  }
  if (strain >= roomShare || ladder.step === 0) return { step: ladder.step, calm: 0 }
  const calm = ladder.calm + 1
  return calm >= options.calmTicks ? { step: ladder.step - 1, calm: 0 } : { step: ladder.step, calm }
}
