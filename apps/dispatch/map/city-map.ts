/** A city as the services over it see it: its roads, as they are ridden now, and what the region is called. */
import type { RoadNetwork } from './road-network.ts'

/** Names and codes of the administration, which extracts do not have; empty where they were not given. */
export interface Region {
  province: string
  /** Empty in a municipality. */
  city: string
  citycode: string
  district: string
  /** Of the district. */
  adcode: string
}

export interface CityMap {
  /** With the traffic of now. */
  network(): RoadNetwork
  /** How many times as long as on a free road an arc takes now; undefined where nobody has ridden lately. */
  trafficFactor(arc: number): number | undefined
  region: Region
}

const NO_REGION: Region = { province: '', city: '', citycode: '', district: '', adcode: '' }

/** A city whose traffic is not known. */
export const quietCity = (network: RoadNetwork, region: Region = NO_REGION): CityMap => ({
  network: () => network,
  trafficFactor: () => undefined,
  region,
})
