/**
 * Watches whether an order is ever with two riders, placed twice or lost, by all that the platform says. Pure; it believes nothing
 * but answers and pushes, each of which tells an order with its version.
 */
import type { Order } from '../../model/order.ts'
import type { Action, Answer } from './actions.ts'
import { isEnded } from './stage.ts'

export interface Finding {
  what: 'doubled' | 'lost' | 'contradiction'
  orderId: string
  sentence: string
}

export interface Audit {
  saw(order: Order): void
  hasEnded(orderId: string): boolean
  answered(action: Action, answer: Answer): void
  /** At the end, when all had time to end: an order that nobody finished, or that is not known any more. */
  lost(orderId: string, sentence: string): void
  /** At the end: orders of this run's customers that were no answer to any attempt, beyond the attempts that ended without an answer. */
  unasked(unansweredOf: ReadonlyMap<string, number>): void
  /** Nothing is found twice; at most `mostFindings` are kept, and all are counted. */
  findings: readonly Finding[]
  counts(): Record<Finding['what'], number>
}

/** More tell no more; the counts go on. */
const mostFindings = 100

interface Known {
  customerId: string
  /** By version, as far as it may still be contradicted. */
  seen: Map<number, { state: Order['state']; riderId: string | undefined }>
  hasEnded: boolean
  /** Who took the food, and with which version. */
  carrier: { riderId: string; version: number } | undefined
  /** Whose acceptance was answered last. */
  accepted: { riderId: string; version: number } | undefined
}

/** Of one order; older ones are forgotten. */
const versionsKept = 30

const isCarried = ({ state }: Order): boolean =>
  state === 'PICKED_UP' ||
  state === 'AT_CUSTOMER' ||
  state === 'DELIVERED' ||
  state === 'RETURNING' ||
  state === 'RETURNED'

/** `run` names this run's customers: orders of others are watched, too, but nobody here knows how often they were placed. */
export function createAudit(run: string): Audit {
  const known = new Map<string, Known>()
  const orderOfKey = new Map<string, string>()
  const findings: Finding[] = []
  const found = new Set<string>()
  const counts = { doubled: 0, lost: 0, contradiction: 0 }

  function find(what: Finding['what'], orderId: string, sentence: string): void {
    const name = `${what} ${orderId}`
    if (found.has(name)) return
    found.add(name)
    counts[what]++
    if (findings.length < mostFindings) findings.push({ what, orderId, sentence })
  }

  function entry({ orderId, customerId }: Order): Known {
    let order = known.get(orderId)
    if (!order) {
      order = { customerId, seen: new Map(), hasEnded: false, carrier: undefined, accepted: undefined }
      known.set(orderId, order)
    }
    return order
  }

  function saw(order: Order): void {
    const { orderId, version, state, riderId } = order
    const about = entry(order)
    const before = about.seen.get(version)
    // Customers and merchants are not told whom an offer is for.
    if (before?.riderId !== undefined && riderId !== undefined && before.riderId !== riderId)
      find('doubled', orderId, `version ${version} was told with ${before.riderId} and with ${riderId}`)
    else if (before && before.state !== state)
      find('contradiction', orderId, `version ${version} was told as ${before.state} and as ${state}`)
    for (const [at, other] of [version - 1, version + 1].map((at) => [at, about.seen.get(at)] as const))
      if (other?.riderId !== undefined && riderId !== undefined && other.riderId !== riderId)
        find('doubled', orderId, `with ${other.riderId} in version ${at} and with ${riderId} in ${version}`)
    if (isEnded(order)) about.seen.clear()
    about.seen.set(version, { state, riderId: riderId ?? before?.riderId })
    if (about.seen.size > versionsKept) about.seen.delete(about.seen.keys().next().value!)
    if (isCarried(order) && riderId !== undefined) carries(about, orderId, riderId, version)
    // Riders who had it before are told how it goes on, and not with whom.
    else if (!isCarried(order) && about.carrier && version > about.carrier.version)
      find(
        'contradiction',
        orderId,
        `${state} in version ${version}, though picked up in ${about.carrier.version}`,
      )
    about.hasEnded ||= isEnded(order)
  }

  function carries(about: Known, orderId: string, riderId: string, version: number): void {
    if (about.carrier && about.carrier.riderId !== riderId)
      find('doubled', orderId, `carried by ${about.carrier.riderId} and by ${riderId}`)
    if (!about.carrier || version < about.carrier.version) about.carrier = { riderId, version }
  }

  function answered(action: Action, answer: Answer): void {
    if (answer.kind !== 'done') return
    const [order] = answer.orders
    if (!order) return
    if (action.kind === 'place') {
      const first = orderOfKey.get(action.key)
      if (first !== undefined && first !== order.orderId)
        find('doubled', order.orderId, `the key ${action.key} made ${first}, too`)
      orderOfKey.set(action.key, order.orderId)
    }
    if (action.kind === 'ride' && action.step !== 'refuse') rode(action.who.id, action.step, order)
  }

  /** A step succeeded: then it is this rider's order, and nobody has accepted it since. */
  function rode(riderId: string, step: string, order: Order): void {
    const { orderId, version } = order
    const about = entry(order)
    if (order.riderId !== riderId)
      find('doubled', orderId, `"${step}" of ${riderId} succeeded, and the order is with ${order.riderId}`)
    const { accepted } = about
    if (step === 'accept') {
      if (accepted && accepted.version === version && accepted.riderId !== riderId)
        find('doubled', orderId, `${accepted.riderId} and ${riderId} accepted version ${version}`)
      if (!accepted || accepted.version < version) about.accepted = { riderId, version }
    } else if (
      accepted &&
      accepted.riderId !== riderId &&
      accepted.version < version &&
      !offeredSince(about, riderId, accepted.version)
    ) {
      find('doubled', orderId, `"${step}" of ${riderId} succeeded after ${accepted.riderId} had accepted it`)
    }
  }

  /** Their own acceptance may be the answer that was lost; then at least the offer, or what followed, has been seen. */
  const offeredSince = ({ seen }: Known, riderId: string, version: number): boolean =>
    [...seen].some(
      ([at, told]) =>
        at > version &&
        told.riderId === riderId &&
        (told.state === 'OFFERED' || told.state === 'RIDER_ACCEPTED'),
    )

  function unasked(unansweredOf: ReadonlyMap<string, number>): void {
    const asked = new Set(orderOfKey.values())
    const left = new Map(unansweredOf)
    for (const [orderId, { customerId }] of known) {
      if (asked.has(orderId) || !customerId.startsWith(`${run}-`)) continue
      const unanswered = left.get(customerId) ?? 0
      if (unanswered > 0) left.set(customerId, unanswered - 1)
      else find('doubled', orderId, `placed for ${customerId}, who was answered another order for each key`)
    }
  }

  return {
    saw,
    hasEnded: (orderId) => known.get(orderId)?.hasEnded ?? false,
    answered,
    unasked,
    lost: (orderId, sentence) => find('lost', orderId, sentence),
    findings,
    counts: () => ({ ...counts }),
  }
}
