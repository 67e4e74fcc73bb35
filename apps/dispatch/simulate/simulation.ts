/** A run: the city, its way to the platform, and the figures of both, put together. */
import type { Order } from '../model/order.ts'
import type { Person } from './core/actions.ts'
import { createFigures, type Figures } from './core/figures.ts'
import { type Habits, usualHabits } from './core/habits.ts'
import { seeded } from './core/random.ts'
import type { Roads } from './core/roads.ts'
import { createWorld, type World } from './core/world.ts'
import type { AppKey } from './driver/app-signature.ts'
import { type Conductor, createConductor } from './driver/conductor.ts'
import { createGateway, type Gateway } from './driver/gateway.ts'
import { createHttpClient } from './driver/http-client.ts'
import { type CityTime, createCityTime, live } from './driver/live.ts'
import { createScreens, type Screens } from './driver/push.ts'
import type { SimulationOptions } from './options.ts'

/** What the outside is to a run. */
export interface Surroundings {
  url: string
  app: AppKey
  roads: Roads
  /** Names this run among those of the same platform. */
  run: string
  nowMs(): number
  monotonicMs(): number
  pause(ms: number): Promise<void>
  /** A push has come to somebody's screen. */
  shown?(order: Order, who: Person): void
  /** Instead of the usual ones. */
  habits?: Habits
  /** Ends so long after the last order was placed, in the platform's time, whatever has not ended. */
  endsAfterMs?: number
}

export interface Simulation {
  figures: Figures
  world: World
  gateway: Gateway
  conductor: Conductor
  screens: Screens
  time: CityTime
  /** Errors of the simulator itself; with any, nothing that it says can be believed. */
  errors: unknown[]
  /** Until the last order has ended, or has had the time to. */
  run(isStopped: () => boolean): Promise<void>
}

const timeoutMs = 15_000
/** Calls in line at which the city stands still: some seconds of what a platform does that is only just behind. */
const fullAt = 2000
const customers = 5000
/** How long orders may take after the last was placed: an hour and a half of the city, and no less than five minutes of the platform. */
const drainCityMs = 90 * 60_000
const leastDrainMs = 5 * 60_000

export async function startSimulation(
  options: SimulationOptions,
  surroundings: Surroundings,
): Promise<Simulation> {
  const { pace, fromMs, untilMs } = options
  const { url, nowMs, monotonicMs, pause } = surroundings
  const random = seeded(options.seed)
  const http = createHttpClient({ connections: options.concurrency, timeoutMs })
  const time = createCityTime({ fromMs, pace, monotonicMs })
  // Retries are no part of the city: their chance does not take from its own.
  const retries = random.fork('retries')
  const gateway = createGateway({
    url,
    app: surroundings.app,
    http,
    times: { pace, nowMs, cityNowMs: time.nowMs },
    pause,
    monotonicMs,
    chance: retries.next,
  })
  const shops = await gateway.shops().catch((error) => {
    http.close()
    throw error
  })
  if (shops.length === 0) throw new Error('the platform has no shops')
  const errors: unknown[] = []
  const figures = createFigures()
  const world = createWorld({
    roads: surroundings.roads,
    shops,
    random,
    habits: surroundings.habits ?? usualHabits({ pace }),
    demand: { ordersPerHour: options.ordersPerHour, peak: options.peak, surges: options.surges },
    riders: options.riders,
    customers,
    run: surroundings.run,
    fromMs,
    untilMs,
    happened: figures.happened,
  })
  const conductor = createConductor({
    perform: gateway.perform,
    concurrency: options.concurrency,
    fullAt,
    failed: (error) => errors.push(error),
  })
  const screens = createScreens({
    url,
    http,
    token: gateway.token,
    pause,
    heard(order, who) {
      surroundings.shown?.(order, who)
      world.heard(order, who)
    },
  })
  const people: Person[] = [
    ...shops.map(({ merchantId }): Person => ({ role: 'merchant', id: merchantId })),
    ...world.riders.map(({ riderId }): Person => ({ role: 'rider', id: riderId })),
  ]
  return {
    figures,
    world,
    gateway,
    conductor,
    screens,
    time,
    errors,
    async run(isStopped) {
      for (const who of people.slice(0, options.screens)) screens.show(who)
      try {
        const { endsAfterMs } = surroundings
        const drainMs = endsAfterMs ?? Math.max(leastDrainMs, drainCityMs / pace)
        const isLast = endsAfterMs === undefined
        await live({ world, conductor, time, pause, monotonicMs, drainMs, isLast, isStopped })
      } finally {
        await screens.close()
        http.close()
      }
    },
  }
}
