/** What the riding log says of traffic: reports of one rider, two and two, against the way between them. */
import type { Position } from '../../model/order.ts'
import type { RoadNetwork } from '../road-network.ts'
import type { TrafficFactors } from './factors.ts'

export interface Report {
  riderId: string
  atMs: number
  position: Position
}

/** Nearer is not told from standing, longer apart is not one ride. */
const METRES_MIN = 80
const METRES_MAX = 3000
const APART_MS_MAX = 5 * 60_000
const SNAP_METRES = 40

/**
 * @param free the roads without traffic, for what is expected
 * @param reports in the order of time
 * @returns how many rides told something
 */
export function learn(free: RoadNetwork, factors: TrafficFactors, reports: Iterable<Report>): number {
  const last = new Map<string, Report>()
  let rides = 0
  for (const report of reports) {
    const before = last.get(report.riderId)
    if (before === undefined || report.atMs - before.atMs > APART_MS_MAX || report.atMs <= before.atMs) {
      last.set(report.riderId, report)
      continue
    }
    const from = free.nearest(before.position, { withinMetres: SNAP_METRES })
    const to = free.nearest(report.position, { withinMetres: SNAP_METRES })
    const route = from === undefined || to === undefined ? undefined : free.route(from.place, to.place)
    // A short way is measured on from where it began, until it is long enough to tell.
    if (route !== undefined && route.metres < METRES_MIN) continue
    last.set(report.riderId, report)
    if (route === undefined || route.metres > METRES_MAX || route.ms === 0) continue
    const factor = (report.atMs - before.atMs) / route.ms
    const middleMs = (report.atMs + before.atMs) / 2
    for (const { arc } of route.steps.flatMap(({ pieces }) => pieces)) factors.observe(arc, middleMs, factor)
    rides++
  }
  return rides
}
