/**
 * What an electric bike may ride, and how fast: one of the bicycle's kind, as China's 电动自行车 are by law (GB 17761, 25 km/h
 * at the most). Tags: https://wiki.openstreetmap.org/wiki/Key:access, Key:oneway, Key:cycleway.
 */
import type { RoadClass } from '../graph/road-graph.ts'
import type { Tags } from './pbf.ts'

export interface Road {
  class: RoadClass
  forward: boolean
  backward: boolean
  kmPerHour: number
  /** In the language of the place, else its number; empty for none. */
  name: string
}

/** Riding speeds with what lights and crossings take; of ours, from what delivery riders are said to reach. */
const KM_PER_HOUR: Readonly<Record<RoadClass, number>> = {
  motorway: 25,
  trunk: 22,
  primary: 22,
  secondary: 22,
  tertiary: 20,
  unclassified: 18,
  residential: 16,
  living_street: 12,
  service: 12,
  cycleway: 20,
  track: 12,
  path: 12,
  pushed: 5,
}

/** Left out: steps, bridleways, what is being built, and everything that is no road. */
const CLASS_OF: Readonly<Record<string, RoadClass>> = {
  motorway: 'motorway',
  motorway_link: 'motorway',
  trunk: 'trunk',
  trunk_link: 'trunk',
  primary: 'primary',
  primary_link: 'primary',
  secondary: 'secondary',
  secondary_link: 'secondary',
  tertiary: 'tertiary',
  tertiary_link: 'tertiary',
  unclassified: 'unclassified',
  road: 'unclassified',
  residential: 'residential',
  living_street: 'living_street',
  service: 'service',
  cycleway: 'cycleway',
  track: 'track',
  path: 'path',
  footway: 'pushed',
  pedestrian: 'pushed',
}

/** Trunk roads are urban expressways in China, with a road for bicycles beside them that is mapped by itself. */
const EXPRESSWAYS = new Set(['motorway', 'trunk'])

const CLOSED = new Set(['no', 'private', 'military', 'agricultural', 'forestry', 'use_sidepath'])
const INVITED = new Set(['yes', 'designated', 'permissive', 'official'])
const SPEED_MIN = 5

/** Undefined: not for an electric bike. */
export function roadOf(tags: Tags): Road | undefined {
  const kind = CLASS_OF[tags['highway'] ?? '']
  if (kind === undefined || tags['area'] === 'yes' || isClosed(tags)) return undefined
  const bicycle = tags['bicycle'] ?? ''
  const isExpressway = EXPRESSWAYS.has(kind) || tags['motorroad'] === 'yes'
  if (isExpressway && !INVITED.has(bicycle)) return undefined
  const byTag = bicycle === 'dismount' ? 'pushed' : kind === 'pushed' && INVITED.has(bicycle) ? 'path' : kind
  return {
    class: byTag,
    ...(byTag === 'pushed' ? { forward: true, backward: true } : directions(tags)),
    kmPerHour: speedOf(byTag, tags),
    name: tags['name'] ?? tags['ref'] ?? '',
  }
}

/** Whether a node of a road stops the ride: a gate that is locked, and the like. */
export const stops = (tags: Tags): boolean => tags['barrier'] !== undefined && isClosed(tags)

/** The most specific tag decides. */
const isClosed = (tags: Tags): boolean =>
  CLOSED.has(tags['bicycle'] ?? tags['vehicle'] ?? tags['access'] ?? 'yes')

function directions(tags: Tags): { forward: boolean; backward: boolean } {
  const both = { forward: true, backward: true }
  const own = tags['oneway:bicycle']
  if (own === 'no') return both
  const lanes = ['cycleway', 'cycleway:left', 'cycleway:right', 'cycleway:both']
  if (own === undefined && lanes.some((lane) => (tags[lane] ?? '').startsWith('opposite'))) return both
  const oneWay = own ?? tags['oneway']
  if (oneWay === '-1' || oneWay === 'reverse') return { forward: false, backward: true }
  if (oneWay === 'yes' || oneWay === 'true' || oneWay === '1') return { forward: true, backward: false }
  const isRound = tags['junction'] === 'roundabout' || tags['junction'] === 'circular'
  return isRound && oneWay !== 'no' ? { forward: true, backward: false } : both
}

function speedOf(kind: RoadClass, tags: Tags): number {
  const limit = /^\d+$/.test(tags['maxspeed'] ?? '') ? Number(tags['maxspeed']) : Number.POSITIVE_INFINITY
  return Math.min(KM_PER_HOUR[kind], Math.max(SPEED_MIN, limit))
}
