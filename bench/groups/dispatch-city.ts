/**
 * The dispatch application on the whole platform, through its gateway: how soon an order is assigned and on the rider's screen, what
 * positions cost, and a minute of ten times the orders. `HANSHU_BENCH_RIDERS` and `HANSHU_BENCH_ORDERS` (a second) say how large.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '../../apps/dispatch/build.ts'
import type { Order } from '../../apps/dispatch/model/order.ts'
import { appKeyOf } from '../../apps/dispatch/set-up.ts'
import { readRoads } from '../../apps/dispatch/simulate/city-files.ts'
import type { Person } from '../../apps/dispatch/simulate/core/actions.ts'
import { hourMs } from '../../apps/dispatch/simulate/core/demand.ts'
import { createHistogram, type Histogram } from '../../apps/dispatch/simulate/core/figures.ts'
import { usualHabits } from '../../apps/dispatch/simulate/core/habits.ts'
import { type Simulation, startSimulation } from '../../apps/dispatch/simulate/simulation.ts'
import { callLines } from '../../apps/dispatch/simulate/summary.ts'
import { type City, startCity } from '../../apps/dispatch/test/city.fixture.ts'
import { showMs } from '../lib/rate.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { show } from '../lib/statistics.ts'

/** The machine that the full run is for does not hold the 10,000 riders and 50 orders/s beside the client; larger ones are told. */
const sizes = {
  quick: { riders: 40, perSecond: 0.5, forMs: 40_000 },
  full: { riders: 200, perSecond: 2, forMs: 120_000 },
}
/** Of the platform's minutes of a full run the last is the peak; of a quick one the last ten seconds. */
const peakMs = { quick: 10_000, full: 60_000 }
const peakTimes = 10
/** For offers that are under way when the last order was placed. */
const endsAfterMs = 30_000
/** Riders come on duty, and instances start, before anything is measured. */
const settleMs = 30_000
const fromMs = 12 * hourMs
/** The one that the fixture deploys. */
const cityFile = join(root, 'cities/wudaokou.json')

export const dispatchCity: Group = {
  name: 'dispatch-city',
  title: 'The dispatch application through the whole platform',

  async run(bench) {
    const city = await startCity()
    bench.own(() => city.remove())
    const size = sizeOf(bench)
    const steady = await live(bench, city, { ...size, run: 'steady', times: 1 })
    const peak = await live(bench, city, { ...size, run: 'peak', forMs: size.peakMs, times: peakTimes })
    return [
      ...rows(size, 'steady', steady),
      ...rows(size, `${peakTimes} times the orders for ${size.peakMs / 1000} s`, peak),
    ]
  },
}

interface Size {
  riders: number
  perSecond: number
  forMs: number
  peakMs: number
}

function sizeOf({ quick }: Bench): Size {
  const size = quick ? sizes.quick : sizes.full
  const given = (name: string, usual: number) => Number(process.env[name] ?? usual)
  return {
    ...size,
    riders: given('HANSHU_BENCH_RIDERS', size.riders),
    perSecond: given('HANSHU_BENCH_ORDERS', size.perSecond),
    peakMs: quick ? peakMs.quick : peakMs.full,
  }
}

interface Lived {
  simulation: Simulation
  /** From MERCHANT_ACCEPTED, when it may be assigned, to OFFERED, by the platform's clock. */
  assignedMs: Histogram
  /** From there to the event on the rider's screen. */
  shownMs: Histogram
  /** In the order in which they were seen, without repetitions. */
  efforts: string[]
  /** How often the shard changed hands while it was watched; each time plans begin anew. */
  takeovers: number
  lastedMs: number
}

