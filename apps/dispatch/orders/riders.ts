/** Riders go on and off duty, say where they are, and see what is offered to them. */
import { isInside, metresBetween } from '../model/geometry.ts'
import type { Rider, Vehicle } from '../model/rider.ts'
import { type PositionRow, type RiderRow, StoreUnavailable } from '../store/store.ts'
import { stubbornly } from './change-order.ts'
import { fields, integer, position, yesOrNo } from './check.ts'
import type { Caller, OrdersContext } from './context.ts'
import { forbidden, invalidArgument, stateConflict, tryAgain } from './refusal.ts'
import { tell } from './tell.ts'
import { type OrderView, viewOf } from './views.ts'

const defaultVehicle: Vehicle = { capacity: 4, rangeMetres: 60_000 }
const maxCapacity = 20
const maxRangeMetres = 300_000
const defaultShiftMs = 8 * 3_600_000
const maxShiftMs = 16 * 3_600_000

/** Twice as fast as any electric bike may be; an error of a satellite fix is allowed on top. */
const maxMetresPerMs = 25 / 1000
const fixErrorMetres = 150
/** Phones' clocks: reports from further ahead are refused, older ones are of no use. */
const aheadMs = 60_000
const oldestMs = 10 * 60_000

const maxAttempts = 8

export const riderOf = (
  row: RiderRow,
  { position, seq, atMs }: Pick<PositionRow, 'position' | 'seq' | 'atMs'>,
): Rider => ({
  ...row,
  position,
  positionSeq: seq,
  positionAtMs: atMs,
})

const riding = ({ sub, role }: Caller): string => {
  if (role !== 'rider') throw forbidden('only riders ride')
  return sub
}

/** Going on duty begins a session: reports of positions count from one again. The offers are those that wait for this rider. */
export async function setDuty(
  context: OrdersContext,
  caller: Caller,
  { body }: { body: unknown },
): Promise<{ rider: Rider; offers: OrderView[] }> {
  const riderId = riding(caller)
  const { store, clock, shard, box } = context
  const nowMs = clock.nowMs()
  const given = fields(body)
  const onDuty = yesOrNo(given['onDuty'], 'onDuty')
  const at = position(given['position'], 'position')
  if (!isInside(box, at)) throw invalidArgument('position is outside of the city')
  const onUntilMs = onDuty
    ? given['onUntilMs'] === undefined
      ? nowMs + defaultShiftMs
      : integer(given['onUntilMs'], 'onUntilMs', { min: nowMs, max: nowMs + maxShiftMs })
    : nowMs
  const vehicle = given['vehicle'] === undefined ? undefined : vehicleFrom(given['vehicle'])
  const place: PositionRow = { shard, riderId, position: at, seq: 0, atMs: nowMs, riddenMetres: 0 }
  // The position is first: a rider on duty has one, and one that nobody has yet needs none.
  await stubbornly(() => store.resetPosition(place))
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    try {
      const known = await store.getRider(shard, riderId)
      const rider: RiderRow = {
        riderId,
        shard,
        version: (known?.version ?? 0) + 1,
        onDuty,
        onUntilMs,
        vehicle: vehicle ?? known?.vehicle ?? defaultVehicle,
        carrying: known?.carrying ?? [],
      }
      // Some of them may be over; whoever changes the vehicle on the way waits for the next accepted order or brings the size along.
      const load = rider.carrying.reduce((sum, one) => sum + one.load, 0)
      if (load > rider.vehicle.capacity && known !== undefined && (await isLoaded(context, rider)))
        throw stateConflict('what is accepted does not fit into that vehicle')
      if (!(await store.putRider(rider, known?.version ?? 0))) continue
      await tell(context, { riderId })
      return { rider: riderOf(rider, place), offers: (await offersTo(context, caller)).offers }
    } catch (error) {
      // Putting the same again does no harm.
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
  throw tryAgain()
}

async function isLoaded({ store, shard }: OrdersContext, { riderId, vehicle, carrying }: RiderRow) {
  const open = new Set((await store.ordersOfRider(shard, riderId)).map(({ orderId }) => orderId))
  const load = carrying.reduce((sum, one) => sum + (open.has(one.orderId) ? one.load : 0), 0)
  return load > vehicle.capacity
}

function vehicleFrom(value: unknown): Vehicle {
  const { capacity, rangeMetres } = fields(value, 'vehicle')
  return {
    capacity: integer(capacity, 'vehicle.capacity', { min: 1, max: maxCapacity }),
    rangeMetres: integer(rangeMetres, 'vehicle.rangeMetres', { min: 0, max: maxRangeMetres }),
  }
}

/** `accepted` is false for a report that is older than what is known. Each accepted one is kept in the riding log. */
export async function reportPosition(
  { store, clock, shard, box }: OrdersContext,
  caller: Caller,
  { body }: { body: unknown },
): Promise<{ accepted: boolean }> {
  const riderId = riding(caller)
  const nowMs = clock.nowMs()
  const given = fields(body)
  const seq = integer(given['seq'], 'seq', { min: 1, max: Number.MAX_SAFE_INTEGER })
  const atMs = integer(given['atMs'], 'atMs', { min: nowMs - oldestMs, max: nowMs + aheadMs })
  const at = position(given, 'the position')
  if (!isInside(box, at)) throw invalidArgument('the position is outside of the city')
  return stubbornly(async () => {
    const known = await store.getPosition(shard, riderId)
    if (known === undefined) throw stateConflict('the rider was never on duty')
    // The same report again: its answer was lost.
    if (seq <= known.seq || atMs < known.atMs) return { accepted: seq === known.seq && atMs === known.atMs }
    const metres = metresBetween(known.position, at)
    if (metres - fixErrorMetres > (atMs - known.atMs) * maxMetresPerMs)
      throw invalidArgument('nobody rides as fast as that')
    const riddenMetres = known.riddenMetres + metres
    return { accepted: await store.putPosition({ shard, riderId, position: at, seq, atMs, riddenMetres }) }
  })
}

export async function offersTo(
  { store, shard, clock }: OrdersContext,
  caller: Caller,
): Promise<{ offers: OrderView[] }> {
  const riderId = riding(caller)
  const nowMs = clock.nowMs()
  const orders = await stubbornly(() => store.ordersOfRider(shard, riderId))
  return {
    offers: orders
      .filter(({ state, offerExpiresAtMs }) => state === 'OFFERED' && offerExpiresAtMs! > nowMs)
      .map((order) => viewOf(caller, order)),
  }
}
