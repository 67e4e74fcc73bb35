/**
 * Whether a solution is one: the checks of the official evaluator, and, of the rules that it does not check, that half of the
 * time at a stop passes before the meal changes hands and half after, and that what is delivered was assigned to who delivers it.
 */
import { type Instance, type Point, travelMinutes } from './instance.ts'
import type { Assignment, Move, Solution } from './solution.ts'

/** Sentences, one for each rule that is broken somewhere; none: the solution is feasible. */
export function violations(instance: Instance, solution: Solution): string[] {
  const found: string[] = []
  const say = (sentence: string): void => void found.push(sentence)
  checkAssignments(instance, solution, say)
  const stays = new Map<string, Stay[]>()
  for (const courier of instance.couriers.keys()) {
    stays.set(courier, staysOf(instance, courier, solution.moves.get(courier) ?? [], say))
  }
  checkStops(instance, solution, stays, say)
  return found
}

type Say = (sentence: string) => void

function checkAssignments(instance: Instance, { assignments, deliveries }: Solution, say: Say): void {
  const assigned = new Map<string, Assignment>()
  for (const assignment of assignments) {
    const { orders, courier: id, assignedAt, pickupAt } = assignment
    const courier = instance.couriers.get(id)
    if (!courier) say(`${id} is no courier`)
    else if (pickupAt > courier.offAt) say(`${id} picks up after the end of the shift`)
    const restaurants = new Set<string>()
    for (const orderId of orders) {
      const order = instance.orders.get(orderId)
      if (!order) {
        say(`${orderId} is no order`)
        continue
      }
      restaurants.add(order.restaurant)
      if (assigned.has(orderId)) say(`${orderId} is in more than one assignment`)
      assigned.set(orderId, assignment)
      if (assignedAt < order.placedAt) say(`${orderId} is assigned before it is placed`)
      if (pickupAt < order.readyAt) say(`${orderId} is picked up before it is ready`)
    }
    if (restaurants.size !== 1) say(`${orders.join(' ')} are not of one restaurant`)
  }
  const delivered = new Map(deliveries.map((delivery) => [delivery.order, delivery]))
  if (delivered.size !== deliveries.length) say('an order is delivered twice')
  for (const { order, courier, pickupAt } of deliveries) {
    const assignment = assigned.get(order)
    if (assignment?.courier !== courier) say(`${order} is delivered by a courier that it is not assigned to`)
    else if (assignment.pickupAt !== pickupAt) say(`${order} is not picked up when its bundle is`)
  }
  for (const { orders } of assignments) {
    let last = Number.NEGATIVE_INFINITY
    for (const order of orders) {
      const at = delivered.get(order)?.dropoffAt
      if (at === undefined) say(`${order} is assigned and not delivered`)
      else if (at < last + instance.rules.dropoffService) say(`${order} is dropped off out of its turn`)
      last = at ?? last
    }
  }
}

interface Stay {
  place: string
  fromAt: number
  untilAt: number
}

/** Where a courier stays, and from when until when, between the moves. */
function staysOf(instance: Instance, id: string, moves: readonly Move[], say: Say): Stay[] {
  const stays: Stay[] = []
  let here: Stay = { place: id, fromAt: instance.couriers.get(id)!.onAt, untilAt: Number.POSITIVE_INFINITY }
  for (const { departAt, from, to } of moves) {
    if (from !== here.place) say(`${id} leaves from ${from} and is at ${here.place}`)
    if (departAt < here.fromAt) say(`${id} leaves before being there`)
    stays.push({ ...here, untilAt: departAt })
    const [start, end] = [placeOf(instance, from), placeOf(instance, to)]
    if (!start || !end) {
      say(`${id} goes from ${from} to ${to}, of which one is no place`)
      return stays
    }
    here = {
      place: to,
      fromAt: departAt + travelMinutes(instance.rules, start, end),
      untilAt: Number.POSITIVE_INFINITY,
    }
  }
  return [...stays, here]
}

const placeOf = ({ orders, restaurants, couriers }: Instance, id: string): Point | undefined =>
  orders.get(id) ?? restaurants.get(id) ?? couriers.get(id)

function checkStops(
  instance: Instance,
  solution: Solution,
  stays: ReadonlyMap<string, Stay[]>,
  say: Say,
): void {
  const { pickupService, dropoffService } = instance.rules
  const isThere = (courier: string, place: string, at: number, service: number): boolean =>
    (stays.get(courier) ?? []).some(
      (stay) => stay.place === place && stay.fromAt + service / 2 <= at && at + service / 2 <= stay.untilAt,
    )
  for (const { courier, orders, pickupAt } of solution.assignments) {
    const restaurant = instance.orders.get(orders[0] ?? '')?.restaurant ?? ''
    if (!isThere(courier, restaurant, pickupAt, pickupService)) {
      say(`${courier} is not at ${restaurant} while ${orders.join(' ')} are picked up`)
    }
  }
  for (const { courier, order, dropoffAt } of solution.deliveries) {
    if (!isThere(courier, order, dropoffAt, dropoffService)) say(`${courier} is not at the door of ${order}`)
  }
}
