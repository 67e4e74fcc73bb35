/** The city that this deployment serves: beside the code, as the build puts it there. */
import { readFileSync } from 'node:fs'
import type { Box } from '../model/geometry.ts'
import type { Shop } from '../model/shop.ts'

export interface City {
  /** The part of it that one dispatcher plans: its name in every row. */
  shard: string
  name: string
  box: Box
  shops: Shop[]
}

export const city = JSON.parse(readFileSync(new URL('../city.json', import.meta.url), 'utf8')) as City
