/**
 * The dispatcher of one shard at work. `tick()` is called each second by whoever runs it, `news()` when something happened that should not
 * wait for the next tick. Several may run: the one with the lease decides, the others answer that they do not. All that is decided is
 * written on the condition of what it was decided upon; losing the process loses nothing but plans.
 */
import { effortOf, type Ladder, nextStep, topOfLadder } from '../dispatcher/ladder.ts'
import type { Commitment, Planner } from '../dispatcher/planner.ts'
import { carriedStates, type Order } from '../model/order.ts'
import { type DispatchStore, StoreUnavailable } from '../store/store.ts'
import { type City, cityOf } from './city.ts'
import { type CommitContext, commitStep, inParallel, readAgain } from './commit-step.ts'
import { stepsDue } from './deadlines.ts'
import { expectations } from './expectations.ts'
import { type Figures, figuresOf } from './figures.ts'
import { leaseOf } from './lease.ts'
import type { DispatcherStatus, News } from './status.ts'
import type { Ways } from './ways.ts'

export interface DispatcherOptions {
  store: DispatchStore
  clock: { nowMs(): number }
  shard: string
  /** Of this process and no other, ever. */
  owner: string
  ways: Ways
  /** A planner that knows nothing: one for each time that the lease is taken. */
  newPlanner: () => Planner
  /** Which engine the travel times come from, for people to see. */
  mapSource?: () => string
  /** Of the planner's thinking in a tick, as far as there is time for them. */
  ruins?: number
  /** Of what failed and will be tried again. */
  failed: (what: string, error: unknown) => void
}

export interface Dispatcher {
  /** One at a time: a call that comes while one is under way gets its outcome. */
  tick(): Promise<{ isOwner: boolean; offers: number }>
  /** The event path. Undefined: this one does not hold the lease, or there is no such order or rider. */
  news(news: News): Promise<{ expectedAtMs?: number } | undefined>
  status(): DispatcherStatus | undefined
  /** Lets the lease go. */
  stop(): Promise<void>
}

/** To accept an offer. */
const acceptMs = 30_000
const lostAfterMs = 60_000
/** Of what the planner may think in a tick. */
const thinkMs = 400
const defaultRuins = 200
const ladderOptions = { tickMs: thinkMs, backlog: 2000, calmTicks: 10 }
/** Changes that one tick reads; what is more is read by the next one, and is backlog. */
const maxChanges = 5000
/** Writers' clocks may be behind by this, and their writes under way. */
const overlapMs = 5000
const writesAtATime = 32
const positionsEachMs = 2000
const ridersEachMs = 5000
/** All open orders are looked at, for one whose news never came. */
const reconcileEachMs = 60_000
/** What is committed waits so long for room in the vehicle, then for another rider. */
const roomMs = 120_000
/** Expectations are looked at in turns, and written where they have moved by more than a minute. */
const expectedEachTick = 50
const movedMs = 60_000
const rememberMs = 10 * 60_000
/** What the figures of a new owner are made of; an hour with more than this begins with too few. */
const hourMs = 3_600_000
const maxPast = 50_000

interface Reign {
  token: number
  city: City
  planner: Planner
  figures: Figures
  commit: CommitContext
  ladder: Ladder
  tickMs: number
  decisions: number
  seenUntilMs: number
  positionsAtMs: number
  ridersAtMs: number
  reconciledAtMs: number
  /** Committed by the planner, and not yet offered. */
  toOffer: Map<string, { riderId: string; sinceMs: number }>
  pickupDueAtMs: Map<string, number>
  turn: number
}

const byOffer = (a: Order, b: Order): number => (a.times.OFFERED ?? 0) - (b.times.OFFERED ?? 0)

