/** What customers, merchants and operations do to an order that is there. */
import { changeOrder } from './change-order.ts'
import { fields, integer, oneOf, text } from './check.ts'
import type { Caller, OrdersContext } from './context.ts'
import { forbidden } from './refusal.ts'
import { known, type OrderView, viewOf } from './views.ts'

interface OrderCall {
  orderId: string
  body?: unknown
}

/** A kitchen that needs longer than this says so by rejecting. */
const maxCookingMs = 3 * 3_600_000

const named = (orderId: unknown) => text(orderId, 'orderId', 64)

/** Money itself is not moved: the step stands for the word of whoever moves it. */
export async function payOrder(
  context: OrdersContext,
  caller: Caller,
  { orderId }: OrderCall,
): Promise<{ order: OrderView }> {
  if (caller.role !== 'customer') throw forbidden('only customers pay')
  const order = await changeOrder(context, named(orderId), known(caller), () => ({ kind: 'pay' }))
  return { order: viewOf(caller, order) }
}

export async function cancelOrder(
  context: OrdersContext,
  caller: Caller,
  { orderId, body }: OrderCall,
): Promise<{ order: OrderView }> {
  if (caller.role === 'rider') throw forbidden('riders refuse, they do not cancel')
  const reason = text(fields(body)['reason'], 'reason', 200)
  const order = await changeOrder(context, named(orderId), known(caller), () => ({ kind: 'cancel', reason }))
  return { order: viewOf(caller, order) }
}

export async function kitchenStep(
  context: OrdersContext,
  caller: Caller,
  { orderId, body }: OrderCall,
): Promise<{ order: OrderView }> {
  if (caller.role !== 'merchant') throw forbidden('only merchants cook')
  const given = fields(body)
  const step = oneOf(given['step'], 'step', ['accept', 'reject', 'cooking', 'ready'])
  const readyInMs =
    given['readyInMs'] === undefined
      ? undefined
      : integer(given['readyInMs'], 'readyInMs', { min: 0, max: maxCookingMs })
  const cookingMs = context.shops.find(({ merchantId }) => merchantId === caller.sub)?.cookingMs
  const nowMs = context.clock.nowMs()
  const order = await changeOrder(context, named(orderId), known(caller), (current) => {
    switch (step) {
      case 'accept':
        return {
          kind: 'kitchen-accept',
          readyAtMs: nowMs + (readyInMs ?? cookingMs ?? current.readyAtMs - current.placedAtMs),
        }
      case 'reject':
        return { kind: 'cancel', reason: 'rejected by the merchant' }
      case 'cooking':
        return {
          kind: 'kitchen-cooking',
          readyAtMs: readyInMs === undefined ? undefined : nowMs + readyInMs,
        }
      case 'ready':
        return { kind: 'kitchen-ready' }
    }
  })
  return { order: viewOf(caller, order) }
}
