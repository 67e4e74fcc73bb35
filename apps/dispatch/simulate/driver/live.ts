/**
 * The city in the platform's time: it moves on as the clock does, `pace` times as fast, and stands still while the platform is behind
 * with what was asked of it. At the end it waits for what was begun, asks for what it does not know of, and closes the books.
 */
import type { World } from '../core/world.ts'
import type { Conductor } from './conductor.ts'

export interface CityTime {
  /** Milliseconds since midnight of the city's day. */
  nowMs(): number
  hold(): void
  release(): void
  /** How long the city stood still because the platform was behind. */
  readonly heldMs: number
}

export function createCityTime({
  fromMs,
  pace,
  monotonicMs,
}: {
  fromMs: number
  pace: number
  /** Never goes backwards. */
  monotonicMs(): number
}): CityTime {
  const startedMs = monotonicMs()
  let heldMs = 0
  let heldSinceMs: number | undefined
  return {
    nowMs: () => fromMs + ((heldSinceMs ?? monotonicMs()) - startedMs - heldMs) * pace,
    hold() {
      heldSinceMs ??= monotonicMs()
    },
    release() {
      if (heldSinceMs === undefined) return
      heldMs += monotonicMs() - heldSinceMs
      heldSinceMs = undefined
    },
    get heldMs() {
      return heldMs
    },
  }
}

/** People are no more exact than that. */
const stepMs = 10
const stopWithinMs = 30_000

export async function live(options: {
  world: World
  conductor: Conductor
  time: CityTime
  pause(ms: number): Promise<void>
  monotonicMs(): number
  /** Orders that have not ended by then are lost. Who was stopped does not say so. */
  isLast: boolean
  /** How long, of the platform's time, orders may take to end after the last was placed. */
  drainMs: number
  /** True from some time on: no more orders are placed, and half a minute is all that is given to the others. */
  isStopped(): boolean
}): Promise<void> {
  const { world, conductor, time, pause, monotonicMs } = options
  let untilMs = Number.POSITIVE_INFINITY
  let isStopped = false
  while (!world.isOver() && monotonicMs() < untilMs) {
    if (conductor.isFull()) time.hold()
    else {
      time.release()
      for (const errand of world.advance(time.nowMs())) conductor.put(errand)
    }
    if (!isStopped && options.isStopped()) {
      isStopped = true
      world.stop()
      untilMs = monotonicMs() + stopWithinMs
    } else if (untilMs === Number.POSITIVE_INFINITY && world.isClosed())
      untilMs = monotonicMs() + options.drainMs
    await pause(stepMs)
  }
  time.release()
  // What is not known to have ended may have, and nobody was told.
  world.settle()
  for (const errand of world.advance(time.nowMs())) conductor.put(errand)
  await conductor.idle()
  world.close({ isLast: options.isLast && !isStopped })
}
