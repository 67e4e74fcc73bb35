/** The map service's engine: building and loading a city, ways, matrices and nearest roads, beside a plain search on the same roads. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { freeFlow, type RoadGraph } from '../../apps/dispatch/map/graph/road-graph.ts'
import { LARGE_CITY, syntheticCity } from '../../apps/dispatch/map/graph/synthetic-city.ts'
import { splitArcs, turnsOf } from '../../apps/dispatch/map/graph/turns.ts'
import { Heap } from '../../apps/dispatch/map/hierarchy/heap.ts'
import { cityOf } from '../../apps/dispatch/map/osm/city.ts'
import { buildRoadNetwork, loadRoadNetwork, type RoadNetwork } from '../../apps/dispatch/map/road-network.ts'
import { seeded } from '../lib/chance.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { median, p99, show } from '../lib/statistics.ts'

const extracts = join(import.meta.dirname, '../../apps/dispatch/map/extracts')
const waysAsked = 2000
const waysWarm = 500
const wayGoalMs = 0.2
const matrixGoals = { 100: 50, 500: 400 } as const

export const map: Group = {
  name: 'map',
  title: 'Roads of a city (peer: Dijkstra on the same roads; goals on the city of 22,500 junctions)',

  async run(bench) {
    const folder = process.env['HANSHU_BENCH_OSM'] ?? extracts
    const files = readdirSync(folder).filter((name) => name.endsWith('.osm.pbf'))
    const rows = files.flatMap((file) => {
      const name = basename(file, '.osm.pbf')
      bench.progress(name)
      return cityRows(bench, name, false, () => cityOf(readFileSync(join(folder, file))).graph)
    })
    bench.progress('made-up city')
    return [...rows, ...cityRows(bench, 'made-up city', true, () => syntheticCity(LARGE_CITY))]
  },
}

function cityRows(bench: Bench, name: string, hasGoals: boolean, graphOf: () => RoadGraph): Row[] {
  const timed = <Value>(run: () => Value): { ms: number; value: Value } => {
    const beganMs = performance.now()
    const value = run()
    return { ms: performance.now() - beganMs, value }
  }
  const built = timed(() => buildRoadNetwork(graphOf()))
  const bytes = built.value.toBytes()
  const rounds = Array.from({ length: bench.quick ? 3 : 9 }, (_, round) => round)
  const loads = rounds.map(() => timed(() => loadRoadNetwork(bytes)).ms)
  const network = loadRoadNetwork(bytes)
  const random = seeded(20261129)
  const place = (): number => Math.floor(random() * network.nodeCount)
  const pairs = Array.from({ length: waysAsked }, () => ({ from: place(), to: place() }))

  for (const { from, to } of pairs.slice(0, waysWarm)) network.ms(from, to)
  const ways = pairs.map(({ from, to }) => timed(() => network.ms(to, from)).ms)
  const plain = plainSearch(network)
  const plainMs = pairs.slice(0, bench.quick ? 10 : 50).map(({ from, to }) => {
    const { ms, value } = timed(() => plain(to, from))
    if (value !== network.ms(to, from))
      throw new Error(`${to} to ${from}: ${network.ms(to, from)} ms, plainly ${value} ms`)
    return ms
  })
  const positions = pairs.map(() => somewhere(network, random))
  const nearest = timed(() => {
    for (const position of positions) network.nearest(position)
  })

  const { nodeCount } = network
  const size = `${name}, ${nodeCount.toLocaleString('en')} junctions`
  const isWayFast = median(ways)! < wayGoalMs
  return [
    { what: `${size}: read and contracted`, median: show(built.ms, 'ms') },
    {
      what: `${size}: loaded from its file of ${show(bytes.length / 1024)} KiB`,
      median: show(median(loads), 'ms'),
    },
    {
      what: `${size}: Dijkstra from one to another`,
      median: show(median(plainMs), 'ms'),
      p99: show(p99(plainMs), 'ms'),
    },
    {
      what: `${size}: from one to another`,
      median: show(median(ways), 'ms'),
      p99: show(p99(ways), 'ms'),
      ratio: show(median(ways)! / median(plainMs)!),
      ...(hasGoals ? { goal: `< ${wayGoalMs} ms`, reached: isWayFast } : {}),
    },
    ...([100, 500] as const).map((side) => matrixRow(network, size, side, hasGoals, { place, rounds })),
    { what: `${size}: nearest road`, perSecond: show((positions.length * 1000) / nearest.ms) },
    {
      what: `${size}: other times for all roads`,
      median: show(timed(() => network.reweighted(network.arcMs)).ms, 'ms'),
    },
  ]
}

function matrixRow(
  network: RoadNetwork,
  size: string,
  side: 100 | 500,
  hasGoals: boolean,
  { place, rounds }: { place: () => number; rounds: readonly number[] },
): Row {
  const times = rounds.map(() => {
    const sources = Array.from({ length: side }, place)
    const targets = Array.from({ length: side }, place)
    const beganMs = performance.now()
    network.matrix(sources, targets)
    return performance.now() - beganMs
  })
  const goal = matrixGoals[side]
  return {
    what: `${size}: matrix of ${side} × ${side}`,
    median: show(median(times), 'ms'),
    p99: show(p99(times), 'ms'),
    perSecond: `${show((side * side * 1000) / median(times)!)} cells`,
    ...(hasGoals ? { goal: `< ${goal} ms`, reached: median(times)! < goal } : {}),
  }
}

const somewhere = ({ bounds }: RoadNetwork, random: () => number): { lng: number; lat: number } => ({
  lng: bounds.west + random() * (bounds.east - bounds.west),
  lat: bounds.south + random() * (bounds.north - bounds.south),
})

/** Dijkstra, with the heap and the split nodes that the hierarchy is made with. */
function plainSearch({ graph }: RoadNetwork): (from: number, to: number) => number {
  const turns = turnsOf(graph)
  const { tail, head, road } = splitArcs(graph, turns)
  const arcMs = freeFlow(graph)
  const start = new Uint32Array(turns.nodeCount + 1)
  for (const node of tail) start[node + 1]!++
  for (let node = 0; node < turns.nodeCount; node++) start[node + 1]! += start[node]!
  const next = start.slice()
  const sorted = new Uint32Array(tail.length)
  tail.forEach((node, arc) => {
    sorted[next[node]!++] = arc
  })
  return (from, to) => {
    const distance = new Int32Array(turns.nodeCount).fill(2 ** 31 - 1)
    const heap = new Heap()
    distance[from] = 0
    heap.push(0, from)
    while (heap.size > 0) {
      const key = heap.least
      const node = heap.pop()
      if (key > distance[node]!) continue
      if (turns.original(node) === to) return key
      for (let at = start[node]!; at < start[node + 1]!; at++) {
        const arc = sorted[at]!
        const ms = key + arcMs[road[arc]!]!
        if (ms >= distance[head[arc]!]!) continue
        distance[head[arc]!] = ms
        heap.push(ms, head[arc]!)
      }
    }
    return Number.POSITIVE_INFINITY
  }
}
