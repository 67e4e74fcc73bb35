/**
 * Riders: come on duty, report where they are, take offers or not, ride, hand over; some dawdle, some go silent for a while.
 * What the platform says of an order is the truth: after an answer that was lost, or a refusal, they ask how it stands.
 */
import type { Order } from '../../model/order.ts'
import type { Answer, Deed, Person, RideStep } from './actions.ts'
import { isWorthRepeating } from './customers.ts'
import { hourMs } from './demand.ts'
import { type Next, nextOf, type Rider, whereIs } from './rider.ts'
import { makeShifts } from './shifts.ts'
import { drawPlace } from './shops.ts'
import { isEnded, type Stage } from './stage.ts'

/** An electric bike's box, and what a charged battery goes. */
const capacity = 4
const rangeMetres = 60_000
/** Whoever has ridden so far looks for a full battery as soon as nothing else is to be done, and finds one within minutes. */
const swapsAfterMetres = 40_000
const swapMs = 240_000
/** A rider does not think about more offers than this at a time; others run out. */
const mostConsidered = 20
/** In attempts' time: until an offer that was ignored is out of mind. */
const forgetsAfter = 12
/** Whoever signs on late in the shift, or after it, still does what they have. */
const overtimeMs = 900_000

export interface Riders {
  /** They live by their shifts from now on. */
  open(): void
  /** A rider has been told of an order. */
  heard(order: Order, riderId: string): void
  all: readonly Rider[]
}

