import { invalidArgument } from '../errors.ts'
import { type Page, pageOf } from '../paging.ts'

/** As `pageOf`, and `startKey`: the first name that is wanted. It says nothing once there is a `nextToken`. */
export function pageFrom(query: URLSearchParams): Page {
  const page = pageOf(query)
  const startKey = query.get('startKey')
  return page.after === undefined && startKey ? { ...page, after: justBelow(startKey) } : page
}

const NAME = /^[A-Za-z0-9_.-]{1,256}$/

/** Above every name that is less than this one: no name has a character beyond `z`, and `~` is. */
function justBelow(name: string): string {
  if (!NAME.test(name)) throw invalidArgument(`startKey is set to an invalid value (actual: '${name}')`)
  return `${name.slice(0, -1)}${String.fromCharCode(name.charCodeAt(name.length - 1) - 1)}~`
}

/** The query that asks an operation of API 2023-03-30 for this page. */
export const queryOf = ({ limit, after }: Page, prefix: string | null): Record<string, string> => ({
  limit: String(limit),
  prefix: prefix ?? '',
  ...(after === undefined ? {} : { nextToken: Buffer.from(after).toString('base64url') }),
})

/** A page of names that are all in memory, in order. */
export function pageOfNames(
  names: readonly string[],
  { namePrefix, page: { limit, after } }: { namePrefix: string; page: Page },
): { names: string[]; nextToken?: string } {
  const found = names.filter((name) => name.startsWith(namePrefix) && (after === undefined || name > after))
  const shown = found.slice(0, limit)
  if (found.length <= limit) return { names: shown }
  return { names: shown, nextToken: Buffer.from(shown.at(-1)!).toString('base64url') }
}
