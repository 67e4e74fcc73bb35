/** When riders work: all at the peaks, some in between and late, so that the city never stands still. Milliseconds since midnight. */
import { hourMs } from './demand.ts'
import type { Random } from './random.ts'

export interface Shift {
  fromMs: number
  untilMs: number
}

export function makeShifts(random: Random): Shift[] {
  const around = (hours: number) => (hours + random.between(-0.5, 0.5)) * hourMs
  if (random.chance(0.15)) return [{ fromMs: around(6.5), untilMs: around(15) }]
  if (random.chance(0.15)) return [{ fromMs: around(10), untilMs: around(23.5) }]
  return [
    { fromMs: around(10.25), untilMs: around(14.5) },
    { fromMs: around(16.25), untilMs: around(21.5) },
  ]
}
