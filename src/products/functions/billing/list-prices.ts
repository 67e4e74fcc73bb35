import { readFile } from 'node:fs/promises'
import { type Prices, pricesSchema } from './prices.ts'

let read: Promise<Prices> | undefined

/** The prices that are shipped. Read when they are first wanted. */
export function listPrices(): Promise<Prices> {
  read ??= readPrices()
  return read
}

async function readPrices(): Promise<Prices> {
  const text = await readFile(new URL('./list-prices.yaml', import.meta.url), 'utf8')
  // Loaded with them: a start of the platform reads no YAML.
  const { parse } = await import('yaml')
  return pricesSchema.parse(parse(text))
}
