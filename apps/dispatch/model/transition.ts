/**
 * The life of an order as one pure function: `transition(order, step, facts)` answers the order as it is after the step, or why
 * the step does not begin where the order is. A step whose effect already stands changes nothing and succeeds, so that whoever
 * lost an answer may ask again.
 */
import type { KitchenState, Order, OrderState } from './order.ts'

/** By the rider that it is offered to, or that has it. */
export type RideKind =
  | 'accept'
  | 'refuse'
  | 'at-merchant'
  | 'picked-up'
  | 'at-customer'
  | 'delivered'
  | 'returning'
  | 'returned'

export type Step =
  | { kind: 'pay' }
  | { kind: 'kitchen-accept'; readyAtMs: number }
  | { kind: 'kitchen-cooking'; readyAtMs: number | undefined }
  | { kind: 'kitchen-ready' }
  | { kind: 'cancel'; reason: string }
  | { kind: RideKind; riderId: string }
  | { kind: 'photo'; riderId: string; key: string }
  | DispatcherStep

/** By the owner of the shard, who says its token: refused where a newer owner has written. */
export type DispatcherStep = { token: number } & (
  | { kind: 'offer'; riderId: string; offerExpiresAtMs: number; expectedAtMs: number }
  | { kind: 'offer-expired' }
  | { kind: 'rider-lost'; riderId: string }
  | { kind: 'expect'; expectedAtMs: number }
  | { kind: 'own' }
  | { kind: 'lapse'; reason: string }
  | { kind: 'write-off'; reason: string }
)

export interface Facts {
  nowMs: number
}

/** `changed` is false where the effect of the step stood already; then the order is the one given. */
export type Outcome = { order: Order; changed: boolean } | { conflict: string }

/** Photos of one order; a rider needs one or two. */
export const maxPhotos = 10

/** Of those that refused an order. The first of more than these may be asked again, rather than nobody. */
export const maxRefused = 20

interface Rule {
  from: readonly OrderState[]
  /** Nothing: the state stays. */
  to?: OrderState
  /** Where the kitchen has to stand. */
  kitchen?: readonly KitchenState[]
}

const withRiderBeforePickUp = ['OFFERED', 'RIDER_ACCEPTED', 'AT_MERCHANT'] as const
const beforePickUp = ['CREATED', 'PAID', 'MERCHANT_ACCEPTED', ...withRiderBeforePickUp] as const
const cooked = ['MERCHANT_ACCEPTED', ...withRiderBeforePickUp] as const
const withMeal = ['PICKED_UP', 'AT_CUSTOMER', 'RETURNING'] as const
const open = [...beforePickUp, ...withMeal] as const

const rules: Record<Step['kind'], Rule> = {
  pay: { from: ['CREATED'], to: 'PAID' },
  'kitchen-accept': { from: ['PAID'], to: 'MERCHANT_ACCEPTED' },
  'kitchen-cooking': { from: cooked, kitchen: ['WAITING', 'COOKING'] },
  'kitchen-ready': { from: cooked, kitchen: ['WAITING', 'COOKING'] },
  offer: { from: ['MERCHANT_ACCEPTED'], to: 'OFFERED' },
  'offer-expired': { from: ['OFFERED'], to: 'MERCHANT_ACCEPTED' },
  // Once the meal is on its way nobody else can ride it.
  'rider-lost': { from: withRiderBeforePickUp, to: 'MERCHANT_ACCEPTED' },
  accept: { from: ['OFFERED'], to: 'RIDER_ACCEPTED' },
  refuse: { from: withRiderBeforePickUp, to: 'MERCHANT_ACCEPTED' },
  'at-merchant': { from: ['RIDER_ACCEPTED'], to: 'AT_MERCHANT' },
  'picked-up': { from: ['AT_MERCHANT'], to: 'PICKED_UP' },
  'at-customer': { from: ['PICKED_UP'], to: 'AT_CUSTOMER' },
  delivered: { from: ['AT_CUSTOMER'], to: 'DELIVERED' },
  returning: { from: ['PICKED_UP', 'AT_CUSTOMER'], to: 'RETURNING' },
  returned: { from: ['RETURNING'], to: 'RETURNED' },
  cancel: { from: beforePickUp, to: 'CANCELLED' },
  lapse: { from: ['CREATED', 'PAID'], to: 'CANCELLED' },
  'write-off': { from: withMeal, to: 'RETURNED' },
  photo: { from: ['AT_MERCHANT', ...withMeal, 'DELIVERED', 'RETURNED'] },
  expect: { from: open },
  own: { from: open },
}

