/** What is asked of a map, whoever answers: our own engine, or AMap's web service. Positions are WGS-84. */
import type { Position } from '../../model/order.ts'

export interface Ride {
  ms: number
  metres: number
  points: Position[]
  steps: { roadName: string; metres: number; ms: number; instruction: string }[]
}

export interface MapProvider {
  readonly name: 'own' | 'amap'
  /** By electric bike; undefined where there is no way. Rejects when it cannot be answered. */
  ride(from: Position, to: Position, signal?: AbortSignal): Promise<Ride | undefined>
  /** From each origin; undefined in the place of one from which there is no way. */
  distances(
    origins: readonly Position[],
    destination: Position,
    signal?: AbortSignal,
  ): Promise<({ ms: number; metres: number } | undefined)[]>
  /** The name of the road that is nearest, and what is called an address; empty where nothing is known. */
  address(position: Position, signal?: AbortSignal): Promise<{ text: string; street: string }>
}
