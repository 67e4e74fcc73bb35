/** What a report is, and figures that several have. Shares and means of nothing are 0. */
import type { Order } from '../model/order.ts'

export interface Report {
  columns: string[]
  rows: (string | number)[][]
}

export const endOf = ({ state, times }: Order): number | undefined =>
  state === 'DELIVERED' || state === 'CANCELLED' || state === 'RETURNED' ? times[state] : undefined

export const delivered = (orders: readonly Order[]): Order[] =>
  orders.filter(({ state }) => state === 'DELIVERED')

export const isOnTime = ({ times, promisedAtMs }: Order): boolean => times.DELIVERED! <= promisedAtMs

/** Minutes from the order to the door. */
export const clickToDoor = ({ times, placedAtMs }: Order): number => (times.DELIVERED! - placedAtMs) / 60_000

export const share = (part: number, all: number): number => (all === 0 ? 0 : rounded(part / all, 4))

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : rounded(values.reduce((sum, value) => sum + value, 0) / values.length, 2)

/** The nearest rank: at least nine in ten are no greater. */
export const p90 = (values: readonly number[]): number =>
  values.length === 0 ? 0 : rounded(values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1]!, 2)

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

export const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0)
