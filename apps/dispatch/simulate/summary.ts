/** What is told of a run: a line while it goes on, and the figures at the end. */
import type { Histogram } from './core/figures.ts'
import type { Simulation } from './simulation.ts'

const clockTime = (cityMs: number): string => {
  const minutes = Math.floor(cityMs / 60_000)
  return `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
const share = (part: number, of: number): string => (of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`)
const minutes = (ms: number): string => (Number.isNaN(ms) ? '–' : `${(ms / 60_000).toFixed(1)} min`)
const milliseconds = (ms: number): string =>
  Number.isNaN(ms) ? '–' : ms < 10 ? ms.toFixed(1) : String(Math.round(ms))

export function liveLine({ figures, world, conductor, screens, time }: Simulation): string {
  const { DELIVERED, CANCELLED, RETURNED } = figures.ended
  const { doubled, lost } = world.audit.counts()
  const onDuty = world.riders.filter(({ duty }) => duty === 'on').length
  const busy = world.riders.filter(({ duty, held }) => duty === 'on' && held.size > 0).length
  const held = time.heldMs >= 1000 ? `, held ${(time.heldMs / 1000).toFixed(0)} s` : ''
  return (
    `${clockTime(time.nowMs())}  placed ${figures.placed}, open ${world.open().size}, delivered ${DELIVERED}, ` +
    `cancelled ${CANCELLED}, returned ${RETURNED}, riders ${onDuty} (${busy} busy), screens ${screens.open}, ` +
    `calls ${conductor.underway}+${conductor.waiting}${held}, doubled ${doubled}, lost ${lost}`
  )
}

/** Times of orders are said in the city's time, which is `pace` times what the platform measured; those of calls are as measured. */
export function summary(simulation: Simulation, pace: number): string {
  const { figures, world, conductor, screens, time, errors } = simulation
  const { DELIVERED, CANCELLED, RETURNED } = figures.ended
  const counts = world.audit.counts()
  const { clickToDoorMs, readyToPickupMs } = figures
  const times = ({ mean, quantile }: Histogram) =>
    `mean ${minutes(mean * pace)}, p90 ${minutes(quantile(0.9) * pace)}`
  return [
    `placed           ${figures.placed}${figures.unplaced > 0 ? `, and ${figures.unplaced} that could not be` : ''}`,
    `delivered        ${DELIVERED}, cancelled ${CANCELLED}, returned ${RETURNED}, open ${world.open().size}`,
    `on time          ${share(figures.onTime, DELIVERED)} (as promised, by the platform's clock)`,
    `click to door    ${times(clickToDoorMs)}`,
    `ready to pick-up ${times(readyToPickupMs)}`,
    `offers           ${figures.offered} seen; riders went silent ${figures.vanished} times`,
    `doubled          ${counts.doubled}`,
    `lost             ${counts.lost}`,
    `contradictions   ${counts.contradiction}`,
    ...world.audit.findings.map(({ what, orderId, sentence }) => `  ${what} ${orderId}: ${sentence}`),
    ...errors.slice(0, 5).map((error) => `  error of the simulator: ${String(error)}`),
    `screens          ${screens.events} events, ${screens.broken} streams broken`,
    `held back        ${(time.heldMs / 1000).toFixed(1)} s; ${conductor.leftOut} reports of position left out for newer ones`,
    '',
    ...callLines(simulation),
  ].join('\n')
}

/** A table of every kind of call, its latencies as measured. */
export const callLines = ({ gateway }: Simulation): string[] => [
  'call             answers    p50 ms    p99 ms  repeated  unanswered  refused',
  ...[...gateway.figures].map(([name, of]) =>
    [
      name.padEnd(15),
      String(of.ms.count).padStart(9),
      milliseconds(of.ms.quantile(0.5)).padStart(10),
      milliseconds(of.ms.quantile(0.99)).padStart(10),
      String(of.repeated).padStart(10),
      String(of.lost).padStart(12),
      `  ${[...of.refused].map(([what, count]) => `${count} × ${what}`).join(', ') || '0'}`,
    ].join(''),
  ),
]

/** Whether the platform did what it promises. */
export const isGood = ({ world, errors }: Simulation): boolean =>
  world.audit.findings.length === 0 && errors.length === 0
