/**
 * The store in memory, for tests and for runs without a platform. Calls yield before and after they touch anything, so that
 * concurrent callers interleave as they do over a network; what happens in between is one step. Rows are copies.
 */
import { isOpen, type Order } from '../model/order.ts'
import {
  type DispatchStore,
  hourOf,
  type LeaseRow,
  type PositionRow,
  type RiderRow,
  StoreUnavailable,
  TooManyRows,
} from './store.ts'

export interface MemoryStoreHooks {
  /** Awaited before and after each operation. A test gives one that settles in an order of its own. */
  pause?: () => Promise<void>
  /** Asked for each operation: whether it fails before it is done, or is done and its answer lost. */
  fault?: (operation: keyof DispatchStore) => 'fails' | 'answer-lost' | undefined
  /** Is told of each version of an order, in the order in which they came to be. */
  wrote?: (order: Order) => void
}

export function memoryStore({ pause, fault, wrote }: MemoryStoreHooks = {}): DispatchStore {
  const orders = new Map<string, Order>()
  const riders = new Map<string, RiderRow>()
  const positions = new Map<string, PositionRow>()
  const claims = new Map<string, string>()
  const leases = new Map<string, LeaseRow>()
  const riding = new Map<string, PositionRow>()

  async function run<T>(operation: keyof DispatchStore, step: () => T): Promise<T> {
    await (pause?.() ?? Promise.resolve())
    const what = fault?.(operation)
    if (what === 'fails') throw new StoreUnavailable(`${operation} was not done`)
    const answer = structuredClone(step())
    await (pause?.() ?? Promise.resolve())
    if (what === 'answer-lost') throw new StoreUnavailable(`the answer of ${operation} was lost`)
    return answer
  }

  const of = <T extends { shard: string }>(rows: Map<string, T>, shard: string): T[] =>
    [...rows.entries()]
      .filter(([, row]) => row.shard === shard)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row)

  const keep = (order: Order) => {
    orders.set(key(order.shard, order.orderId), structuredClone(order))
    wrote?.(structuredClone(order))
  }

  const newestFirst = (found: Order[], limit: number) =>
    found.sort((a, b) => b.placedAtMs - a.placedAtMs || (a.orderId < b.orderId ? 1 : -1)).slice(0, limit)

  return {
    createOrder: (order) =>
      run('createOrder', () => {
        if (orders.has(key(order.shard, order.orderId))) return false
        keep(order)
        return true
      }),
    getOrder: (shard, orderId) => run('getOrder', () => orders.get(key(shard, orderId))),
    replaceOrder: (order, { state, version, token }) =>
      run('replaceOrder', () => {
        const known = orders.get(key(order.shard, order.orderId))
        if (known === undefined || known.state !== state || known.version !== version) return false
        if (token !== undefined && known.fence > token) return false
        keep(order)
        return true
      }),
    openOrders: (shard) => run('openOrders', () => of(orders, shard).filter(isOpen)),
    ordersOfRider: (shard, riderId) =>
      run('ordersOfRider', () =>
        of(orders, shard).filter((order) => order.riderId === riderId && isOpen(order)),
      ),
    ordersOfCustomer: (shard, customerId, limit) =>
      run('ordersOfCustomer', () =>
        newestFirst(
          of(orders, shard).filter((order) => order.customerId === customerId),
          limit,
        ),
      ),
    ordersOfMerchant: (shard, merchantId, limit) =>
      run('ordersOfMerchant', () =>
        newestFirst(
          of(orders, shard).filter((order) => order.merchantId === merchantId),
          limit,
        ),
      ),
    ordersChanged: (shard, { fromMs, toMs, limit, has }) =>
      run('ordersChanged', () => {
        const all = of(orders, shard)
          .filter(({ changedAtMs }) => changedAtMs >= fromMs && changedAtMs < toMs)
          .sort((a, b) => a.changedAtMs - b.changedAtMs || (a.orderId < b.orderId ? -1 : 1))
        const told = all.slice(0, limit)
        return {
          orders: told.filter(({ orderId, version }) => !has?.(orderId, version)),
          reachedMs: all.length > limit ? told.at(-1)!.changedAtMs : toMs,
        }
      }),
    getRider: (shard, riderId) => run('getRider', () => riders.get(key(shard, riderId))),
    putRider: (rider, expectedVersion) =>
      run('putRider', () => {
        const at = key(rider.shard, rider.riderId)
        if ((riders.get(at)?.version ?? 0) !== expectedVersion) return false
        riders.set(at, structuredClone(rider))
        return true
      }),
    riders: (shard) => run('riders', () => of(riders, shard)),
    putPosition: (position) =>
      run('putPosition', () => {
        const { shard, riderId, seq, atMs } = position
        riding.set(key(shard, riderId, atMs, seq), structuredClone(position))
        const at = key(shard, riderId)
        const known = positions.get(at)
        if (known !== undefined && known.seq >= position.seq) return false
        positions.set(at, structuredClone(position))
        return true
      }),
    resetPosition: (position) =>
      run('resetPosition', () => {
        positions.set(key(position.shard, position.riderId), structuredClone(position))
      }),
    getPosition: (shard, riderId) => run('getPosition', () => positions.get(key(shard, riderId))),
    positions: (shard) => run('positions', () => of(positions, shard)),
    claim: (name, value) =>
      run('claim', () => {
        if (!claims.has(name)) claims.set(name, value)
        return claims.get(name)!
      }),
    getLease: (shard) => run('getLease', () => leases.get(shard)),
    putLease: (lease, expected) =>
      run('putLease', () => {
        const known = leases.get(lease.shard)
        if (known?.owner !== expected?.owner || known?.token !== expected?.token) return false
        leases.set(lease.shard, structuredClone(lease))
        return true
      }),
    riding: (shard, { fromMs, toMs, limit }) =>
      run('riding', () => {
        const found = of(riding, shard)
          .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
          .sort(
            (a, b) =>
              hourOf(a.atMs) - hourOf(b.atMs) ||
              (a.riderId === b.riderId ? a.atMs - b.atMs || a.seq - b.seq : a.riderId < b.riderId ? -1 : 1),
          )
        if (found.length > limit) throw new TooManyRows(`more than ${limit} fixes of riders`)
        return found
      }),
  }
}

const key = (...parts: (string | number)[]) => JSON.stringify(parts)
