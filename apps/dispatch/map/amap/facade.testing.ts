/** The map service of a small city, for tests: Beijing around Tsinghua, from the extract that comes with it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { networkOfExtract } from '../build.ts'
import { type CityMap, quietCity, type Region } from '../city-map.ts'
import type { RoadNetwork } from '../road-network.ts'

export const BEIJING: Region = {
  province: '北京市',
  city: '',
  citycode: '010',
  district: '海淀区',
  adcode: '110108',
}

let built: RoadNetwork | undefined

export function beijing(): RoadNetwork {
  built ??= networkOfExtract(readFileSync(join(import.meta.dirname, '../extracts/beijing-tsinghua.osm.pbf')))
  return built
}

export const quietBeijing = (): CityMap => quietCity(beijing(), BEIJING)

/** In GCJ-02, within the extract. */
export const FROM = '116.327,39.998'
export const TO = '116.337,40.006'

const isNothing = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** What differs between an answer and a sample in keys and types, by where it is; v3 says `[]` for what is missing. */
export function shapeDifferences(
  sample: unknown,
  answer: unknown,
  optional: ReadonlySet<string>,
  at = '',
): string[] {
  if (isNothing(sample) || isNothing(answer)) return []
  if (Array.isArray(sample))
    return Array.isArray(answer)
      ? answer.flatMap((one, place) => nearest(sample, one, optional, `${at}[${place}]`))
      : [`${at}: a list`]
  if (typeof sample !== 'object' || sample === null)
    return typeof sample === typeof answer && (sample === null) === (answer === null)
      ? []
      : [`${at}: ${typeof answer}, not ${typeof sample}`]
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return [`${at}: an object`]
  const wanted = sample as Record<string, unknown>
  const given = answer as Record<string, unknown>
  return [
    ...Object.keys(wanted)
      .filter((key) => !(key in given) && !optional.has(key))
      .map((key) => `${at}.${key}: missing`),
    ...Object.keys(given)
      .filter((key) => !(key in wanted) && !optional.has(key))
      .map((key) => `${at}.${key}: unknown`),
    ...Object.keys(wanted)
      .filter((key) => key in given)
      .flatMap((key) => shapeDifferences(wanted[key], given[key], optional, `${at}.${key}`)),
  ]
}

/** Samples of one list may differ from each other; the one that fits best counts. */
function nearest(
  samples: readonly unknown[],
  answer: unknown,
  optional: ReadonlySet<string>,
  at: string,
): string[] {
  const differences = samples.map((sample) => shapeDifferences(sample, answer, optional, at))
  return differences.reduce((one, other) => (other.length < one.length ? other : one))
}
