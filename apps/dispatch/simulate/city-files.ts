/** The files of a city: its streets, and the box that the platform takes for it. */
import { readFile } from 'node:fs/promises'
import { loadRoadNetwork } from '../map/road-network.ts'
import type { Box } from '../model/geometry.ts'
import type { Roads } from './core/roads.ts'
import { networkRoads } from './network-roads.ts'

/** @throws Error where a file is missing or no such thing */
export async function readRoads({
  roadsFile,
  cityFile,
}: {
  roadsFile: string
  cityFile: string
}): Promise<Roads> {
  const [bytes, city] = await Promise.all([readFile(roadsFile), readFile(cityFile, 'utf8')])
  const network = loadRoadNetwork(bytes)
  const { box } = JSON.parse(city) as { box?: Box }
  if (!box || [box.west, box.south, box.east, box.north].some((degrees) => !Number.isFinite(degrees)))
    throw new Error(`${cityFile} has no box`)
  return networkRoads(network, box)
}
