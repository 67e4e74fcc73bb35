/**
 * What the people of the city do to the platform, and what they are answered. Times in here are of the city: milliseconds
 * since midnight of its day; whoever carries an action out translates them for the platform (`README.md`, "Faster than life").
 */
import type { Order, Position } from '../../model/order.ts'
import type { Vehicle } from '../../model/rider.ts'
import type { RideKind } from '../../model/transition.ts'

export type Role = 'customer' | 'merchant' | 'rider'

/** Who does it. */
export interface Person {
  role: Role
  id: string
}

export type KitchenStep = 'accept' | 'reject' | 'cooking' | 'ready'
export type RideStep = RideKind

export type Deed =
  | {
      kind: 'place'
      /** The Idempotency-Key: the same for each attempt. */
      key: string
      merchantId: string
      lines: { name: string; count: number }[]
      dropoff: Position
      dropoffAddress: string
    }
  | { kind: 'pay'; orderId: string }
  | { kind: 'cancel'; orderId: string; reason: string }
  | { kind: 'track'; orderId: string }
  | { kind: 'kitchen'; orderId: string; step: KitchenStep; readyInMs?: number }
  | { kind: 'ride'; orderId: string; step: RideStep }
  | { kind: 'photo'; orderId: string }
  | { kind: 'duty'; onDuty: boolean; position: Position; onUntilMs: number; vehicle: Vehicle }
  | { kind: 'position'; position: Position }
  | { kind: 'offers' }
  /** All open orders of theirs. */
  | { kind: 'look' }

export type Action = { who: Person } & Deed

export type Answer =
  /** `orders`: what the answer told of, also where it was one, or offers. */
  | { kind: 'done'; orders: Order[] }
  | { kind: 'refused'; status: number; code: string }
  /** No answer, or none that says whether it was done, in spite of repeating. */
  | { kind: 'lost' }

/** An action under way, and where its answer goes. */
export interface Errand {
  action: Action
  answered(answer: Answer): void
}
