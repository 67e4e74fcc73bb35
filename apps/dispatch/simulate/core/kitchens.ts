/** Merchants: accept what was paid, cook, say when it is ready; sometimes reject, often need longer than they said. */
import type { Order } from '../../model/order.ts'
import type { Shop } from '../../model/shop.ts'
import type { KitchenStep, Person } from './actions.ts'
import { isWorthRepeating } from './customers.ts'
import type { Random } from './random.ts'
import { isEnded, type Stage } from './stage.ts'

export interface Kitchens {
  /** The merchants begin to look for orders. */
  open(): void
  heard(order: Order): void
  /** When the food can be taken; undefined where no kitchen here knows of the order. */
  readyAtMs(orderId: string): number | undefined
  /** No longer of interest. */
  forget(orderId: string): void
}

/** An order in a kitchen; `next` is the step that the kitchen comes to. */
interface Dish {
  order: Order
  who: Person
  random: Random
  next: KitchenStep | 'none'
  meantMs: number
  readyAtMs: number | undefined
}

export function createKitchens(stage: Stage, shops: readonly Shop[]): Kitchens {
  const { merchant } = stage.habits
  const cookingMs = new Map(shops.map((shop) => [shop.merchantId, shop.cookingMs]))
  const dishes = new Map<string, Dish>()

  function looks(who: Person, random: Random): void {
    stage.after(merchant.looksEveryMs * random.between(0.8, 1.2), () =>
      // What is found is heard like everything else.
      stage.act(who, { kind: 'look' }, () => looks(who, random)),
    )
  }

  function heard(order: Order): void {
    const usualMs = cookingMs.get(order.merchantId)
    if (usualMs === undefined || isEnded(order) || order.state === 'CREATED') return
    const known = dishes.get(order.orderId)
    if (known) {
      if (order.version > known.order.version) known.order = order
      return
    }
    const random = stage.random.fork(`dish ${order.orderId}`)
    const meantMs = random.logNormal(usualMs * merchant.cookingShare, merchant.cookingSigma)
    const dish: Dish = {
      order,
      who: { role: 'merchant', id: order.merchantId },
      random,
      meantMs,
      ...stageOf(order, random.chance(merchant.rejects)),
      readyAtMs: undefined,
    }
    dishes.set(order.orderId, dish)
    if (dish.next === 'ready') cooks(dish)
    else if (dish.next === 'none') dish.readyAtMs = stage.nowMs()
    else stage.after(random.logNormal(merchant.reactsAfterMs, 0.5), () => step(dish))
  }

  /** From the pan to the counter. */
  function cooks(dish: Dish): void {
    const tookMs = dish.meantMs * dish.random.logNormal(1, merchant.truthSigma)
    dish.next = 'ready'
    stage.after(tookMs, () => {
      dish.readyAtMs = stage.nowMs()
      step(dish)
    })
  }

  function step(dish: Dish): void {
    const { orderId } = dish.order
    if (dish.next === 'none' || !dishes.has(orderId)) return
    const readyInMs = dish.next === 'accept' ? { readyInMs: dish.meantMs } : {}
    stage.act(dish.who, { kind: 'kitchen', orderId, step: dish.next, ...readyInMs }, (answer) => {
      if (isWorthRepeating(answer)) stage.after(stage.habits.triesAgainAfterMs, () => step(dish))
      else if (answer.kind === 'refused') refused(dish)
      else goesOn(dish)
    })
  }

  function goesOn(dish: Dish): void {
    if (dish.next === 'accept') {
      dish.next = 'cooking'
      step(dish)
    } else if (dish.next === 'cooking') cooks(dish)
    else dish.next = 'none'
  }

  /** Too late, or an earlier attempt was done whose answer was lost: what is known of the order says which. */
  function refused(dish: Dish): void {
    stage.act(dish.who, { kind: 'track', orderId: dish.order.orderId }, (answer) => {
      const [order] = answer.kind === 'done' ? answer.orders : []
      if (isWorthRepeating(answer)) stage.after(stage.habits.triesAgainAfterMs, () => refused(dish))
      else if (!order || isEnded(order)) dishes.delete(dish.order.orderId)
      else {
        const { next } = stageOf(order, false)
        const isStuck = next === dish.next
        dish.order = order
        dish.next = next
        if (isStuck) stage.after(stage.habits.triesAgainAfterMs, () => step(dish))
        else if (next === 'ready') cooks(dish)
        else if (next === 'none') dish.readyAtMs ??= stage.nowMs()
        else step(dish)
      }
    })
  }

  return {
    open() {
      for (const { merchantId } of shops) {
        const who: Person = { role: 'merchant', id: merchantId }
        looks(who, stage.random.fork(`merchant ${merchantId}`))
      }
    },
    heard,
    readyAtMs: (orderId) => dishes.get(orderId)?.readyAtMs,
    forget: (orderId) => dishes.delete(orderId),
  }
}

/** What a kitchen has to do next with an order that stands there. */
function stageOf({ state, kitchen }: Order, rejects: boolean): { next: KitchenStep | 'none' } {
  if (state === 'PAID') return { next: rejects ? 'reject' : 'accept' }
  if (kitchen === 'WAITING') return { next: 'cooking' }
  return { next: kitchen === 'COOKING' ? 'ready' : 'none' }
}
