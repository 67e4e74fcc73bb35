/** A tile as SVG, drawn from the roads themselves: lesser roads first, each with its casing, and names where there is room. */
import { pointsOf, ROAD_CLASSES, type RoadClass } from '../graph/road-graph.ts'
import type { RoadNetwork } from '../road-network.ts'
import { boxOf, pixelOf, TILE_PIXELS, type TileName } from './mercator.ts'
import { type NameLine, nameLines } from './names.ts'
import { BACKGROUND, LOOKS, NAME_COLOUR, NAMES_FROM_ZOOM, widthAt } from './style.ts'

/** What is wider than a line at the edge of the neighbouring tile. */
const MARGIN_PIXELS = 12
/** Points nearer than this to the one before are not drawn. */
const DETAIL_PIXELS = 0.4
const NAMES_MAX = 24
const CHARACTER_PIXELS = 11

interface Pixel {
  x: number
  y: number
}

export function drawTile(network: RoadNetwork, tile: TileName): string {
  const { graph } = network
  const byClass = new Map<RoadClass, string[]>()
  const edges = [...network.edgesWithin(boxOf(tile, MARGIN_PIXELS))].filter(
    (edge) => LOOKS[ROAD_CLASSES[graph.edgeClass[edge]!]!].fromZoom <= tile.z,
  )
  for (const edge of edges) {
    const kind = ROAD_CLASSES[graph.edgeClass[edge]!]!
    const path = pathOf(thinned(pointsOf(graph, edge).map((point) => pixelOf(tile, point))))
    if (byClass.has(kind)) byClass.get(kind)!.push(path)
    else byClass.set(kind, [path])
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
  const names = tile.z < NAMES_FROM_ZOOM ? [] : namesOf(nameLines(graph, tile, edges))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${TILE_PIXELS}" height="${TILE_PIXELS}" viewBox="0 0 ${TILE_PIXELS} ${TILE_PIXELS}">`,
    `<desc>${escaped(network.attribution)}</desc>`,
    `<rect width="100%" height="100%" fill="${BACKGROUND}"/>`,
    `<g fill="none" stroke-linecap="round" stroke-linejoin="round">${roads.join('')}</g>`,
    ...names,
    '</svg>',
  ].join('')
}

/** Without what cannot be seen between its ends. */
function thinned(points: readonly Pixel[]): Pixel[] {
  const kept: Pixel[] = []
  points.forEach((point, at) => {
    const before = kept.at(-1)
    const isNear = before !== undefined && Math.hypot(point.x - before.x, point.y - before.y) < DETAIL_PIXELS
    if (!isNear || at === points.length - 1) kept.push(point)
  })
  return kept
}

const pathOf = (points: readonly Pixel[]): string =>
  points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')

/** Those that are long enough for their name, the longest first. */
const namesOf = (lines: readonly NameLine[]): string[] =>
  lines
    .filter(({ name, pixels }) => pixels > name.length * CHARACTER_PIXELS)
    .sort((one, other) => other.pixels - one.pixels)
    .slice(0, NAMES_MAX)
    .flatMap(({ name, points }, at) => [
      `<path id="n${at}" d="${pathOf(points)}" fill="none"/>`,
      `<text font-family="sans-serif" font-size="10" fill="${NAME_COLOUR}" stroke="${BACKGROUND}" stroke-width="2" paint-order="stroke" text-anchor="middle" dominant-baseline="central"><textPath href="#n${at}" startOffset="50%">${escaped(name)}</textPath></text>`,
    ])

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
