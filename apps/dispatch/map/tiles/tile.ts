/** A tile as SVG, drawn from the roads themselves: lesser roads first, each with its casing, and names where there is room. */
import { pointsOf, ROAD_CLASSES, type RoadClass } from '../graph/road-graph.ts'
import type { RoadNetwork } from '../road-network.ts'
import { boxOf, pixelOf, TILE_PIXELS, type TileName } from './mercator.ts'
import { BACKGROUND, LOOKS, NAME_COLOUR, NAMES_FROM_ZOOM, widthAt } from './style.ts'

/** What is wider than a line at the edge of the neighbouring tile. */
const MARGIN_PIXELS = 12
/** Points nearer than this to the one before are not drawn. */
const DETAIL_PIXELS = 0.4
const NAMES_MAX = 24
const CHARACTER_PIXELS = 11

interface Line {
  d: string
  pixels: number
  points: { x: number; y: number }[]
}

export function drawTile(network: RoadNetwork, tile: TileName): string {
  const { graph } = network
  const byClass = new Map<RoadClass, string[]>()
  const longest = new Map<string, Line>()
  for (const edge of network.edgesWithin(boxOf(tile, MARGIN_PIXELS))) {
    const kind = ROAD_CLASSES[graph.edgeClass[edge]!]!
    if (LOOKS[kind].fromZoom > tile.z) continue
    const line = lineOf(tile, pointsOf(graph, edge))
    if (byClass.has(kind)) byClass.get(kind)!.push(line.d)
    else byClass.set(kind, [line.d])
    const name = graph.names[graph.edgeName[edge]!]!
    if (name !== '' && line.pixels > (longest.get(name)?.pixels ?? 0)) longest.set(name, line)
  }
  const kinds = ROAD_CLASSES.toReversed().filter((kind) => byClass.has(kind))
  const stroke = (kind: RoadClass, isCasing: boolean): string => {
    const look = LOOKS[kind]
    if (isCasing && look.casing === 'none') return ''
    const width = widthAt(look, tile.z) + (isCasing ? 1.6 : 0)
    const dashes = look.dashed ? ' stroke-dasharray="4 3"' : ''
    return `<path d="${byClass.get(kind)!.join('')}" stroke="${isCasing ? look.casing : look.colour}" stroke-width="${width.toFixed(1)}"${dashes}/>`
  }
  const roads = [...kinds.map((kind) => stroke(kind, true)), ...kinds.map((kind) => stroke(kind, false))]
  const names = tile.z < NAMES_FROM_ZOOM ? [] : namesOf(longest)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE_PIXELS}" height="${TILE_PIXELS}" viewBox="0 0 ${TILE_PIXELS} ${TILE_PIXELS}">`,
    `<desc>${escaped(network.attribution)}</desc>`,
    `<rect width="100%" height="100%" fill="${BACKGROUND}"/>`,
    `<g fill="none" stroke-linecap="round" stroke-linejoin="round">${roads.join('')}</g>`,
    ...names,
    '</svg>',
  ].join('')
}

function lineOf(tile: TileName, points: Parameters<typeof pixelOf>[1][]): Line {
  const kept: { x: number; y: number }[] = []
  let pixels = 0
  points.forEach((point, at) => {
    const here = pixelOf(tile, point)
    const before = kept.at(-1)
    const step = before === undefined ? 0 : Math.hypot(here.x - before.x, here.y - before.y)
    if (before !== undefined && step < DETAIL_PIXELS && at < points.length - 1) return
    kept.push(here)
    pixels += step
  })
  return { d: pathOf(kept), pixels, points: kept }
}

const pathOf = (points: readonly { x: number; y: number }[]): string =>
  points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')

/** Along the longest piece of each road that is long enough, and within the tile, so that no name is cut at its edge. */
function namesOf(longest: ReadonlyMap<string, Line>): string[] {
  return [...longest]
    .filter(([name, { pixels, points }]) => pixels > name.length * CHARACTER_PIXELS && points.every(isInside))
    .sort(([, one], [, other]) => other.pixels - one.pixels)
    .slice(0, NAMES_MAX)
    .flatMap(([name, { points }], at) => [
      `<path id="n${at}" d="${pathOf(isLeftward(points) ? points.toReversed() : points)}" fill="none"/>`,
      `<text font-family="sans-serif" font-size="10" fill="${NAME_COLOUR}" stroke="${BACKGROUND}" stroke-width="2" paint-order="stroke" text-anchor="middle" dominant-baseline="central"><textPath href="#n${at}" startOffset="50%">${escaped(name)}</textPath></text>`,
    ])
}

const isInside = ({ x, y }: { x: number; y: number }): boolean =>
  x >= 0 && y >= 0 && x <= TILE_PIXELS && y <= TILE_PIXELS

const isLeftward = (points: readonly { x: number }[]): boolean => points.at(-1)!.x < points[0]!.x

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
