/** A merchant, as customers see it. */
import type { Position } from './order.ts'

export interface Shop {
  merchantId: string
  name: string
  position: Position
  menu: { name: string; priceCents: number }[]
  /** What an order takes it, as a rule. */
  cookingMs: number
}
