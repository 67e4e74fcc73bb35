/** What every person of the city is given: the time, an agenda, chance, the streets, and a way to the platform. */
import { isOpen, type Order } from '../../model/order.ts'
import type { Answer, Deed, Person } from './actions.ts'
import type { Habits } from './habits.ts'
import type { Random } from './random.ts'
import type { Roads } from './roads.ts'

export interface Stage {
  nowMs(): number
  after(delayMs: number, task: () => void): void
  /** Whoever acts is told the answer at a later moment. */
  act(who: Person, deed: Deed, answered: (answer: Answer) => void): void
  random: Random
  roads: Roads
  habits: Habits
  /** What happened in the city itself, for the figures. */
  happened(what: Happening): void
}

export type Happening =
  | { kind: 'placed'; orderId: string; atMs: number }
  | { kind: 'unplaced'; atMs: number }
  | { kind: 'offered'; orderId: string; atMs: number }
  | { kind: 'vanished' | 'came-back'; riderId: string; atMs: number }
  | { kind: 'ended'; order: Order; atMs: number }

export const isEnded = (order: Order): boolean => !isOpen(order)
