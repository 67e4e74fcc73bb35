/** Ways on the map: positions along roads. Pure. */
import type { Position } from '../../../model/order.ts'
import { distanceM } from './mercator.ts'

export type Way = readonly Position[]

/** The point of the line a–b nearest to `position`; small distances, so degrees are taken as a plane. */
function nearestOn(a: Position, b: Position, position: Position): Position {
  const shrink = Math.cos((position.lat * Math.PI) / 180)
  const dx = (b.lng - a.lng) * shrink
  const dy = b.lat - a.lat
  const square = dx * dx + dy * dy
  if (square === 0) return a
  const along = ((position.lng - a.lng) * shrink * dx + (position.lat - a.lat) * dy) / square
  const share = Math.min(1, Math.max(0, along))
  return { lng: a.lng + (b.lng - a.lng) * share, lat: a.lat + (b.lat - a.lat) * share }
}

/** What is left of a way for somebody at `position`, and how far off it they are. */
export function restOfWay(way: Way, position: Position): { rest: Position[]; offM: number } {
  let offM = Number.POSITIVE_INFINITY
  let rest: Position[] = [...way]
  for (let at = 1; at < way.length; at++) {
    const foot = nearestOn(way[at - 1]!, way[at]!, position)
    const off = distanceM(foot, position)
    if (off < offM) {
      offM = off
      rest = [foot, ...way.slice(at)]
    }
  }
  return { rest, offM }
}
