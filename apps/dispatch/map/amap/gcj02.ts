/**
 * GCJ-02, the coordinates of Chinese map services: WGS-84 (Krasovsky's ellipsoid) shifted by a sum of sines, up to some 700 m.
 * Outside of China both are the same. The formula is the published one that all converters have; no official text has it.
 */
import type { Position } from '../../model/order.ts'

const AXIS_METRES = 6_378_245
const ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943

/** After ten steps what is left is below a millimetre. */
const INVERSE_STEPS = 10

export const isOutsideChina = ({ lng, lat }: Position): boolean =>
  lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271

export function toGcj02(position: Position): Position {
  if (isOutsideChina(position)) return position
  const { lng, lat } = position
  const x = lng - 105
  const y = lat - 35
  const radians = (lat * Math.PI) / 180
  const magic = 1 - ECCENTRICITY_SQUARED * Math.sin(radians) ** 2
  const north =
    (shiftNorth(x, y) * 180) / (((AXIS_METRES * (1 - ECCENTRICITY_SQUARED)) / magic ** 1.5) * Math.PI)
  const east = (shiftEast(x, y) * 180) / ((AXIS_METRES / Math.sqrt(magic)) * Math.cos(radians) * Math.PI)
  return { lng: lng + east, lat: lat + north }
}

/** By steps towards the position that is shifted to this one. */
export function fromGcj02(position: Position): Position {
  if (isOutsideChina(position)) return position
  let { lng, lat } = position
  for (let step = 0; step < INVERSE_STEPS; step++) {
    const shifted = toGcj02({ lng, lat })
    lng += position.lng - shifted.lng
    lat += position.lat - shifted.lat
  }
  return { lng, lat }
}

/** Baidu's BD-09 is GCJ-02, bent once more. */
export function bd09ToGcj02({ lng, lat }: Position): Position {
  const x = lng - 0.0065
  const y = lat - 0.006
  const turn = (Math.PI * 3000) / 180
  const radius = Math.hypot(x, y) - 0.000_02 * Math.sin(y * turn)
  const angle = Math.atan2(y, x) - 0.000_003 * Math.cos(x * turn)
  return { lng: radius * Math.cos(angle), lat: radius * Math.sin(angle) }
}

const wave = (value: number): number => Math.sin(value * Math.PI)

function shiftNorth(x: number, y: number): number {
  const bend = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x))
  const waves =
    20 * (wave(6 * x) + wave(2 * x)) +
    20 * wave(y) +
    40 * wave(y / 3) +
    160 * wave(y / 12) +
    320 * wave(y / 30)
  return bend + (waves * 2) / 3
}

function shiftEast(x: number, y: number): number {
  const bend = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x))
  const waves =
    20 * (wave(6 * x) + wave(2 * x)) +
    20 * wave(x) +
    40 * wave(x / 3) +
    150 * wave(x / 12) +
    300 * wave(x / 30)
  return bend + (waves * 2) / 3
}
