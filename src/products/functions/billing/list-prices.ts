import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { type Prices, pricesSchema } from './prices.ts'

let read: Promise<Prices> | undefined

/** The prices that are shipped. Read when they are first wanted. */
export function listPrices(): Promise<Prices> {
  read ??= readFile(new URL('./list-prices.yaml', import.meta.url), 'utf8').then((text) =>
    pricesSchema.parse(parse(text)),
  )
  return read
}
