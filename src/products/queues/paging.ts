/** Lists by name: prefix, marker and number come in headers; the marker is the last name of the page before. */
import type { RecordStore } from '../../ports/records.ts'
import { booleanOf, integerOf } from './document.ts'
import { isName } from './names.ts'

const PAGE_MAX = 1000

type Headers = Readonly<Record<string, string | undefined>>

export interface Page<T> {
  items: readonly T[]
  /** Undefined: there is no more. */
  nextMarker: string | undefined
}

export async function pageOf<T extends { name: string }>(
  records: RecordStore,
  within: string,
  headers: Headers,
): Promise<Page<T>> {
  const limitText = headers['x-mns-ret-number']
  const limit =
    limitText === undefined
      ? PAGE_MAX
      : integerOf(limitText, 'x-mns-ret-number', { min: 1, max: PAGE_MAX, unit: '' })
  const prefix = headers['x-mns-prefix'] ?? ''
  const marker = headers['x-mns-marker'] ?? ''
  // No name begins so, and such text may not be fit for a key.
  if (prefix !== '' && !isName(prefix)) return { items: [], nextMarker: undefined }
  const found = await records.list<T>({
    prefix: within + prefix,
    ...(isName(marker) ? { after: within + marker } : {}),
    limit: limit + 1,
  })
  const items = found.slice(0, limit).map(({ value }) => value)
  return { items, nextMarker: found.length > limit ? items.at(-1)!.name : undefined }
}

export function wantsAttributes(headers: Headers): boolean {
  const text = headers['x-mns-with-meta']
  return text !== undefined && booleanOf(text, 'x-mns-with-meta')
}
