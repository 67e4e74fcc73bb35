/** What riders do to an order: take it, and bring it where it belongs. */
import { isOpen, type Order } from '../model/order.ts'
import type { RideKind } from '../model/transition.ts'
import { StoreUnavailable } from '../store/store.ts'
import { changeOrder } from './change-order.ts'
import { fields, oneOf, text } from './check.ts'
import type { Caller, OrdersContext } from './context.ts'
import { forbidden, noSuchOrder, stateConflict, tryAgain } from './refusal.ts'
import { type OrderView, viewOf } from './views.ts'

const rideKinds: readonly RideKind[] = [
  'accept',
  'refuse',
  'at-merchant',
  'picked-up',
  'at-customer',
  'delivered',
  'returning',
  'returned',
]

export async function rideStep(
  context: OrdersContext,
  caller: Caller,
  { orderId, body }: { orderId: string; body: unknown },
): Promise<{ order: OrderView }> {
  if (caller.role !== 'rider') throw forbidden('only riders ride')
  const kind = oneOf(fields(body)['step'], 'step', rideKinds)
  const name = text(orderId, 'orderId', 64)
  if (kind === 'accept') await takePlace(context, caller.sub, name)
  const order = await changeOrder(context, name, knownTo(caller.sub), () => ({ kind, riderId: caller.sub }))
  return { order: viewOf(caller, order) }
}

/** One whose offer is over hears that (by the step), anybody else that there is no such order. */
const knownTo =
  (riderId: string) =>
  (order: Order | undefined): Order => {
    if (order !== undefined && (order.riderId === riderId || order.refusedBy.includes(riderId))) return order
    throw noSuchOrder()
  }

/** Of a rider whose accepts run into one another. */
const maxAttempts = 8

/**
 * Takes a part of the rider's vehicle for the order before it is accepted. The rider's row is written on the condition of its version, so
 * of two accepts at once the later one sees the place that the earlier one took. A place whose order never came counts no longer as
 * soon as the order is not with the rider, or over.
 */
async function takePlace(context: OrdersContext, riderId: string, orderId: string): Promise<void> {
  const { store, shard } = context
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    try {
      const order = knownTo(riderId)(await store.getOrder(shard, orderId))
      // What the step itself refuses, or what stands already.
      if (order.state !== 'OFFERED' || order.riderId !== riderId) return
      const rider = await store.getRider(shard, riderId)
      if (rider === undefined || !rider.onDuty) throw stateConflict('the rider is not on duty')
      if (rider.carrying.some((one) => one.orderId === orderId)) return
      const carrying = []
      for (const one of rider.carrying)
        if (isWith(await store.getOrder(shard, one.orderId), riderId)) carrying.push(one)
      const load = carrying.reduce((sum, one) => sum + one.load, order.load)
      if (load > rider.vehicle.capacity) throw stateConflict('the vehicle has no room for it')
      const next = {
        ...rider,
        version: rider.version + 1,
        carrying: [...carrying, { orderId, load: order.load }],
      }
      if (await store.putRider(next, rider.version)) return
    } catch (error) {
      // Whether the place was taken shows when the row is read again.
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
  throw tryAgain()
}

const isWith = (order: Order | undefined, riderId: string) =>
  order !== undefined && order.riderId === riderId && isOpen(order)

const photoTypes = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' } as const
const photoExpiresInMs = 10 * 60_000

/** The key is noted on the order before the URL is given out: there is no photo that nobody knows of. */
export async function photoUrl(
  context: OrdersContext,
  caller: Caller,
  { orderId, body }: { orderId: string; body: unknown },
): Promise<{ url: string; key: string }> {
  if (caller.role !== 'rider') throw forbidden('only riders take photos')
  const types = Object.keys(photoTypes) as (keyof typeof photoTypes)[]
  const contentType = oneOf(fields(body)['contentType'], 'contentType', types)
  if (context.uploadUrl === undefined) throw stateConflict('this city keeps no photos')
  const name = text(orderId, 'orderId', 64)
  const key = `photos/${context.shard}/${name}/${context.newId()}.${photoTypes[contentType]}`
  const riderId = caller.sub
  await changeOrder(
    context,
    name,
    (order) => {
      if (order === undefined || order.riderId !== riderId) throw noSuchOrder()
      return order
    },
    () => ({ kind: 'photo', riderId, key }),
  )
  return { url: await context.uploadUrl(key, { contentType, expiresInMs: photoExpiresInMs }), key }
}
