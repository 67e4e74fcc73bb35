/** Steps of axes and paths of lines, for charts drawn as SVG. Pure. */

/** Round values from 0 to at least `max`, about `count` of them. */
export function niceSteps(max: number, count: number): number[] {
  if (!(max > 0)) return [0, 1]
  const raw = max / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? power * 10
  const whole = Math.max(step, 1)
  const steps: number[] = []
  for (let at = 0; ; at += 1) {
    steps.push(at * whole)
    if (at * whole >= max) return steps
  }
}

const MINUTE_MS = 60_000
const TIME_STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440]

/** Times to write at an axis: whole steps of the clock, at most `count`. `offsetMs`: what local time is ahead of UTC. */
export function timeSteps(fromMs: number, toMs: number, count: number, offsetMs = 0): number[] {
  const span = toMs - fromMs
  if (!(span > 0)) return [fromMs]
  const minutes = TIME_STEPS_MIN.find((step) => span / (step * MINUTE_MS) <= count) ?? TIME_STEPS_MIN.at(-1)!
  const stepMs = minutes * MINUTE_MS
  const steps: number[] = []
  for (let at = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs; at <= toMs; at += stepMs)
    steps.push(at)
  return steps
}

export const linear =
  (from: readonly [number, number], to: readonly [number, number]) =>
  (value: number): number =>
    from[1] === from[0] ? to[0] : to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0])

/** The path of a line through points; `base`: closed down to there, as an area. */
export function pathOf(points: readonly (readonly [number, number])[], base?: number): string {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return ''
  const line = points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
  return base === undefined
    ? line
    : `${line}L${round(last[0])} ${round(base)}L${round(first[0])} ${round(base)}Z`
}

const round = (value: number): number => Math.round(value * 10) / 10