export function dispatcherOf(options: DispatcherOptions): Dispatcher {
  const { store, clock, shard, owner, ways, newPlanner, failed } = options
  const { ruins = defaultRuins, mapSource = () => 'own' } = options
  const lease = leaseOf({ store, clock, shard, owner })
  let reign: Reign | undefined
  let ticking: Promise<{ isOwner: boolean; offers: number }> | undefined

  const statusOf = ({ token, city, figures, ladder, tickMs, decisions }: Reign): DispatcherStatus => {
    let waiting = 0
    let underway = 0
    for (const { state } of city.orders.values())
      if (carriedStates.includes(state)) underway++
      else waiting++
    let onDuty = 0
    let busy = 0
    for (const riderId of city.riders.keys()) {
      if (!city.isAvailable(riderId)) continue
      onDuty++
      if (city.stopsOf(riderId).length > 0) busy++
    }
    return {
      waiting,
      underway,
      ...figures.now(clock.nowMs()),
      riders: { onDuty, busy },
      dispatcher: { owner, token, effort: effortOf(ladder), tickMs, decisions, map: mapSource() },
    }
  }

  /** Everything as it is in the store, under a fence that no earlier owner passes. */
  async function takeOver(token: number): Promise<Reign> {
    const nowMs = clock.nowMs()
    const planner = newPlanner()
    const figures = figuresOf()
    const city = cityOf({ planner, ways, clock, lostAfterMs, figures })
    const unsure = new Set<string>()
    const commit: CommitContext = {
      store,
      clock,
      shard,
      city,
      unsure,
      hold,
      overtaken: lease.lose,
    }
    const taken: Reign = {
      token,
      city,
      planner,
      figures,
      commit,
      ladder: topOfLadder,
      tickMs: 0,
      decisions: 0,
      seenUntilMs: nowMs - overlapMs,
      positionsAtMs: nowMs,
      ridersAtMs: nowMs,
      reconciledAtMs: nowMs,
      toOffer: new Map(),
      pickupDueAtMs: new Map(),
      turn: 0,
    }
    const [rows, positions, orders] = await Promise.all([
      store.riders(shard),
      store.positions(shard),
      store.openOrders(shard),
    ])
    for (const row of rows) city.seeRider(row)
    for (const at of positions) city.seePosition(at)
    // Stops come in the order in which they were offered, which is not kept anywhere else.
    for (const order of orders.toSorted(byOffer)) city.see(order)
    await inParallel(orders, writesAtATime, async ({ orderId }) => {
      // One that changed meanwhile is known as it is now, and is asked once more.
      const own = { kind: 'own', token } as const
      if (!(await commitStep(commit, orderId, own))) await commitStep(commit, orderId, own)
    })
    const past = { fromMs: nowMs - hourMs, toMs: nowMs, limit: maxPast }
    for (const order of (await store.ordersChanged(shard, past)).orders) city.see(order)
    return taken
  }

  async function follow(taken: Reign): Promise<boolean> {
    const { city, commit } = taken
    const nowMs = clock.nowMs()
    await inParallel([...commit.unsure], writesAtATime, (orderId) => readAgain(commit, orderId))
    // A writer's clock may be ahead, too.
    const range = { fromMs: taken.seenUntilMs, toMs: nowMs + overlapMs, limit: maxChanges }
    const has = (orderId: string, version: number) => city.versionOf(orderId) >= version
    const { orders, reachedMs } = await store.ordersChanged(shard, { ...range, has })
    for (const order of orders) city.see(order)
    const isBehind = reachedMs < range.toMs
    taken.seenUntilMs = Math.min(reachedMs, nowMs - overlapMs)
    if (nowMs - taken.ridersAtMs >= ridersEachMs) {
      for (const row of await store.riders(shard)) city.seeRider(row)
      taken.ridersAtMs = nowMs
    }
    if (nowMs - taken.positionsAtMs >= positionsEachMs) {
      for (const at of await store.positions(shard)) city.seePosition(at)
      taken.positionsAtMs = nowMs
    }
    if (nowMs - taken.reconciledAtMs >= reconcileEachMs) {
      await reconcile(taken)
      taken.reconciledAtMs = nowMs
    }
    city.judgeRiders()
    city.forget(nowMs - rememberMs)
    return isBehind
  }

  async function reconcile({ city, commit }: Reign): Promise<void> {
    const open = await store.openOrders(shard)
    const ids = new Set(open.map(({ orderId }) => orderId))
    for (const order of open) city.see(order)
    const gone = [...city.orders.keys()].filter((orderId) => !ids.has(orderId))
    await inParallel(gone, writesAtATime, (orderId) => readAgain(commit, orderId))
  }

  function plan(taken: Reign, isBehind: boolean): void {
    const { city, planner, toOffer } = taken
    const startedAtMs = clock.nowMs()
    const commitments = planner.tick(startedAtMs, {
      ruins,
      effort: effortOf(taken.ladder),
      isOver: () => clock.nowMs() - startedAtMs > thinkMs,
    })
    taken.tickMs = clock.nowMs() - startedAtMs
    const load = { tookMs: taken.tickMs, backlog: isBehind ? maxChanges : 0 }
    taken.ladder = nextStep(taken.ladder, load, ladderOptions)
    for (const { riderId, orderIds, stops } of commitments satisfies Commitment[]) {
      city.commit(riderId, stops)
      for (const orderId of orderIds) toOffer.set(orderId, { riderId, sinceMs: startedAtMs })
    }
  }

  /** One after the other for each rider, so that the vehicle's room is known. */
  async function offer(taken: Reign): Promise<number> {
    const { city, toOffer, commit, token } = taken
    let offers = 0
    const byRider = Map.groupBy(toOffer, ([, { riderId }]) => riderId)
    await inParallel(byRider, writesAtATime, async ([riderId, entries]) => {
      for (const [orderId, { sinceMs }] of entries) {
        const order = city.orders.get(orderId)
        const rider = city.riders.get(riderId)
        const isMeant = city.stopsOf(riderId).some((stop) => stop.orderId === orderId)
        if (order?.state !== 'MERCHANT_ACCEPTED' || rider === undefined || !isMeant) {
          toOffer.delete(orderId)
          continue
        }
        if (!city.isAvailable(riderId) || clock.nowMs() - sinceMs > roomMs) {
          toOffer.delete(orderId)
          city.uncommit(orderId)
          continue
        }
        if (city.loadOf(riderId) + order.load > rider.row.vehicle.capacity) continue
        toOffer.delete(orderId)
        const nowMs = clock.nowMs()
        const expected = expectations({ city, ways, nowMs }, riderId).get(orderId)
        const isOffered = await commitStep(commit, orderId, {
          kind: 'offer',
          riderId,
          offerExpiresAtMs: nowMs + acceptMs,
          expectedAtMs: expected?.doorAtMs ?? order.expectedAtMs,
          token,
        })
        if (isOffered) offers++
        else city.uncommit(orderId)
      }
    })
    taken.decisions += offers
    return offers
  }

  /** Of some riders and some waiting orders in turn: when each is expected, and when those that were accepted are picked up. */
  async function expect(taken: Reign): Promise<void> {
    const { city, commit, token, pickupDueAtMs } = taken
    const nowMs = clock.nowMs()
    const moved = new Map<string, number>()
    const all = [...city.orders.values()].filter(({ state }) => state !== 'CREATED' && state !== 'PAID')
    for (const orderId of pickupDueAtMs.keys())
      if (city.orders.get(orderId)?.state !== 'RIDER_ACCEPTED') pickupDueAtMs.delete(orderId)
    const count = Math.min(expectedEachTick, all.length)
    for (let n = 0; n < count; n++) {
      const order = all[(taken.turn + n) % all.length]!
      const { orderId, riderId, state } = order
      const expected =
        riderId === undefined ? undefined : expectations({ city, ways, nowMs }, riderId).get(orderId)
      if (state === 'RIDER_ACCEPTED' && expected?.pickupAtMs !== undefined && !pickupDueAtMs.has(orderId))
        pickupDueAtMs.set(orderId, expected.pickupAtMs)
      const atMs = riderId === undefined ? taken.planner.tentative(orderId)?.dropoffAtMs : expected?.doorAtMs
      if (atMs !== undefined && Math.abs(atMs - order.expectedAtMs) > movedMs)
        moved.set(orderId, Math.round(atMs))
    }
    taken.turn += count
    await inParallel(moved, writesAtATime, ([orderId, expectedAtMs]) =>
      commitStep(commit, orderId, { kind: 'expect', expectedAtMs, token }),
    )
  }

  const hold = () => lease.hold(() => JSON.stringify(reign === undefined ? {} : statusOf(reign)))

  async function run(): Promise<{ isOwner: boolean; offers: number }> {
    const token = await hold()
    if (token === undefined) {
      reign = undefined
      return { isOwner: false, offers: 0 }
    }
    try {
      if (reign?.token !== token) {
        reign = undefined
        reign = await takeOver(token)
      }
      const taken = reign
      const isBehind = await follow(taken)
      const { city, commit, pickupDueAtMs } = taken
      const due = stepsDue({ city, token, nowMs: clock.nowMs(), pickupDueAtMs })
      await inParallel(due, writesAtATime, ({ orderId, step }) => commitStep(commit, orderId, step))
      plan(taken, isBehind)
      const offers = await offer(taken)
      await expect(taken)
      if (!lease.isHeld()) reign = undefined
      return { isOwner: lease.isHeld(), offers }
    } catch (error) {
      failed('a tick, which the next one makes up for', error)
      // What is known may be half of a change: it is read anew.
      if (!(error instanceof StoreUnavailable)) reign = undefined
      return { isOwner: lease.isHeld(), offers: 0 }
    }
  }

  return {
    tick() {
      ticking ??= run().finally(() => {
        ticking = undefined
      })
      return ticking
    },
    async news(news) {
      const taken = reign
      if (taken === undefined || !lease.isHeld()) return undefined
      const { city, commit, token } = taken
      if ('riderId' in news) {
        const [row, at] = await Promise.all([
          store.getRider(shard, news.riderId),
          store.getPosition(shard, news.riderId),
        ])
        if (row === undefined || at === undefined) return undefined
        city.seeRider(row)
        city.seePosition(at)
        return {}
      }
      const order = await store.getOrder(shard, news.orderId)
      if (order === undefined) return undefined
      city.see(order)
      const expectedAtMs = city.tentative(order)
      if (expectedAtMs === undefined) return {}
      await commitStep(commit, order.orderId, { kind: 'expect', expectedAtMs, token })
      return { expectedAtMs }
    },
    status: () => (reign === undefined ? undefined : statusOf(reign)),
    async stop() {
      reign = undefined
      await lease.release()
    },
  }
}
