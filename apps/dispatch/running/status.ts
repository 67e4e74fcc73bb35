/** What the dispatcher says of itself and of its city, with the lease. */
import type { FiguresNow } from './figures.ts'

export interface DispatcherStatus extends FiguresNow {
  /** Open orders without a rider who has accepted. */
  waiting: number
  underway: number
  riders: { onDuty: number; busy: number }
  dispatcher: {
    owner: string
    token: number
    effort: string
    /** What the planner took, the last time. */
    tickMs: number
    /** Offers that were made under this token. */
    decisions: number
    map: string
  }
}

export type News = { orderId: string } | { riderId: string }
