/** Parameters of AMap's web service: coordinates are `lng,lat` in GCJ-02, with six decimals at the most. */
import type { Position } from '../../model/order.ts'
import { AmapError } from './errors.ts'
import { fromGcj02, toGcj02 } from './gcj02.ts'

const COORDINATE = /^(-?\d{1,3}(?:\.\d{1,6})?),(-?\d{1,2}(?:\.\d{1,6})?)$/

/** As it was given, in GCJ-02. */
export function coordinate(text: string): Position {
  const parts = COORDINATE.exec(text.trim())
  if (parts === null) throw new AmapError('20000')
  const position = { lng: Number(parts[1]), lat: Number(parts[2]) }
  if (Math.abs(position.lng) > 180 || Math.abs(position.lat) > 90) throw new AmapError('20000')
  return position
}

export const required = (parameters: URLSearchParams, name: string): string => {
  const value = parameters.get(name)
  if (value === null || value === '') throw new AmapError('20001')
  return value
}

/** A parameter that is one of a few words. */
export function choice<Word extends string>(
  parameters: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word {
  const value = parameters.get(name) ?? words[0]!
  const word = words.find((one) => one === value)
  if (word === undefined) throw new AmapError('20000')
  return word
}

/** Coordinates between separators; refused where there are too many. */
export function coordinates(text: string, separator: string, max: number): Position[] {
  const parts = text.split(separator)
  if (parts.length > max) throw new AmapError('20000')
  return parts.map(coordinate)
}

export const onEarth = (given: Position): Position => fromGcj02(given)

/** WGS-84 as AMap writes it. */
export const told = (position: Position): string => spelled(toGcj02(position))

export const spelled = ({ lng, lat }: Position): string => `${decimals(lng)},${decimals(lat)}`

const decimals = (degrees: number): string => String(Math.round(degrees * 1e6) / 1e6)

export const polyline = (points: readonly Position[]): string => points.map(told).join(';')
