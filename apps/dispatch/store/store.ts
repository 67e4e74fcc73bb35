/**
 * What the services and the dispatcher need to keep. The row of an order is the only truth of who has it: each of its changes is
 * one conditional write. Drivers: `memory.ts` and `table-store.ts`; `contract.ts` holds for both.
 *
 * A write answers whether it happened; `false` says that its condition did not hold and nothing was changed. Where the outcome
 * is not known, or the store was busy beyond the driver's bound of retries, it throws `StoreUnavailable`: then the write may have
 * happened, and whoever wants to know reads.
 */
import type { Order, OrderState, Position } from '../model/order.ts'
import type { Rider } from '../model/rider.ts'

/** What is known of a rider but for the position, which changes far more often. */
export type RiderRow = Omit<Rider, 'position' | 'positionSeq' | 'positionAtMs'>

/** One fix of a rider: as the newest in a row of its own, and in the riding log. */
export interface PositionRow {
  shard: string
  riderId: string
  position: Position
  seq: number
  atMs: number
  /** Since the rider came on duty, from fix to fix. */
  riddenMetres: number
}

export interface LeaseRow {
  shard: string
  owner: string
  /** Grows with every change of the owner. */
  token: number
  expiresAtMs: number
  /** What the owner says of itself: JSON. */
  status: string
}

/** The row as it was read, which a change of an order is conditional on. */
export interface OrderExpectation {
  state: OrderState
  version: number
  /** Of a dispatcher: refused where the fence of the row is higher. */
  token?: number
}

export interface DispatchStore {
  /** False: there is an order of that id. */
  createOrder(order: Order): Promise<boolean>
  getOrder(shard: string, orderId: string): Promise<Order | undefined>
  replaceOrder(order: Order, expected: OrderExpectation): Promise<boolean>
  /** By id. */
  openOrders(shard: string): Promise<Order[]>
  /** Open orders that are with the rider, or offered to them. */
  ordersOfRider(shard: string, riderId: string): Promise<Order[]>
  /** The newest first. */
  ordersOfCustomer(shard: string, customerId: string, limit: number): Promise<Order[]>
  ordersOfMerchant(shard: string, merchantId: string, limit: number): Promise<Order[]>
  /**
   * Orders whose newest change was at `fromMs` or later and before `toMs`, the oldest change first. Of more than `limit` the first are
   * told, and `reachedMs`, from which on to ask again; else that is `toMs`. The times are those of the writers' clocks: one who wants all
   * reads again from some seconds before the last time on.
   */
  ordersChanged(
    shard: string,
    range: {
      fromMs: number
      toMs: number
      limit: number
      /** Versions that the caller has need not be read; they count all the same. */
      has?: (orderId: string, version: number) => boolean
    },
  ): Promise<{ orders: Order[]; reachedMs: number }>

  getRider(shard: string, riderId: string): Promise<RiderRow | undefined>
  /** `expectedVersion` 0: there is none yet. */
  putRider(rider: RiderRow, expectedVersion: number): Promise<boolean>
  /** All that were ever on duty, by id. */
  riders(shard: string): Promise<RiderRow[]>

  /** False: a report that is not older was known. The riding log has the fix either way; one that it has already is the same. */
  putPosition(position: PositionRow): Promise<boolean>
  /** Whatever was known: the rider begins a session, and counts from zero again. */
  resetPosition(position: PositionRow): Promise<void>
  getPosition(shard: string, riderId: string): Promise<PositionRow | undefined>
  positions(shard: string): Promise<PositionRow[]>

  /** Keeps the value unless there is one; answers the value that is kept. */
  claim(key: string, value: string): Promise<string>

  getLease(shard: string): Promise<LeaseRow | undefined>
  /** `expected` undefined: there is none yet. False: it is not as expected. */
  putLease(lease: LeaseRow, expected: { owner: string; token: number } | undefined): Promise<boolean>

  /** The riding log: by hour, then by rider and time. More than `limit` are refused with `TooManyRows`. */
  riding(shard: string, range: { fromMs: number; toMs: number; limit: number }): Promise<PositionRow[]>
}

/** The store did not answer as it should, within the driver's bound of retries. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable'
}

/** More rows than a report reads. */
export class TooManyRows extends Error {
  override name = 'TooManyRows'
}

export const hourOf = (atMs: number): number => Math.floor(atMs / 3_600_000)
