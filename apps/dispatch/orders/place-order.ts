/**
 * Orders come to be here, once for each key that a customer gives: the whole order is first kept under its key, then as a row of its
 * own. Whoever comes again with the key, at the same time or after a crash between the two, finishes what was begun.
 */
import { isInside, metresBetween } from '../model/geometry.ts'
import type { Order } from '../model/order.ts'
import type { Shop } from '../model/shop.ts'
import { stubbornly } from './change-order.ts'
import { fields, integer, list, position, text } from './check.ts'
import type { Caller, OrdersContext } from './context.ts'
import { forbidden, invalidArgument } from './refusal.ts'
import { tell } from './tell.ts'
import { type OrderView, viewOf } from './views.ts'

const maxLines = 50
const maxCount = 99
/** So many dishes fill one part of a rider's capacity. */
const dishesPerLoad = 6
const maxLoad = 4
/** Promised at the door after it was placed; later where cooking and way take longer, by as much again as is uncertain. */
const promiseMs = 40 * 60_000
const uncertainMs = 10 * 60_000
/** Until the dispatcher has a plan: an electric bike through streets that are no straight lines, hand-overs at both ends. */
const metresPerMs = 4.2 / 1000
const detour = 1.35
const handOversMs = 8 * 60_000

export async function placeOrder(
  context: OrdersContext,
  caller: Caller,
  { body, idempotencyKey }: { body: unknown; idempotencyKey: unknown },
): Promise<{ order: OrderView }> {
  if (caller.role !== 'customer') throw forbidden('only customers order')
  const key = text(idempotencyKey, 'the header Idempotency-Key', 128)
  const wanted = wantedBy(context, body)
  const { store, shard } = context
  const asked = JSON.stringify(wanted.asked)
  const { order, isNew } = await stubbornly(async () => {
    const fresh = await newOrder(context, caller, wanted)
    const name = `${shard}#${caller.sub}#${key}`
    const kept = JSON.parse(await store.claim(name, JSON.stringify({ asked, order: fresh })))
    if (kept.asked !== asked) throw invalidArgument('the Idempotency-Key was used for another order')
    const order = restored(kept.order)
    return { order, isNew: await store.createOrder(order) }
  })
  if (isNew) await tell(context, { orderId: order.orderId })
  const current = await stubbornly(() => store.getOrder(shard, order.orderId))
  return { order: viewOf(caller, current ?? order) }
}

/** JSON has no undefined. */
const restored = (order: Order): Order => ({
  ...order,
  riderId: undefined,
  offerExpiresAtMs: undefined,
  cancelReason: undefined,
})

interface Wanted {
  shop: Shop
  asked: { merchantId: string; lines: [string, number][]; dropoff: Order['dropoff']; dropoffAddress: string }
  lines: Order['lines']
}

function wantedBy({ shops, box }: OrdersContext, body: unknown): Wanted {
  const given = fields(body)
  const merchantId = text(given['merchantId'], 'merchantId', 64)
  const shop = shops.find((one) => one.merchantId === merchantId)
  if (shop === undefined) throw invalidArgument('there is no such merchant')
  const lines = list(given['lines'], 'lines', maxLines).map((line) => {
    const { name, count } = fields(line, 'a line')
    const dish = shop.menu.find((one) => one.name === name)
    if (dish === undefined) throw invalidArgument('a line has a dish that is not on the menu')
    return {
      name: dish.name,
      count: integer(count, 'count', { min: 1, max: maxCount }),
      priceCents: dish.priceCents,
    }
  })
  const dropoff = position(given['dropoff'], 'dropoff')
  if (!isInside(box, dropoff)) throw invalidArgument('dropoff is outside of the city')
  const dropoffAddress = text(given['dropoffAddress'], 'dropoffAddress', 200)
  const asked = {
    merchantId,
    lines: lines.map(({ name, count }): [string, number] => [name, count]),
    dropoff,
    dropoffAddress,
  }
  return { shop, asked, lines }
}

async function newOrder(
  { store, clock, newId, shard }: OrdersContext,
  { sub }: Caller,
  { shop, asked, lines }: Wanted,
): Promise<Order> {
  const nowMs = clock.nowMs()
  const readyAtMs = nowMs + shop.cookingMs
  const wayMs = (metresBetween(shop.position, asked.dropoff) * detour) / metresPerMs
  const expectedAtMs = Math.round(readyAtMs + wayMs + handOversMs)
  const dishes = lines.reduce((sum, { count }) => sum + count, 0)
  return {
    orderId: newId(),
    shard,
    customerId: sub,
    merchantId: shop.merchantId,
    state: 'CREATED',
    kitchen: 'WAITING',
    version: 1,
    fence: (await store.getLease(shard))?.token ?? 0,
    pickup: shop.position,
    dropoff: asked.dropoff,
    dropoffAddress: asked.dropoffAddress,
    lines,
    totalCents: lines.reduce((sum, { count, priceCents }) => sum + count * priceCents, 0),
    load: Math.min(maxLoad, Math.ceil(dishes / dishesPerLoad)),
    placedAtMs: nowMs,
    changedAtMs: nowMs,
    readyAtMs,
    promisedAtMs: Math.max(nowMs + promiseMs, expectedAtMs + uncertainMs),
    expectedAtMs,
    riderId: undefined,
    offerExpiresAtMs: undefined,
    refusedBy: [],
    times: { CREATED: nowMs },
    photos: [],
    cancelReason: undefined,
  }
}
