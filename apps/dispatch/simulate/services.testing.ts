/**
 * The application in one process, for the city to live on: the services over a store in memory, and the dispatcher, whose ticks come
 * when their time does. Everything reads the clock that it is given.
 */
import { createPlanner } from '../dispatcher/create-planner.ts'
import type { Box } from '../model/geometry.ts'
import type { Order } from '../model/order.ts'
import type { Shop } from '../model/shop.ts'
import type { Caller, OrdersContext } from '../orders/context.ts'
import { placeOrder } from '../orders/place-order.ts'
import { listOrders, trackOrder } from '../orders/reading.ts'
import { Refusal } from '../orders/refusal.ts'
import { photoUrl, rideStep } from '../orders/ride.ts'
import { offersTo, reportPosition, setDuty } from '../orders/riders.ts'
import { cancelOrder, kitchenStep, payOrder } from '../orders/steps.ts'
import { type Dispatcher, dispatcherOf } from '../running/dispatcher.ts'
import { straightWays, type Ways } from '../running/ways.ts'
import { type MemoryStoreHooks, memoryStore } from '../store/memory.ts'
import type { DispatchStore } from '../store/store.ts'
import type { Action, Answer } from './core/actions.ts'
import { createFigures } from './core/figures.ts'
import { usualHabits } from './core/habits.ts'
import { type Random, seeded } from './core/random.ts'
import { makeShops } from './core/shops.ts'
import { straightRoads } from './core/straight-roads.fixture.ts'
import { liveVirtually, type Served } from './core/virtually.ts'
import { createWorld } from './core/world.ts'
import { ordersOf, requestOf } from './driver/requests.ts'

export interface Services extends Served {
  store: DispatchStore
  /** The one at work is gone, as by SIGKILL: another begins, and waits for the end of the lease. */
  killDispatcher(): void
  /** What went wrong beside what callers were refused. */
  failures: unknown[]
  refused: Map<string, number>
  ticks: number
  offers: number
}

/** A planner asks for the same ways again and again. */
function remembered(ways: Ways): Ways {
  const known = new Map<number, { ms: number; metres: number }>()
  const way = (from: number, to: number) => {
    // Fits: a place of a city in metres' steps has less than 26 bits.
    const key = from * 2 ** 26 + to
    const found = known.get(key)
    if (found) return found
    const made = { ms: ways.ms(from, to), metres: ways.metres(from, to) }
    if (known.size >= mostRemembered) known.clear()
    known.set(key, made)
    return made
  }
  return { ...ways, ms: (from, to) => way(from, to).ms, metres: (from, to) => way(from, to).metres }
}
const mostRemembered = 200_000

const shard = 'city'
const metresOfDegree = 111_195

