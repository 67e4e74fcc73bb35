/** Pages of lists: in the order of names, each from behind the last name of the one before. */
import { folded } from '../records.ts'
import { incorrect } from './errors.ts'
import { integerIn } from './parameters.ts'
import type { Parameters } from './vocabulary.ts'

const ITEMS = { min: 1, max: 1000, usual: 100 } as const

export interface Page<Item> {
  items: Item[]
  /** `Marker` only where there is more. */
  bounds: { IsTruncated: boolean; Marker?: string }
}

/**
 * What is there all the time comes exactly once, whatever is made or removed between two pages: a marker is a name, and
 * need not be there any more. Throws `InvalidParameter.Marker` and `InvalidParameter.MaxItems.Range`.
 */
export function pageOf<Item>(
  all: readonly Item[],
  nameOf: (item: Item) => string,
  parameters: Parameters,
): Page<Item> {
  const itemsMax = integerIn(parameters, 'MaxItems', ITEMS) ?? ITEMS.usual
  const marker = parameters.get('Marker')
  const after = marker ? nameIn(marker) : undefined
  const rest = all
    .map((item) => ({ item, name: folded(nameOf(item)) }))
    .filter(({ name }) => after === undefined || name > after)
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  const page = rest.slice(0, itemsMax)
  const isTruncated = rest.length > page.length
  return {
    items: page.map(({ item }) => item),
    bounds: {
      IsTruncated: isTruncated,
      ...(isTruncated ? { Marker: Buffer.from(page.at(-1)!.name).toString('base64url') } : {}),
    },
  }
}

function nameIn(marker: string): string {
  const name = Buffer.from(marker, 'base64url')
  if (marker.length > 1000 || name.toString('base64url') !== marker) throw incorrect('Marker')
  return name.toString()
}