export function createRiders(
  stage: Stage,
  count: number,
  readyAtMs: (orderId: string) => number | undefined,
): Riders {
  const habits = stage.habits.rider
  const draw = drawPlace(stage.roads)
  const riders = Array.from({ length: count }, (_, index): Rider => {
    const riderId = `r-${String(index + 1).padStart(5, '0')}`
    const random = stage.random.fork(`rider ${riderId}`)
    return {
      riderId,
      random,
      shifts: makeShifts(random),
      duty: 'off',
      onUntilMs: 0,
      capacity,
      riddenMetres: 0,
      slowness: random.logNormal(1.1, habits.speedSigma),
      place: draw(random),
      journey: undefined,
      held: new Map(),
      considered: new Map(),
      isBusy: false,
      spell: 0,
    }
  })
  const byId = new Map(riders.map((rider) => [rider.riderId, rider]))

  const act = (rider: Rider, deed: Deed, answered: (answer: Answer) => void): void => {
    const who: Person = { role: 'rider', id: rider.riderId }
    const { spell } = rider
    // Who has gone silent since does not hear the answer; coming back they ask anew.
    stage.act(who, deed, (answer) => rider.spell === spell && answered(answer))
  }
  const after = (rider: Rider, delayMs: number, task: () => void): void => {
    const { spell } = rider
    stage.after(delayMs, () => rider.spell === spell && task())
  }

  // Shifts and silences.

  const dutyAt = (rider: Rider): Deed & { kind: 'duty' } => ({
    kind: 'duty',
    onDuty: true,
    position: whereIs(rider, stage.roads, stage.nowMs()),
    onUntilMs: Math.max(rider.onUntilMs, stage.nowMs() + overtimeMs),
    vehicle: { capacity: rider.capacity, rangeMetres },
  })

  function comesOn(rider: Rider, untilMs: number): void {
    rider.spell++
    rider.isBusy = false
    rider.considered.clear()
    rider.onUntilMs = untilMs
    act(rider, dutyAt(rider), (answer) => {
      if (answer.kind !== 'done')
        return after(rider, stage.habits.triesAgainAfterMs, () => comesOn(rider, untilMs))
      rider.duty = 'on'
      // What was held before, in this run or in one that was killed, is still to be done; what is not told of is gone.
      act(rider, { kind: 'look' }, (orders) => {
        if (orders.kind === 'done') drops(rider, new Set(orders.orders.map(({ orderId }) => orderId)))
        goesOn(rider)
      })
      reports(rider)
      looks(rider)
    })
  }

  function goesOff(rider: Rider): void {
    rider.isBusy = true
    act(rider, { ...dutyAt(rider), onDuty: false }, (answer) => {
      if (isWorthRepeating(answer)) return after(rider, stage.habits.triesAgainAfterMs, () => goesOff(rider))
      rider.isBusy = false
      if (answer.kind === 'done') {
        rider.duty = 'off'
        rider.spell++
      } else
        act(rider, { kind: 'look' }, () => after(rider, stage.habits.triesAgainAfterMs, () => goesOn(rider)))
    })
  }

  /** Signing on anew tells the platform of the full battery. */
  function swaps(rider: Rider): void {
    rider.isBusy = true
    after(rider, swapMs, () => {
      act(rider, dutyAt(rider), (answer) => {
        rider.isBusy = false
        if (answer.kind === 'done') rider.riddenMetres = 0
        after(rider, answer.kind === 'done' ? 0 : stage.habits.triesAgainAfterMs, () => goesOn(rider))
      })
    })
  }

  function drops(rider: Rider, kept: ReadonlySet<string>): void {
    for (const order of rider.held.values()) if (!kept.has(order.orderId)) rider.held.delete(order.orderId)
  }

  function vanishes(rider: Rider): void {
    // They stop where they are, on the nearest corner.
    rider.place = stage.roads.nearest(whereIs(rider, stage.roads, stage.nowMs()))
    rider.journey = undefined
    rider.duty = 'vanished'
    rider.spell++
    stage.happened({ kind: 'vanished', riderId: rider.riderId, atMs: stage.nowMs() })
    after(rider, rider.random.between(...habits.vanishesForMs), () => {
      stage.happened({ kind: 'came-back', riderId: rider.riderId, atMs: stage.nowMs() })
      comesOn(rider, rider.onUntilMs)
    })
  }

  function reports(rider: Rider): void {
    const everyMs = rider.random.between(...habits.reportsEveryMs)
    after(rider, everyMs, () => {
      const now = stage.nowMs()
      if (rider.random.chance((habits.vanishesPerHour * everyMs) / hourMs)) {
        vanishes(rider)
        return
      }
      // A report without an answer is made up for by the next one. One that is refused leaped too far, after others were left
      // out: then the phone signs on anew, from where it is.
      act(rider, { kind: 'position', position: whereIs(rider, stage.roads, now) }, ({ kind }) => {
        if (kind === 'refused') act(rider, dutyAt(rider), () => {})
      })
      reports(rider)
    })
  }

  function looks(rider: Rider): void {
    after(rider, habits.looksEveryMs * rider.random.between(0.8, 1.2), () => {
      act(rider, { kind: 'offers' }, () => looks(rider))
    })
  }

  // Offers.

  function heard(order: Order, riderId: string): void {
    const rider = byId.get(riderId)
    if (!rider) return
    const held = rider.held.get(order.orderId)
    if (held && held.version >= order.version) return
    // Whose it is now, if anybody's, they are not told.
    if (order.riderId !== riderId || isEnded(order)) rider.held.delete(order.orderId)
    else if (rider.duty !== 'on') return
    else if (order.state === 'OFFERED') considers(rider, order)
    else {
      rider.held.set(order.orderId, order)
      goesOn(rider)
    }
  }

  function considers(rider: Rider, { orderId, version }: Order): void {
    if ((rider.considered.get(orderId) ?? -1) >= version || rider.considered.size >= mostConsidered) return
    rider.considered.set(orderId, version)
    stage.happened({ kind: 'offered', orderId, atMs: stage.nowMs() })
    const { random } = rider
    if (random.chance(habits.ignores)) {
      // Should it still stand by then, they think again.
      after(rider, forgetsAfter * stage.habits.triesAgainAfterMs, () => decided(rider, orderId))
      return
    }
    const step: RideStep = random.chance(habits.refuses) ? 'refuse' : 'accept'
    after(rider, random.logNormal(habits.reactsAfterMs, 0.5), () => answers(rider, orderId, step))
  }

  function answers(rider: Rider, orderId: string, step: RideStep): void {
    act(rider, { kind: 'ride', orderId, step }, (answer) => {
      if (isWorthRepeating(answer))
        return after(rider, stage.habits.triesAgainAfterMs, () => answers(rider, orderId, step))
      // Too late is an answer, too; what was accepted has been heard by now.
      decided(rider, orderId)
    })
  }

  function decided(rider: Rider, orderId: string): void {
    rider.considered.delete(orderId)
    goesOn(rider)
  }

  // Riding.

  function goesOn(rider: Rider): void {
    if (rider.isBusy || rider.duty !== 'on') return
    const isReady = (orderId: string) => readyAtMs(orderId) !== undefined
    const next = nextOf(rider, stage.roads, isReady)
    if (!next) {
      if (rider.considered.size > 0) return
      if (stage.nowMs() >= rider.onUntilMs) goesOff(rider)
      else if (rider.riddenMetres > swapsAfterMetres) swaps(rider)
      return
    }
    rider.isBusy = true
    if (next.place !== rider.place) rides(rider, next.place)
    else if (next.step === 'picked-up' && !isReady(next.order.orderId)) waits(rider)
    else handsOver(rider, next)
  }

  function handsOver(rider: Rider, next: Next): void {
    const handoverMs =
      next.step === 'picked-up'
        ? habits.handoverAtMerchantMs
        : next.step === 'delivered'
          ? habits.handoverAtCustomerMs
          : 0
    after(rider, handoverMs, () => {
      if (next.step === 'delivered') photographs(rider, next)
      else steps(rider, next.order.orderId, next.step)
    })
  }

  function rides(rider: Rider, place: number): void {
    const way = stage.roads.way(rider.place, place)
    const now = stage.nowMs()
    const delayMs = rider.random.chance(habits.dawdles)
      ? habits.dawdlesForMs * rider.random.between(0.5, 2)
      : 0
    // Where no street leads they push the bike: the corner that is nearest must be reached.
    const rideMs = way ? way.ms.at(-1)! * rider.slowness : 0
    const arrivesAtMs = now + delayMs + rideMs
    rider.riddenMetres += way?.metres.at(-1) ?? 0
    rider.journey = way && { way, leftAtMs: now + delayMs, arrivesAtMs }
    rider.place = place
    after(rider, arrivesAtMs - now, () => {
      rider.journey = undefined
      rider.isBusy = false
      goesOn(rider)
    })
  }

  /** For food: a look every so often, as what else is held may change meanwhile. */
  function waits(rider: Rider): void {
    after(rider, habits.handoverAtMerchantMs / 3, () => {
      rider.isBusy = false
      goesOn(rider)
    })
  }

  function photographs(rider: Rider, next: Next): void {
    const { orderId } = next.order
    const step: RideStep = rider.random.chance(habits.nobodyHome) ? 'returning' : 'delivered'
    // The photo is for the record: without one, the meal is handed over all the same.
    act(rider, { kind: 'photo', orderId }, () => steps(rider, orderId, step))
  }

  function steps(rider: Rider, orderId: string, step: RideStep): void {
    act(rider, { kind: 'ride', orderId, step }, (answer) => {
      if (answer.kind === 'done') {
        rider.isBusy = false
        goesOn(rider)
      } else after(rider, stage.habits.triesAgainAfterMs, () => asks(rider, orderId))
    })
  }

  function asks(rider: Rider, orderId: string): void {
    act(rider, { kind: 'track', orderId }, (answer) => {
      if (isWorthRepeating(answer))
        return after(rider, stage.habits.triesAgainAfterMs, () => asks(rider, orderId))
      const held = rider.held.get(orderId)
      // Not theirs any more: they may not even know of it.
      if (held && (answer.kind !== 'done' || answer.orders[0]?.riderId !== rider.riderId))
        rider.held.delete(orderId)
      rider.isBusy = false
      goesOn(rider)
    })
  }

  return {
    open() {
      for (const rider of riders) {
        for (const { fromMs, untilMs } of rider.shifts) {
          const leftMs = untilMs - stage.nowMs()
          if (leftMs <= 0) continue
          // Not all in the same moment, where a run begins amid their shifts.
          const inMs = Math.max(fromMs - stage.nowMs(), rider.random.between(0, habits.reportsEveryMs[1]))
          stage.after(inMs, () => comesOn(rider, untilMs))
          stage.after(leftMs, () => goesOn(rider))
        }
      }
    },
    heard,
    all: riders,
  }
}