export function createServices(options: {
  box: Box
  shops: readonly Shop[]
  /** Since the epoch. */
  nowMs(): number
  /** Since midnight of the city's day. */
  cityNowMs(): number
  random: Random
  /** Less than the time after which the lease is lost, or each tick is another owner's. */
  tickMs: number
  hooks?: MemoryStoreHooks
}): Services {
  const { box, shops, nowMs, cityNowMs, random, tickMs } = options
  const store = memoryStore(options.hooks)
  const clock = { nowMs }
  const failures: unknown[] = []
  const refused = new Map<string, number>()
  const failed = (what: string, error: unknown) => failures.push([what, error])
  const ways = remembered(straightWays(box))
  const ground = {
    x: (place: number) => ways.positionOf(place).lng * metresOfDegree * Math.cos((box.south * Math.PI) / 180),
    y: (place: number) => ways.positionOf(place).lat * metresOfDegree,
  }
  let [ids, owners] = [0, 0]
  let dispatcher: Dispatcher = begin()
  let tickedAtMs = cityNowMs()

  function begin(): Dispatcher {
    const chance = random.fork(`planner ${++owners}`)
    return dispatcherOf({
      store,
      clock,
      shard,
      owner: `owner ${owners}`,
      ways,
      newPlanner: () => createPlanner(ways, { ground, random: chance.next }),
      failed,
    })
  }

  const context: OrdersContext = {
    store,
    clock,
    newId: () => `o-${++ids}`,
    shard,
    box,
    shops,
    uploadUrl: (key) => `http://photos.invalid/${key}`,
    async tellDispatcher(news) {
      await dispatcher.news(news)
    },
    failed,
  }

  function serve(action: Action): Promise<object> {
    const caller: Caller = { sub: action.who.id, role: action.who.role }
    const { body = {} } = requestOf(action, { pace: 1, nowMs, cityNowMs })
    switch (action.kind) {
      case 'place':
        return placeOrder(context, caller, { body, idempotencyKey: action.key })
      case 'pay':
        return payOrder(context, caller, { orderId: action.orderId })
      case 'cancel':
        return cancelOrder(context, caller, { orderId: action.orderId, body })
      case 'track':
        return trackOrder(context, caller, { orderId: action.orderId })
      case 'kitchen':
        return kitchenStep(context, caller, { orderId: action.orderId, body })
      case 'ride':
        return rideStep(context, caller, { orderId: action.orderId, body })
      case 'photo':
        return photoUrl(context, caller, { orderId: action.orderId, body })
      case 'duty':
        return setDuty(context, caller, { body })
      case 'position':
        return reportPosition(context, caller, { body })
      case 'offers':
        return offersTo(context, caller)
      case 'look':
        return listOrders(context, caller, { state: 'open' })
    }
  }

  const services: Services = {
    store,
    failures,
    refused,
    ticks: 0,
    offers: 0,
    killDispatcher() {
      // Its lease stays, and runs out.
      dispatcher = begin()
    },
    async perform(action): Promise<Answer> {
      try {
        return { kind: 'done', orders: ordersOf(await serve(action)) as Order[] }
      } catch (error) {
        // What is no refusal is a fault of the services, and ends the test.
        if (!(error instanceof Refusal)) throw error
        const name = `${action.kind} ${error.status} ${error.message}`
        refused.set(name, (refused.get(name) ?? 0) + 1)
        return { kind: 'refused', status: error.status, code: error.code }
      }
    },
    nextAtMs: () => tickedAtMs + tickMs,
    async run(atMs) {
      if (atMs < tickedAtMs + tickMs) return
      tickedAtMs = atMs
      services.ticks++
      services.offers += (await dispatcher.tick()).offers
    },
  }
  return services
}

const box = { west: 116.29, south: 39.97, east: 116.36, north: 40.03 }
const epochMs = 1_800_000_000_000

/** A stretch of the day on them, in the city's own time. */
export async function liveOnServices(
  seed: string,
  {
    fromMs,
    forMs,
    ordersPerHour,
    riders,
    killsEveryMs = Number.POSITIVE_INFINITY,
  }: { fromMs: number; forMs: number; ordersPerHour: number; riders: number; killsEveryMs?: number },
) {
  const random = seeded(seed)
  const roads = straightRoads(random.fork('roads'), 120)
  const shops = makeShops({ count: 6, random: random.fork('shops'), roads })
  const figures = createFigures()
  let nowMs = fromMs
  const services = createServices({
    box,
    shops,
    nowMs: () => Math.floor(epochMs + nowMs),
    cityNowMs: () => nowMs,
    random: random.fork('dispatcher'),
    tickMs: 6000,
  })
  const usual = usualHabits({ pace: 1 })
  const world = createWorld({
    roads,
    shops,
    random,
    // Fewer reports and looks than in life, so that a day is over in seconds; still within what the platform takes for alive.
    habits: {
      ...usual,
      merchant: { ...usual.merchant, looksEveryMs: 45_000 },
      rider: { ...usual.rider, reportsEveryMs: [35_000, 45_000], looksEveryMs: 12_000 },
    },
    demand: { ordersPerHour, peak: 3 },
    riders,
    customers: 200,
    run: 'run',
    fromMs,
    untilMs: fromMs + forMs,
    happened: figures.happened,
  })
  let killedAtMs = fromMs
  const outcome = await liveVirtually({
    world,
    served: {
      ...services,
      async run(atMs) {
        if (atMs >= killedAtMs + killsEveryMs) {
          killedAtMs = atMs
          services.killDispatcher()
        }
        await services.run(atMs)
      },
    },
    fromMs,
    untilMs: fromMs + forMs + 5_400_000,
    setNow: (atMs) => {
      nowMs = atMs
    },
  })
  world.close({ isLast: true })
  return { world, figures, services, outcome }
}
