/** From an OpenStreetMap extract to the graph of its roads. */
import { lengthOf } from '../graph/metric.ts'
import { BACKWARD, DEGREE, FORWARD, ROAD_CLASSES, type RoadGraph } from '../graph/road-graph.ts'
import { type Road, roadOf, stops } from './electric-bike.ts'
import { type Member, type Tags, visit } from './pbf.ts'
import { type Restriction, restrictedSequences, restrictionOf } from './restrictions.ts'

export interface City {
  graph: RoadGraph
  /** What was found and what of it was used, to be told to whoever builds it. */
  found: { roads: number; restrictions: number; restrictionsUnclear: number; barriers: number }
}

interface Way {
  id: number
  refs: number[]
  road: Road
}

/** A piece of a way between two junctions, or ends. */
interface Section {
  way: Way
  refs: number[]
  from: number
  to: number
}

export function cityOf(file: Uint8Array): City {
  const ways: Way[] = []
  const restrictions: Restriction[] = []
  visit(file, {
    way(id, refs, tags) {
      const road = roadOf(tags)
      if (road !== undefined && refs.length > 1) ways.push({ id, refs, road })
    },
    relation(_id, members: Member[], tags: Tags) {
      const restriction = restrictionOf(members, tags)
      if (restriction !== undefined) restrictions.push(restriction)
    },
  })

  const uses = new Map<number, number>()
  for (const { refs } of ways)
    refs.forEach((ref, at) => {
      const isEnd = at === 0 || at === refs.length - 1
      uses.set(ref, (uses.get(ref) ?? 0) + (isEnd ? 2 : 1))
    })
  for (const { via } of restrictions)
    for (const { type, id } of via) if (type === 'node' && uses.has(id)) uses.set(id, 2)

  const positions = new Map<number, { lng: number; lat: number }>()
  const barriers = new Set<number>()
  visit(file, {
    node(id, lng, lat, tags) {
      if (!uses.has(id)) return
      positions.set(id, { lng, lat })
      if (stops(tags)) barriers.add(id)
    },
  })

  const { sections, nodes, nodeOf } = sectionsOf(ways, (ref) => (uses.get(ref) ?? 0) > 1, positions, barriers)
  const graph = graphOf(sections, nodes, positions)
  const edgesOfWay = new Map<number, number[]>()
  sections.forEach(({ way }, edge) => {
    edgesOfWay.set(way.id, [...(edgesOfWay.get(way.id) ?? []), edge])
  })
  const { sequences, unclear } = restrictedSequences(graph, restrictions, {
    edgesOfWay: (id) => edgesOfWay.get(id) ?? [],
    nodeOf: (id) => nodeOf.get(id),
  })
  const bannedStart = [0]
  for (const { length } of sequences) bannedStart.push(bannedStart.at(-1)! + length)
  return {
    graph: {
      ...graph,
      bannedStart: Uint32Array.from(bannedStart),
      bannedArcs: Uint32Array.from(sequences.flat()),
    },
    found: {
      roads: ways.length,
      restrictions: restrictions.length,
      restrictionsUnclear: unclear,
      barriers: barriers.size,
    },
  }
}

/** Cuts ways at junctions, at nodes that are not in the file, and at barriers: behind one, the road begins at a node of its own. */
function sectionsOf(
  ways: readonly Way[],
  isJunction: (ref: number) => boolean,
  positions: ReadonlyMap<number, unknown>,
  barriers: ReadonlySet<number>,
): { sections: Section[]; nodes: number[]; nodeOf: Map<number, number> } {
  const sections: Section[] = []
  const nodes: number[] = []
  const nodeOf = new Map<number, number>()
  const nodeAt = (ref: number): number => {
    if (barriers.has(ref)) return nodes.push(ref) - 1
    if (!nodeOf.has(ref)) nodeOf.set(ref, nodes.push(ref) - 1)
    return nodeOf.get(ref)!
  }
  for (const way of ways) {
    let open: number[] = []
    const close = (): void => {
      if (open.length > 1)
        sections.push({ way, refs: open, from: nodeAt(open[0]!), to: nodeAt(open.at(-1)!) })
      open = []
    }
    for (const ref of way.refs) {
      if (!positions.has(ref)) {
        close()
        continue
      }
      if (ref !== open.at(-1)) open.push(ref)
      if (open.length > 1 && (isJunction(ref) || barriers.has(ref))) {
        close()
        open = [ref]
      }
    }
    close()
  }
  return { sections, nodes, nodeOf }
}

function graphOf(
  sections: readonly Section[],
  nodes: readonly number[],
  positions: ReadonlyMap<number, { lng: number; lat: number }>,
): RoadGraph {
  const at = (ref: number) => positions.get(ref)!
  const names = ['']
  const nameOf = new Map([['', 0]])
  for (const { way } of sections)
    if (!nameOf.has(way.road.name)) nameOf.set(way.road.name, names.push(way.road.name) - 1)
  const metres = sections.map(({ refs }) =>
    lengthOf(refs.map(at).map(({ lng, lat }) => ({ lng: lng / DEGREE, lat: lat / DEGREE }))),
  )
  const shape = sections.map(({ refs }) => refs.slice(1, -1))
  const shapeStart = [0]
  for (const { length } of shape) shapeStart.push(shapeStart.at(-1)! + length)
  const points = shape.flat().map(at)
  return {
    nodeLng: Int32Array.from(nodes, (ref) => at(ref).lng),
    nodeLat: Int32Array.from(nodes, (ref) => at(ref).lat),
    edgeFrom: Uint32Array.from(sections, ({ from }) => from),
    edgeTo: Uint32Array.from(sections, ({ to }) => to),
    edgeFlags: Uint8Array.from(
      sections,
      ({ way }) => (way.road.forward ? FORWARD : 0) | (way.road.backward ? BACKWARD : 0),
    ),
    edgeClass: Uint8Array.from(sections, ({ way }) => ROAD_CLASSES.indexOf(way.road.class)),
    edgeName: Uint32Array.from(sections, ({ way }) => nameOf.get(way.road.name)!),
    edgeDecimetres: Uint32Array.from(metres, (length) => Math.round(length * 10)),
    edgeMs: Uint32Array.from(metres, (length, edge) =>
      Math.max(1, Math.round((length * 3600) / sections[edge]!.way.road.kmPerHour)),
    ),
    shapeStart: Uint32Array.from(shapeStart),
    shapeLng: Int32Array.from(points, ({ lng }) => lng),
    shapeLat: Int32Array.from(points, ({ lat }) => lat),
    bannedStart: Uint32Array.of(0),
    bannedArcs: new Uint32Array(0),
    names,
  }
}