async function live(
  bench: Bench,
  city: City,
  run: Omit<Size, 'peakMs'> & { run: string; times: number },
): Promise<Lived> {
  const assignedMs = createHistogram()
  const shownMs = createHistogram()
  const seen = new Set<string>()
  const shown = (order: Order, { role }: Person) => {
    const { MERCHANT_ACCEPTED: acceptedAtMs, OFFERED: offeredAtMs } = order.times
    // The first offer of an order: later ones are of riders who refused.
    if (role !== 'rider' || order.state !== 'OFFERED' || seen.has(order.orderId)) return
    seen.add(order.orderId)
    if (acceptedAtMs === undefined || offeredAtMs === undefined) return
    assignedMs.add(offeredAtMs - acceptedAtMs)
    shownMs.add(Date.now() - acceptedAtMs)
  }
  const usual = usualHabits({ pace: 1 })
  const startedMs = performance.now()
  const roadsFile = join(city.workDir, 'code/city.roads')
  const simulation = await startSimulation(
    {
      pace: 1,
      riders: run.riders,
      // A flat day: its mean is what comes.
      ordersPerHour: run.perSecond * 3600,
      peak: 1,
      seed: run.run,
      fromMs,
      untilMs: fromMs + settleMs + run.forMs,
      surges: [
        { fromMs, untilMs: fromMs + settleMs, times: 0 },
        { fromMs: fromMs + settleMs, untilMs: Number.POSITIVE_INFINITY, times: run.times },
      ],
      concurrency: 256,
      screens: 20_000,
      roadsFile,
      cityFile,
    },
    {
      url: city.addressByPath,
      app: await appKeyOf(city.platform, 'dispatch_staff'),
      roads: await readRoads({ roadsFile, cityFile }),
      run: run.run,
      nowMs: Date.now,
      monotonicMs: () => performance.now(),
      pause,
      shown,
      // Food that is ready at once has to leave at once: what is measured is the system, not the waiting that is meant.
      habits: {
        ...usual,
        customer: { ...usual.customer, paysAfterMs: 1, cancels: 0 },
        merchant: { ...usual.merchant, reactsAfterMs: 1, rejects: 0, cookingShare: 0.002 },
        rider: { ...usual.rider, refuses: 0, ignores: 0, vanishesPerHour: 0 },
      },
      endsAfterMs,
    },
  )
  const efforts: string[] = []
  const tokens = new Set<number>()
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      // Where the overview does not answer there is no step to see.
      const overview = await simulation.gateway
        .get({ role: 'operations', id: 'bench' }, '/overview')
        .catch(() => undefined)
      const { dispatcher } = (overview ?? {}) as { dispatcher?: { effort?: string; token?: number } }
      if (dispatcher?.token !== undefined) tokens.add(dispatcher.token)
      if (dispatcher?.effort && dispatcher.effort !== efforts.at(-1)) efforts.push(dispatcher.effort)
      await pause(1000)
    }
  })()
  bench.progress(`${run.run}: ${run.riders} riders, ${run.perSecond} orders/s`)
  await simulation.run(() => false)
  isOver = true
  await watching
  // What the rows are made of, where they look strange.
  for (const line of callLines(simulation)) bench.progress(line)
  return {
    simulation,
    assignedMs,
    shownMs,
    efforts,
    takeovers: Math.max(0, tokens.size - 1),
    lastedMs: performance.now() - startedMs,
  }
}

function rows({ riders, perSecond }: Size, how: string, lived: Lived): Row[] {
  const { simulation, assignedMs, shownMs, efforts, takeovers, lastedMs } = lived
  const { figures, gateway, world, time, errors } = simulation
  const counts = world.audit.counts()
  const positions = gateway.figures.get('position')
  const where = `${how}, ${riders} riders, ${perSecond} orders/s`
  const timed = (what: string, { count, quantile }: Histogram): Row => ({
    what: `${where}: ${what} (${count})`,
    ...(count === 0 ? {} : { median: showMs(quantile(0.5)), p99: showMs(quantile(0.99)) }),
  })
  const bad = counts.doubled + counts.lost + counts.contradiction + errors.length
  return [
    timed('may be assigned → assigned', assignedMs),
    timed("may be assigned → rider's screen", shownMs),
    {
      ...timed('reports of position', positions?.ms ?? createHistogram()),
      perSecond: show(((positions?.ms.count ?? 0) * 1000) / lastedMs),
    },
    {
      what: `${where}: ${figures.placed} orders, ${figures.offered} offers seen; effort ${efforts.join(' → ') || 'not told'}; ${takeovers} changes of the dispatcher; held back ${(time.heldMs / 1000).toFixed(1)} s; doubled, lost or contradicted`,
      median: String(bad),
      goal: '0',
      reached: bad === 0,
    },
  ]
}
