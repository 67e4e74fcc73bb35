/** A rider, as it is kept and as it is told. */
import type { Position } from './order.ts'

export interface Rider {
  riderId: string
  shard: string
  version: number
  onDuty: boolean
  /** End of the shift; nothing is offered that would end later. */
  onUntilMs: number
  position: Position
  /** Of the newest report; older ones are dropped. */
  positionSeq: number
  positionAtMs: number
  vehicle: Vehicle
}

export interface Vehicle {
  /** Loads it carries at a time. */
  capacity: number
  /** Metres that the battery still goes. */
  rangeMetres: number
}
