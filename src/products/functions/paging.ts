import type { RecordStore } from '../../ports/records.ts'
import { invalidArgument } from './errors.ts'

export interface Page {
  limit: number
  /** The last key of the page before, without its prefix. */
  after: string | undefined
}

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 100
/** A filter that matches next to nothing gives up here and hands out a token: a list is not a full scan. */
const EXAMINED_MAX = 2000

/** `limit` (1–100) and `nextToken` of a list operation. Tokens are opaque to clients. */
export function pageOf(query: URLSearchParams): Page {
  const token = query.get('nextToken')
  return { limit: limitOf(query), after: token ? decodeToken(token) : undefined }
}

export function limitOf(query: URLSearchParams): number {
  const text = query.get('limit')
  if (!text) return LIMIT_DEFAULT
  const limit = Number(text)
  if (!/^\d{1,9}$/.test(text) || limit < 1 || limit > LIMIT_MAX) {
    throw invalidArgument(`limit must be from 1 to ${LIMIT_MAX} (actual: '${text}')`)
  }
  return limit
}

const encodeToken = (after: string): string => Buffer.from(after).toString('base64url')
export const nextTokenOf = (next: string | undefined): string | undefined =>
  next === undefined ? undefined : encodeToken(next)

function decodeToken(token: string): string {
  const after = Buffer.from(token, 'base64url').toString()
  if (after === '' || token.length > 1000 || encodeToken(after) !== token.replace(/=+$/, '')) {
    throw invalidArgument(`nextToken is set to an invalid value (actual: '${token.slice(0, 100)}')`)
  }
  return after
}

/** One page of the records under `prefix`, in order of their names; `namePrefix` and `matches` narrow it. */
export async function listPage<T>(
  records: RecordStore,
  {
    prefix,
    namePrefix = '',
    page: { limit, after },
    matches,
  }: { prefix: string; namePrefix?: string; page: Page; matches?: (value: T) => boolean },
): Promise<{ items: T[]; nextToken?: string }> {
  // No name has other characters, and a key has to stay short.
  if (!/^[A-Za-z0-9_-]{0,128}$/.test(namePrefix)) return { items: [] }
  const items: T[] = []
  let last = after === undefined ? undefined : prefix + after
  let examined = 0
  for (;;) {
    const wanted = matches ? LIMIT_MAX : limit - items.length + 1
    const batch = await records.list<T>({ prefix: prefix + namePrefix, after: last, limit: wanted })
    for (const { key, value } of batch) {
      if (items.length === limit || examined === EXAMINED_MAX) {
        return { items, nextToken: encodeToken(last!.slice(prefix.length)) }
      }
      last = key
      examined++
      if (!matches || matches(value)) items.push(value)
    }
    if (batch.length < wanted) return { items }
  }
}
