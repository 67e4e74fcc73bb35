/** How fast the planner of apps/dispatch decides, and its index of riders: in this process, with straight ways instead of roads. */
import { seeded } from '../../apps/dispatch/dispatcher/chance.ts'
import { createPlanner } from '../../apps/dispatch/dispatcher/create-planner.ts'
import { type Grid, gridOf } from '../../apps/dispatch/dispatcher/grid.ts'
import { efforts } from '../../apps/dispatch/dispatcher/ladder.ts'
import type { Commitment, Effort, Planner } from '../../apps/dispatch/dispatcher/planner.ts'
import type { Bench, Group, Row } from '../lib/row.ts'
import { percentile, show } from '../lib/statistics.ts'

const riders = 10_000
const cityMetres = 30_000
const restaurants = 3000
/** Roads are longer than straight lines, and a bike goes 5 m/s. */
const detour = 1.3
const msPerMetre = (detour * 1000) / 5
const minuteMs = 60_000
/** What that many riders can do for hours: each order takes some a quarter of an hour of one. */
const ordersPerSecond = 10
const tickEveryMs = 5000
const goalPerSecond = 700
const indexed = { riders: 100_000, cityMetres: 50_000, nearest: 10 }

export const dispatchSpeed: Group = {
  name: 'dispatch-speed',
  title: `Decisions of the planner, one core, ${riders.toLocaleString('en')} riders, ${ordersPerSecond} orders/s, straight ways × ${detour} (req/s: decisions per second of processor time)`,

  async run(bench) {
    const rows: Row[] = []
    for (const effort of efforts) {
      rows.push(cityRow(bench, effort))
      bench.progress(effort)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return [...rows, ...indexRows(bench)]
  },
}

/** Each order is put into a plan when it comes, as in the city; every five seconds there is a tick. */
function cityRow(bench: Bench, effort: Effort): Row {
  const ruins = 100
  const city = cityOf(effort)
  // Until most riders have something to do, as in the city.
  city.run(bench.quick ? 30_000 : 600_000, { effort: 'insertion', ruins: 0 })
  const { orders, eventMs, tickMs, unplanned } = city.run(bench.quick ? 10_000 : 60_000, { effort, ruins })
  const cpuMs = eventMs.reduce((sum, ms) => sum + ms, 0) + tickMs.reduce((sum, ms) => sum + ms, 0)
  const perSecond = (orders * 1000) / cpuMs
  return {
    what: `${effort}${effort.includes('ruin') ? ` (of ${ruins} each tick)` : ''}: ${orders} orders, worst tick ${show(Math.max(...tickMs), 'ms')}, ${unplanned} not planned at the end; time of an order at its coming`,
    median: show(percentile(eventMs, 0.5), 'ms'),
    p99: show(percentile(eventMs, 0.99), 'ms'),
    perSecond: show(perSecond),
    cpu: show((1000 * cpuMs) / orders),
    // Ruins are as many as there is time for: how many there are is the caller's choice.
    ...(effort.includes('ruin') ? {} : { goal: `≥ ${goalPerSecond}/s`, reached: perSecond >= goalPerSecond }),
  }
}

interface Run {
  orders: number
  /** Of each order when it comes, and of each tick. */
  eventMs: number[]
  tickMs: number[]
  unplanned: number
}

function cityOf(seedOf: string): { run(durationMs: number, budget: { effort: Effort; ruins: number }): Run } {
  const random = seeded(seedOf.length * 7919)
  const xs: number[] = []
  const ys: number[] = []
  const place = (): number => {
    // Denser towards the middle.
    const coordinate = (): number => ((random() + random() + random()) / 3) * cityMetres
    xs.push(coordinate())
    ys.push(coordinate())
    return xs.length - 1
  }
  const metres = (from: number, to: number): number =>
    detour * Math.sqrt((xs[from]! - xs[to]!) ** 2 + (ys[from]! - ys[to]!) ** 2)
  const travel = { metres, ms: (from: number, to: number) => (metres(from, to) / detour) * msPerMetre }
  const planner = createPlanner(travel, { ground: { x: (at) => xs[at]!, y: (at) => ys[at]! }, random })
  const kitchens = Array.from({ length: restaurants }, place)
  const where = new Map<string, { place: number; freeAtMs: number }>()
  for (let index = 0; index < riders; index++) {
    where.set(`r${index}`, { place: place(), freeAtMs: 0 })
    tell(`r${index}`)
  }
  let nowMs = 0
  let next = 0

  function tell(riderId: string): void {
    const { place, freeAtMs } = where.get(riderId)!
    planner.putRider({
      riderId,
      place,
      freeAtMs,
      onFromMs: 0,
      onUntilMs: 1e9,
      capacity: 5,
      rangeMetres: 60_000,
      committed: [],
    })
  }

  /** The rider is told of again where it will be free: what happens between is no decision. */
  function carryOut({ riderId, stops, orderIds, leaveAtMs }: Commitment): void {
    const rider = where.get(riderId)!
    let at = Math.max(leaveAtMs, rider.freeAtMs, nowMs)
    for (const stop of stops) {
      at +=
        travel.ms(rider.place, stop.place) +
        (stop.kind === 'pickup' && stop.place === rider.place ? 0 : 2 * minuteMs)
      rider.place = stop.place
    }
    rider.freeAtMs = at
    for (const orderId of orderIds) planner.removeOrder(orderId)
    tell(riderId)
  }

  return {
    run(durationMs, budget) {
      const run: Run = { orders: 0, eventMs: [], tickMs: [], unplanned: 0 }
      for (const endMs = nowMs + durationMs; nowMs < endMs; nowMs += 1000 / ordersPerSecond) {
        const orderId = `o${next++}`
        const order = orderOf(orderId, kitchens[Math.floor(random() * restaurants)]!, nowMs, random)
        // Most are delivered within some kilometres.
        xs.push(xs[order.pickup]! + (random() - 0.5) * 6000)
        ys.push(ys[order.pickup]! + (random() - 0.5) * 6000)
        const taken = timed(() => {
          planner.putOrder({ ...order, dropoff: xs.length - 1 })
          // Below them on the ladder orders wait for the tick.
          if (budget.effort !== 'matching' && budget.effort !== 'nearest') planner.insert(orderId, nowMs)
        })
        run.eventMs.push(taken)
        run.orders++
        if (Math.floor(nowMs / tickEveryMs) !== Math.floor((nowMs - 1000 / ordersPerSecond) / tickEveryMs)) {
          let commitments: Commitment[] = []
          run.tickMs.push(timed(() => { commitments = planner.tick(nowMs, budget) })) // biome-ignore format: one line
          for (const commitment of commitments) carryOut(commitment)
        }
      }
      run.unplanned = planner.unplanned().length
      return run
    },
  }
}

const orderOf = (
  orderId: string,
  pickup: number,
  nowMs: number,
  random: () => number,
): Parameters<Planner['putOrder']>[0] => ({
  orderId,
  pickup,
  dropoff: pickup,
  placedAtMs: nowMs,
  readyAtMs: nowMs + (5 + random() * 15) * minuteMs,
  targetAtMs: nowMs + 40 * minuteMs,
  load: 1,
  refusedBy: [],
})

/** Processor time of this process: what others do on the machine is not in it. */
function timed(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function indexRows(bench: Bench): Row[] {
  const random = seeded(11)
  const grid = gridOf(250)
  // Half of them in ten quarters.
  const quarters = Array.from(
    { length: 10 },
    () => [random() * indexed.cityMetres, random() * indexed.cityMetres] as const,
  )
  const somewhere = (): readonly [number, number] => {
    if (random() < 0.5) return [random() * indexed.cityMetres, random() * indexed.cityMetres]
    const [x, y] = quarters[Math.floor(random() * quarters.length)]!
    return [x + (random() + random() - 1) * 4000, y + (random() + random() - 1) * 4000]
  }
  const places = Array.from({ length: indexed.riders }, somewhere)
  for (const [slot, [x, y]] of places.entries()) grid.put(slot, x, y)
  const rounds = bench.quick ? 1 : 5
  const steps = indexed.riders * 5
  const moves = Float64Array.from({ length: 4096 }, () => (random() - 0.5) * 60)
  const updates = best(rounds, steps, () => moved(grid, places, moves, steps))
  const asked = 50_000
  const nearest = best(rounds, asked, () => {
    for (let question = 0; question < asked; question++) {
      const [x, y] = places[(question * 7919) % places.length]!
      grid.nearest(x, y, indexed.nearest)
    }
  })
  const named = indexed.riders.toLocaleString('en')
  return [
    {
      what: `index of ${named} riders: positions`,
      perSecond: show(updates),
      goal: '≥ 1,000,000/s',
      reached: updates >= 1e6,
    },
    { what: `index of ${named} riders: exact nearest ${indexed.nearest}`, perSecond: show(nearest), goal: '≥ 50,000/s', reached: nearest >= 50_000 }, // biome-ignore format: one line
  ]
}

function moved(grid: Grid, places: (readonly [number, number])[], moves: Float64Array, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const slot = step % places.length
    const [x, y] = places[slot]!
    grid.put(slot, x + moves[step & 4095]!, y + moves[(step * 7) & 4095]!)
  }
}

/** Operations per second of processor time, of the best round: the first ones are not compiled yet. */
function best(rounds: number, operations: number, work: () => void): number {
  const all = Array.from({ length: rounds + 1 }, () => timed(work))
  return (operations * 1000) / Math.min(...all)
}