export function transition(order: Order, step: Step, { nowMs }: Facts): Outcome {
  if ('token' in step && step.token < order.fence) return { conflict: 'another dispatcher has taken over' }
  if (stands(order, step)) return { order, changed: false }
  const { from, to, kitchen } = rules[step.kind]
  if (!from.includes(order.state))
    return { conflict: `"${step.kind}" does not begin in the state ${order.state}` }
  if (kitchen !== undefined && !kitchen.includes(order.kitchen))
    return { conflict: `"${step.kind}" does not begin while the kitchen is ${order.kitchen}` }
  const refusal = whyNot(order, step, nowMs)
  if (refusal !== undefined) return { conflict: refusal }
  const state = to ?? order.state
  return {
    order: {
      ...order,
      state,
      version: order.version + 1,
      changedAtMs: Math.max(order.changedAtMs, nowMs),
      times: to === undefined ? order.times : { ...order.times, [state]: nowMs },
      ...('token' in step ? { fence: step.token } : {}),
      ...effects(order, step, nowMs),
    },
    changed: true,
  }
}

/** Whether the step has happened, and nothing after it but what it allows. */
function stands(order: Order, step: Step): boolean {
  switch (step.kind) {
    case 'pay':
      return order.state !== 'CREATED' && order.times.PAID !== undefined && order.state !== 'CANCELLED'
    case 'kitchen-accept':
      return order.times.MERCHANT_ACCEPTED !== undefined && order.state !== 'CANCELLED'
    case 'kitchen-ready':
      return order.kitchen === 'READY' && order.state !== 'CANCELLED'
    case 'offer':
      return (
        order.state === 'OFFERED' &&
        order.riderId === step.riderId &&
        order.offerExpiresAtMs === step.offerExpiresAtMs
      )
    case 'refuse':
      return order.state === 'MERCHANT_ACCEPTED' && order.refusedBy.includes(step.riderId)
    case 'own':
      return order.fence === step.token
    case 'expect':
      return order.expectedAtMs === step.expectedAtMs
    case 'photo':
      return order.riderId === step.riderId && order.photos.includes(step.key)
    case 'offer-expired':
    case 'rider-lost':
    case 'kitchen-cooking':
      return false
    default:
      return order.state === rules[step.kind].to && (!('riderId' in step) || order.riderId === step.riderId)
  }
}

function whyNot(order: Order, step: Step, nowMs: number): string | undefined {
  if (step.kind === 'offer') {
    if (order.refusedBy.includes(step.riderId)) return 'the rider has refused it'
    return step.offerExpiresAtMs > nowMs ? undefined : 'the offer would be over before it is made'
  }
  if ('riderId' in step && order.riderId !== step.riderId) return 'it is with another rider'
  if (step.kind === 'accept' && nowMs >= order.offerExpiresAtMs!) return 'the offer is over'
  if (step.kind === 'offer-expired' && nowMs < order.offerExpiresAtMs!) return 'the offer still stands'
  if (step.kind === 'photo' && order.photos.length >= maxPhotos) return `it has ${maxPhotos} photos`
  return undefined
}

const withoutRider = (order: Order): Partial<Order> => ({
  riderId: undefined,
  offerExpiresAtMs: undefined,
  refusedBy: [...order.refusedBy, order.riderId!].slice(-maxRefused),
})

/** What a step changes beside state, version, time and fence. */
function effects(order: Order, step: Step, nowMs: number): Partial<Order> {
  switch (step.kind) {
    case 'kitchen-accept':
      return { readyAtMs: step.readyAtMs }
    case 'kitchen-cooking':
      return { kitchen: 'COOKING', readyAtMs: step.readyAtMs ?? order.readyAtMs }
    case 'kitchen-ready':
      return { kitchen: 'READY', readyAtMs: nowMs, times: { ...order.times, READY: nowMs } }
    case 'offer':
      return {
        riderId: step.riderId,
        offerExpiresAtMs: step.offerExpiresAtMs,
        expectedAtMs: step.expectedAtMs,
      }
    case 'accept':
      return { offerExpiresAtMs: undefined }
    case 'refuse':
    case 'offer-expired':
    case 'rider-lost':
      return withoutRider(order)
    case 'picked-up':
      // A kitchen that did not say so was ready at the latest now.
      return order.kitchen === 'READY'
        ? { kitchen: 'HANDED_OVER' }
        : { kitchen: 'HANDED_OVER', readyAtMs: nowMs }
    case 'delivered':
      return { expectedAtMs: nowMs }
    case 'cancel':
    case 'lapse':
    case 'write-off':
      return { cancelReason: step.reason, offerExpiresAtMs: undefined }
    case 'photo':
      return { photos: [...order.photos, step.key] }
    case 'expect':
      return { expectedAtMs: step.expectedAtMs }
    default:
      return {}
  }
}
