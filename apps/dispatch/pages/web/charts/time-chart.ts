/** Lines over time: how many orders were placed and delivered each minute. */
import { h, type Picture } from '../base/view.ts'
import { linear, niceSteps, pathOf, timeSteps } from './shape.ts'

export interface Series {
  name: string
  /** A class of the style sheet. */
  kind: string
  values: readonly number[]
}

export interface TimeChart {
  label: string
  times: readonly number[]
  series: readonly Series[]
  clock: (atMs: number) => string
  /** Pixels. */
  width: number
  height: number
  /** What local time is ahead of UTC. */
  offsetMs: number
  /** The index that is pointed at. */
  chosen: number | undefined
  onChoose: (index: number | undefined) => void
}

const MARGIN = { left: 40, right: 24, top: 10, bottom: 24 }

export function timeChart(chart: TimeChart): Picture {
  const { times, series, width, height, clock, chosen } = chart
  const from = times[0] ?? 0
  const to = times.at(-1) ?? 0
  const steps = niceSteps(Math.max(1, ...series.flatMap(({ values }) => values)), 4)
  const bottom = height - MARGIN.bottom
  const x = linear([from, to], [MARGIN.left, width - MARGIN.right])
  const y = linear([0, steps.at(-1)!], [bottom, MARGIN.top])
  const index = (event: MouseEvent): number | undefined => {
    const box = (event.currentTarget as Element).getBoundingClientRect()
    return nearestIndex(
      times,
      linear([MARGIN.left, width - MARGIN.right], [from, to])(event.clientX - box.left),
    )
  }
  const step = (by: number) =>
    chart.onChoose(Math.min(times.length - 1, Math.max(0, (chosen ?? times.length - 1) + by)))
  return h(
    'svg',
    {
      class: 'chart',
      role: 'img',
      tabindex: '0',
      'aria-label': chart.label,
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      mousemove: (event: MouseEvent) => chart.onChoose(index(event)),
      mouseleave: () => chart.onChoose(undefined),
      blur: () => chart.onChoose(undefined),
      keydown: (event: KeyboardEvent) => {
        if (event.key === 'ArrowLeft') step(-1)
        else if (event.key === 'ArrowRight') step(1)
        else return
        event.preventDefault()
      },
    },
    steps.map((value) => [
      h('line', {
        class: 'chart-grid',
        x1: MARGIN.left,
        x2: width - MARGIN.right,
        y1: y(value),
        y2: y(value),
      }),
      h(
        'text',
        { class: 'chart-text', x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' },
        String(value),
      ),
    ]),
    timeSteps(from, to, Math.max(2, Math.floor(width / 90)), chart.offsetMs).map((at) =>
      h('text', { class: 'chart-text', x: x(at), y: height - 6, 'text-anchor': 'middle' }, clock(at)),
    ),
    series.map(({ kind, values }) => {
      const points = values.map((value, at) => [x(times[at]!), y(value)] as const)
      return [
        h('path', { class: `chart-area ${kind}`, d: pathOf(points, bottom) }),
        h('path', { class: `chart-line ${kind}`, d: pathOf(points) }),
      ]
    }),
    chosen !== undefined &&
      times[chosen] !== undefined && [
        h('line', {
          class: 'chart-cursor',
          x1: x(times[chosen]!),
          x2: x(times[chosen]!),
          y1: MARGIN.top,
          y2: bottom,
        }),
        series.map(({ kind, values }) =>
          h('circle', {
            class: `chart-dot ${kind}`,
            cx: x(times[chosen]!),
            cy: y(values[chosen] ?? 0),
            r: 4,
          }),
        ),
      ],
  )
}

export function nearestIndex(times: readonly number[], atMs: number): number | undefined {
  let nearest: number | undefined
  for (const [at, time] of times.entries()) {
    if (nearest === undefined || Math.abs(time - atMs) < Math.abs(times[nearest]! - atMs)) nearest = at
  }
  return nearest
}

/** A line without axes, for how something went lately. */
export function sparkline(
  values: readonly number[],
  { width, height, label }: { width: number; height: number; label: string },
): Picture {
  const x = linear([0, Math.max(1, values.length - 1)], [1, width - 1])
  const y = linear([0, Math.max(1, ...values)], [height - 2, 2])
  return h(
    'svg',
    { class: 'spark', role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${height}`, width, height },
    h('path', {
      class: 'chart-line placed',
      d: pathOf(values.map((value, at) => [x(at), y(value)] as const)),
    }),
  )
}
