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
  /**
   * Orders that were accepted or are just being accepted, with their loads. An entry counts as long as its order is this
   * rider's and open: it is written before the order is, so that two orders accepted at once cannot both take the last place.
   */
  carrying: { orderId: string; load: number }[]
}

export interface Vehicle {
  /** Loads it carries at a time. */
  capacity: number
  /** Metres that the battery still goes. */
  rangeMetres: number
}
