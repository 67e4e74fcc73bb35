/** What cannot wait: riders that have to leave now, or else a meal would wait for them. Until then a plan may still become better. */
import type { Entry, Plan } from './plan.ts'
import type { Commitment, Stop } from './planner.ts'
import type { State } from './state.ts'

export function commitDue(state: State): Commitment[] {
  const commitments: Commitment[] = []
  for (const plan of state.plans.values()) {
    for (;;) {
      const commitment = commitFirst(state, plan)
      if (!commitment) break
      commitments.push(commitment)
    }
  }
  return commitments
}

function commitFirst(state: State, plan: Plan): Commitment | undefined {
  const trip = plan.trips[0]
  if (!trip) return undefined
  const leaveAtMs = state.schedule.leaveAtMs(plan)
  if (leaveAtMs > state.nowMs + state.options.leadMs) return undefined
  const stops: Stop[] = [
    ...trip.entries.map(stopOf('pickup', ({ order }) => order.pickup)),
    ...trip.entries.map(stopOf('dropoff', ({ order }) => order.dropoff)),
  ]
  const orderIds = trip.entries.map(({ order }) => order.orderId)
  const { rider } = plan
  state.setTrips(plan, plan.trips.slice(1))
  for (const entry of trip.entries) entry.plan = undefined
  state.putRider({ ...rider, committed: [...rider.committed, ...stops] })
  return { riderId: rider.riderId, orderIds, stops, leaveAtMs }
}

const stopOf =
  (kind: Stop['kind'], place: (entry: Entry) => number) =>
  (entry: Entry): Stop => ({ kind, orderId: entry.order.orderId, place: place(entry) })
