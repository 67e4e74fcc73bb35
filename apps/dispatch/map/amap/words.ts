/** What AMap says of a step, in its words. */
import type { Step, Turn } from '../road-network.ts'

export type Manner = 'driving' | 'riding' | 'walking'

const VERBS: Readonly<Record<Manner, string>> = { driving: '行驶', riding: '骑行', walking: '步行' }
const ORIENTATIONS = ['北', '东北', '东', '东南', '南', '西南', '西', '西北'] as const
const ACTIONS: Readonly<Record<Turn, string>> = {
  straight: '直行',
  'slight-left': '向左前方行驶',
  left: '左转',
  'sharp-left': '向左后方行驶',
  around: '左转调头',
  'sharp-right': '向右后方行驶',
  right: '右转',
  'slight-right': '向右前方行驶',
}
export const ARRIVED = '到达目的地'

export const orientation = (degrees: number): string => ORIENTATIONS[Math.round(degrees / 45) % 8]!

/** What to do at the end of a step; empty at the end of the way. */
export const action = (next: Step | undefined): string => (next?.turn === undefined ? '' : ACTIONS[next.turn])

export function instruction(step: Step, next: Step | undefined, manner: Manner): string {
  const along = step.roadName === '' ? '' : `沿${step.roadName}`
  const end = next === undefined ? ARRIVED : action(next)
  return `${along}向${orientation(step.bearing)}${VERBS[manner]}${distance(step.metres, manner)}${end}`
}

/** Kilometres only where one drives. */
const distance = (metres: number, manner: Manner): string =>
  manner === 'driving' && metres >= 1000 ? `${(metres / 1000).toFixed(1)}千米` : `${Math.round(metres)}米`
