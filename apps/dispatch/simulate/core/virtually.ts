/** A city in its own time: as fast as it can be answered, each action after the other, so that a run can be repeated exactly. */
import type { Action, Answer } from './actions.ts'
import type { World } from './world.ts'

/** What the city lives on. */
export interface Served {
  perform(action: Action): Promise<Answer>
  /** What it does by itself when its time comes, as ticks and time-outs; times of the city. */
  nextAtMs(): number | undefined
  run(nowMs: number): Promise<void>
}

/** Answers when the last action was done, and whether the day was over by then. */
export async function liveVirtually({
  world,
  served,
  fromMs,
  untilMs,
  setNow,
}: {
  world: World
  served: Served
  fromMs: number
  /** Not beyond it, whether or not all orders have ended. */
  untilMs: number
  setNow(nowMs: number): void
}): Promise<{ atMs: number; isOver: boolean; actions: number }> {
  let atMs = fromMs
  let actions = 0
  while (!world.isOver()) {
    setNow(atMs)
    await served.run(atMs)
    for (let errands = world.advance(atMs); errands.length > 0; errands = world.advance(atMs)) {
      for (const { action, answered } of errands) {
        actions++
        answered(await served.perform(action))
      }
    }
    const next = Math.min(world.nextAtMs() ?? Infinity, served.nextAtMs() ?? Infinity)
    if (next > untilMs) break
    atMs = Math.max(next, atMs)
  }
  return { atMs, isOver: world.isOver(), actions }
}
