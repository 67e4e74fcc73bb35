/** A small city for tests: one shard, two shops, a clock that tests move. */
import type { MemoryStoreHooks } from '../store/memory.ts'
import { memoryStore } from '../store/memory.ts'
import type { Caller, OrdersContext } from './context.ts'

export const customer: Caller = { sub: 'c1', role: 'customer' }
export const merchant: Caller = { sub: 'm1', role: 'merchant' }
export const rider: Caller = { sub: 'r1', role: 'rider' }
export const operations: Caller = { sub: 'ops', role: 'operations' }

export const inTown = { lng: 7.421, lat: 43.733 }

export interface TestClock {
  nowMs(): number
  advance(ms: number): void
}

export function testClock(startMs = 1_800_000_000_000): TestClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms
    },
  }
}

export interface TestCity extends OrdersContext {
  clock: TestClock
  failures: unknown[]
}

export function testCity(hooks: MemoryStoreHooks = {}, more: Partial<OrdersContext> = {}): TestCity {
  let ids = 0
  const failures: unknown[] = []
  return {
    store: memoryStore(hooks),
    newId: () => `id${++ids}`,
    shard: 'monaco',
    box: { west: 7.4, south: 43.7, east: 7.45, north: 43.76 },
    shops: [
      {
        merchantId: 'm1',
        name: 'Socca',
        position: { lng: 7.42, lat: 43.73 },
        menu: [{ name: 'Socca', priceCents: 700 }],
        cookingMs: 600_000,
      },
      {
        merchantId: 'm2',
        name: 'Pan Bagnat',
        position: { lng: 7.43, lat: 43.74 },
        menu: [{ name: 'Pan bagnat', priceCents: 900 }],
        cookingMs: 300_000,
      },
    ],
    failed: (_, error) => failures.push(error),
    ...more,
    clock: testClock(),
    failures,
  }
}

export const socca = (count = 1) => ({
  merchantId: 'm1',
  lines: [{ name: 'Socca', count }],
  dropoff: inTown,
  dropoffAddress: 'Rue Grimaldi 1',
})
