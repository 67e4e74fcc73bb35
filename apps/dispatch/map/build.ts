/**
 * Builds the file of a city: `node apps/dispatch/map/build.ts city.osm.pbf city.roads`. The attribution that
 * OpenStreetMap's licence (ODbL) asks for goes with it, and onto what is drawn from it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { MAIN } from './graph/road-graph.ts'
import { cityOf } from './osm/city.ts'
import { buildRoadNetwork, type RoadNetwork } from './road-network.ts'

export const OPEN_STREET_MAP = '© OpenStreetMap contributors, ODbL 1.0'

export const networkOfExtract = (file: Uint8Array, attribution = OPEN_STREET_MAP): RoadNetwork =>
  buildRoadNetwork(cityOf(file).graph, attribution)

if (import.meta.main) {
  const [from, to] = process.argv.slice(2)
  if (from === undefined || to === undefined) {
    console.error('usage: node apps/dispatch/map/build.ts <extract.osm.pbf> <file to write>')
    process.exit(2)
  }
  const { graph, found } = cityOf(readFileSync(from))
  const network = buildRoadNetwork(graph, OPEN_STREET_MAP)
  const bytes = network.toBytes()
  writeFileSync(to, bytes)
  const main = graph.edgeFlags.filter((flags) => (flags & MAIN) !== 0).length
  const share = ((100 * main) / Math.max(1, graph.edgeFrom.length)).toFixed(1)
  console.log(
    `${to}: ${bytes.length} bytes, ${network.nodeCount} junctions, ${graph.edgeFrom.length} pieces of road (${share} % hang together),`,
  )
  console.log(
    `${graph.bannedStart.length - 1} forbidden rides from ${found.restrictions} restrictions (${found.restrictionsUnclear} unclear, left out), ${found.barriers} closed barriers`,
  )
}
