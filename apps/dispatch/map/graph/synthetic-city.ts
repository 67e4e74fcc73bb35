/**
 * A city that is made up, for tests and measurements of a size that no extract at hand has: streets on a grid with some
 * missing and some one-way, arterial roads, ring roads, and turns that are forbidden where arterials meet.
 */
import { METRES_PER_DEGREE } from './metric.ts'
import { BACKWARD, DEGREE, FORWARD, ROAD_CLASSES, type RoadClass, type RoadGraph } from './road-graph.ts'

export interface SyntheticCity {
  /** Nodes along one side. */
  side: number
  seed: number
  /** Between neighbours on the grid. */
  blockMetres: number
  /** South-west corner. */
  corner: { lng: number; lat: number }
}

/** 22,500 nodes over 30 km, as in the measurements of the specification. */
export const LARGE_CITY: SyntheticCity = {
  side: 150,
  seed: 20_261_129,
  blockMetres: 200,
  corner: { lng: 121.3, lat: 31.1 },
}

const ARTERIAL_EVERY = 10
const MISSING_SHARE = 0.06
const ONE_WAY_SHARE = 0.15
const BANNED_SHARE = 0.2
const METRES_PER_MS: Record<string, number> = {
  primary: 22 / 3600,
  tertiary: 20 / 3600,
  residential: 16 / 3600,
}

export function syntheticCity({ side, seed, blockMetres, corner }: SyntheticCity): RoadGraph {
  const chance = chances(seed)
  const nodeCount = side * side
  const nodeLng = new Int32Array(nodeCount)
  const nodeLat = new Int32Array(nodeCount)
  const metresPerLng = METRES_PER_DEGREE * Math.cos((corner.lat * Math.PI) / 180)
  const jitter = () => (chance() - 0.5) * blockMetres * 0.3
  for (let node = 0; node < nodeCount; node++) {
    const x = (node % side) * blockMetres + jitter()
    const y = Math.floor(node / side) * blockMetres + jitter()
    nodeLng[node] = Math.round((corner.lng + x / metresPerLng) * DEGREE)
    nodeLat[node] = Math.round((corner.lat + y / METRES_PER_DEGREE) * DEGREE)
  }

  const edges: { from: number; to: number; flags: number; class: RoadClass; name: number }[] = []
  const names = ['']
  const nameOf = new Map<string, number>()
  const name = (text: string): number => {
    if (!nameOf.has(text)) nameOf.set(text, names.push(text) - 1)
    return nameOf.get(text)!
  }
  const middle = (side - 1) / 2
  const ringOf = (node: number): number =>
    Math.round(Math.max(Math.abs((node % side) - middle), Math.abs(Math.floor(node / side) - middle)))
  const rings = [Math.round(side / 6), Math.round(side / 3)]
  const join = (from: number, to: number, line: number, isEast: boolean): void => {
    const ring = rings.indexOf(ringOf(from))
    const street = isEast ? `${line} East Street` : `${line} North Street`
    if (ring !== -1 && ringOf(to) === rings[ring])
      edges.push({
        from,
        to,
        flags: FORWARD | BACKWARD,
        class: 'primary',
        name: name(`Ring Road ${ring + 1}`),
      })
    else if (line % ARTERIAL_EVERY === 0)
      edges.push({ from, to, flags: FORWARD | BACKWARD, class: 'tertiary', name: name(`${line / ARTERIAL_EVERY} ${isEast ? 'East' : 'North'} Avenue`) }) // biome-ignore format: one line
    else if (chance() >= MISSING_SHARE) {
      const draw = chance()
      const flags = draw < ONE_WAY_SHARE / 2 ? FORWARD : draw < ONE_WAY_SHARE ? BACKWARD : FORWARD | BACKWARD
      edges.push({ from, to, flags, class: 'residential', name: name(street) })
    }
  }
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const node = row * side + column
      if (column + 1 < side) join(node, node + 1, row, true)
      if (row + 1 < side) join(node, node + side, column, false)
    }

  const metres = edges.map(({ from, to }) =>
    Math.hypot(
      ((nodeLng[to]! - nodeLng[from]!) / DEGREE) * metresPerLng,
      ((nodeLat[to]! - nodeLat[from]!) / DEGREE) * METRES_PER_DEGREE,
    ),
  )
  const banned: number[] = []
  const intoOf = new Map<number, number[]>()
  edges.forEach(({ to }, edge) => {
    if (edges[edge]!.class === 'residential') return
    intoOf.set(to, [...(intoOf.get(to) ?? []), edge])
  })
  edges.forEach(({ from, flags, class: kind }, edge) => {
    if (kind === 'residential' || (flags & FORWARD) === 0) return
    for (const into of intoOf.get(from) ?? [])
      if (edges[into]!.name !== edges[edge]!.name && chance() < BANNED_SHARE) banned.push(2 * into, 2 * edge)
  })
  return {
    nodeLng,
    nodeLat,
    edgeFrom: Uint32Array.from(edges, ({ from }) => from),
    edgeTo: Uint32Array.from(edges, ({ to }) => to),
    edgeFlags: Uint8Array.from(edges, ({ flags }) => flags),
    edgeClass: Uint8Array.from(edges, (edge) => ROAD_CLASSES.indexOf(edge.class)),
    edgeName: Uint32Array.from(edges, (edge) => edge.name),
    edgeDecimetres: Uint32Array.from(metres, (length) => Math.round(length * 10)),
    edgeMs: Uint32Array.from(metres, (length, edge) =>
      Math.max(1, Math.round(length / METRES_PER_MS[edges[edge]!.class]!)),
    ),
    shapeStart: new Uint32Array(edges.length + 1),
    shapeLng: new Int32Array(0),
    shapeLat: new Int32Array(0),
    bannedStart: Uint32Array.from({ length: banned.length / 2 + 1 }, (_, at) => at * 2),
    bannedArcs: Uint32Array.from(banned),
    names,
  }
}

/** Numbers from 0 to before 1, the same for the same seed (Mulberry32). */
export function chances(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
