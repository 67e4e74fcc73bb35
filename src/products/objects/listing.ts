/**
 * Listing keys in the order of their bytes, with those that share a prefix up to a delimiter rolled into one. A rolled
 * prefix is not read through: the next record looked at is the first behind it, however many are under it.
 */
import { encodeRfc3986 } from '../../lib/signing/percent.ts'
import { compareKeys } from '../../ports/keys.ts'
import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import { invalidArgument } from './errors.ts'
import { pastPrefix } from './keys.ts'

/** Keys in order, one at a time. */
export interface Cursor<Item> {
  peek(): Promise<Item | undefined>
  advance(): void
  /** Goes behind every key that begins with `prefix`. */
  skip(prefix: string): void
}

/** After a rolled prefix: few records, as the next ones are likely to be rolled again. */
const PAGE_AFTER_SKIP = 8
const PAGE_MAX = 1000

export interface RecordCursorOptions<T, Item> {
  /** Of the records, before the object's key. */
  base: string
  /** Of the object's keys, as it stands in the records. */
  prefix: string
  /** A record's key; those up to it are left out. */
  after: string | undefined
  limit: number
  itemOf(record: StoredRecord<T>): Item
  /** The record key that is greater than those of every key with this prefix. */
  pastOf?(prefix: string): string
}

export function recordCursor<T, Item>(
  records: RecordStore,
  {
    base,
    prefix,
    after,
    limit,
    itemOf,
    pastOf = (past) => base + pastPrefix(past),
  }: RecordCursorOptions<T, Item>,
): Cursor<Item> {
  let page: readonly StoredRecord<T>[] = []
  let at = 0
  let isLast = false
  let from = after
  let pageLimit = Math.min(limit + 1, PAGE_MAX)
  return {
    async peek() {
      if (at >= page.length && !isLast) {
        page = await records.list<T>({
          prefix: base + prefix,
          limit: pageLimit,
          ...(from === undefined ? {} : { after: from }),
        })
        at = 0
        isLast = page.length < pageLimit
        from = page.at(-1)?.key ?? from
        pageLimit = Math.min(pageLimit * 2, PAGE_MAX)
      }
      const found = page[at]
      return found && itemOf(found)
    },
    advance() {
      at++
    },
    skip(past) {
      const behind = pastOf(past)
      while (at < page.length && compareKeys(page[at]!.key, behind) <= 0) at++
      if (at < page.length || isLast) return
      from = behind
      pageLimit = PAGE_AFTER_SKIP
    },
  }
}

export interface Listing<Item> {
  items: readonly Item[]
  commonPrefixes: readonly string[]
  isTruncated: boolean
  /** What was listed last: a key, or a common prefix. */
  last: { item: Item } | { commonPrefix: string } | undefined
}

export async function listKeys<Item extends { key: string }>(
  cursor: Cursor<Item>,
  { prefix, delimiter, limit, after }: { prefix: string; delimiter: string; limit: number; after: string },
): Promise<Listing<Item>> {
  const items: Item[] = []
  const commonPrefixes: string[] = []
  let last: Listing<Item>['last']
  // Where the last page ended with a common prefix, it is not listed again.
  if (after !== '' && after.startsWith(prefix) && rolled(after, prefix, delimiter) === after)
    cursor.skip(after)
  for (;;) {
    const item = await cursor.peek()
    if (item === undefined) return { items, commonPrefixes, isTruncated: false, last }
    if (items.length + commonPrefixes.length >= limit)
      return { items, commonPrefixes, isTruncated: true, last }
    const commonPrefix = rolled(item.key, prefix, delimiter)
    if (commonPrefix === undefined) {
      items.push(item)
      last = { item }
      cursor.advance()
    } else {
      commonPrefixes.push(commonPrefix)
      last = { commonPrefix }
      cursor.skip(commonPrefix)
    }
  }
}

function rolled(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : key.slice(0, at + delimiter.length)
}

/** How names are written in the answer: as they are, or percent-encoded where the client asks for it. */
export function encoderOf(query: URLSearchParams): {
  encode(text: string): string
  encodingType: string | undefined
} {
  const encodingType = query.get('encoding-type') ?? ''
  if (encodingType === '') return { encode: (text) => text, encodingType: undefined }
  if (encodingType !== 'url') throw invalidArgument('encoding-type', encodingType)
  return { encode: encodeRfc3986, encodingType }
}

/** Longer ones can be no part of a key. */
export function textParameter(query: URLSearchParams, name: string): string {
  const text = query.get(name) ?? ''
  if (Buffer.byteLength(text) > 1023 || !text.isWellFormed()) throw invalidArgument(name, text)
  return text
}
