/**
 * Instances of the meal delivery routing problem (Reyes et al. 2018) in the form in which Grubhub and Georgia Tech gave them out
 * (github.com/grubhub/mdrplib, folder public_instances). They have no licence and are no part of this project: get them there.
 * Times are minutes since the start of the day, ways are metres on a plane.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Point {
  x: number
  y: number
}

export interface MdrpOrder extends Point {
  id: string
  placedAt: number
  restaurant: string
  readyAt: number
}

export interface Courier extends Point {
  id: string
  onAt: number
  offAt: number
}

export interface Rules {
  metresPerMinute: number
  pickupService: number
  dropoffService: number
  targetClickToDoor: number
  maximumClickToDoor: number
  payPerOrder: number
  guaranteedPayPerHour: number
}

export interface Instance {
  name: string
  rules: Rules
  orders: ReadonlyMap<string, MdrpOrder>
  restaurants: ReadonlyMap<string, Point>
  couriers: ReadonlyMap<string, Courier>
}

/** Throws, with the file and the line, where something is not as it should be. */
export async function readInstance(folder: string, name: string): Promise<Instance> {
  const read = async (file: string) =>
    table(await readFile(join(folder, name, file), 'utf8'), `${name}/${file}`)
  const [orders, restaurants, couriers, [rules]] = await Promise.all([
    read('orders.txt'),
    read('restaurants.txt'),
    read('couriers.txt'),
    read('instance_parameters.txt'),
  ])
  if (!rules) throw new Error(`${name}/instance_parameters.txt: empty`)
  const instance: Instance = {
    name,
    rules: {
      metresPerMinute: rules.number('meters_per_minute'),
      pickupService: rules.number('pickup service minutes'),
      dropoffService: rules.number('dropoff service minutes'),
      targetClickToDoor: rules.number('target click-to-door'),
      maximumClickToDoor: rules.number('maximum click-to-door'),
      payPerOrder: rules.number('pay per order'),
      guaranteedPayPerHour: rules.number('guaranteed pay per hour'),
    },
    orders: byId(orders, 'order', (row) => ({
      id: row.text('order'),
      x: row.number('x'),
      y: row.number('y'),
      placedAt: row.number('placement_time'),
      restaurant: row.text('restaurant'),
      readyAt: row.number('ready_time'),
    })),
    restaurants: byId(restaurants, 'restaurant', (row) => ({ x: row.number('x'), y: row.number('y') })),
    couriers: byId(couriers, 'courier', (row) => ({
      id: row.text('courier'),
      x: row.number('x'),
      y: row.number('y'),
      onAt: row.number('on_time'),
      offAt: row.number('off_time'),
    })),
  }
  for (const { id, restaurant } of instance.orders.values()) {
    if (!instance.restaurants.has(restaurant))
      throw new Error(`${name}/orders.txt: ${id} is of no restaurant`)
  }
  return instance
}

/** By the rules: the straight line, rounded up to whole minutes. */
export const travelMinutes = ({ metresPerMinute }: Rules, from: Point, to: Point): number =>
  Math.ceil(Math.sqrt((to.x - from.x) ** 2 + (to.y - from.y) ** 2) / metresPerMinute)

interface Line {
  text(column: string): string
  number(column: string): number
}

function table(content: string, file: string): Line[] {
  const [head, ...lines] = content.split(/\r?\n/)
  const columns = head!.split('\t').map((column) => column.trim())
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const cells = line.split('\t')
    const text = (column: string): string => {
      const cell = cells[columns.indexOf(column)]?.trim()
      if (!cell) throw new Error(`${file}:${index + 2}: no ${column}`)
      return cell
    }
    const number = (column: string): number => {
      const value = Number(text(column))
      if (!Number.isFinite(value)) throw new Error(`${file}:${index + 2}: ${column} is no number`)
      return value
    }
    return [{ text, number }]
  })
}

function byId<V>(lines: readonly Line[], column: string, make: (line: Line) => V): Map<string, V> {
  const made = new Map<string, V>()
  for (const line of lines) {
    const id = line.text(column)
    if (made.has(id)) throw new Error(`${id} is there twice`)
    made.set(id, make(line))
  }
  return made
}
