/** Percent-encoding as signatures need it: RFC 3986 strictly, and decoding that never throws. */

/** Encodes all but the unreserved characters `A-Z a-z 0-9 - _ . ~`. */
export function encodeRfc3986(text: string): string {
  return PLAIN.test(text) ? text : encodeURIComponent(toWellFormed(text)).replace(LEFT_BY_ENCODE, encodeByte)
}

/** Undefined for what is not percent-encoded UTF-8. A `+` stays a `+`. */
export function decodePercent(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export interface QueryItem {
  /** Decoded. */
  key: string
  /** Decoded; undefined where the item had no `=`. */
  value: string | undefined
}

/** The items of a query in the order given, undefined when one is not percent-encoded UTF-8. */
export function queryItems(
  rawQuery: string,
  { plusIsSpace }: { plusIsSpace: boolean },
): QueryItem[] | undefined {
  const items: QueryItem[] = []
  if (rawQuery === '') return items
  for (const raw of rawQuery.split('&')) {
    if (raw === '') continue
    const text = plusIsSpace && raw.includes('+') ? raw.replaceAll('+', ' ') : raw
    const equals = text.indexOf('=')
    const key = decodePercent(equals < 0 ? text : text.slice(0, equals))
    const value = equals < 0 ? undefined : decodePercent(text.slice(equals + 1))
    if (key === undefined || (equals >= 0 && value === undefined)) return undefined
    items.push({ key, value })
  }
  return items
}

const PLAIN = /^[A-Za-z0-9\-_.~]*$/
const LEFT_BY_ENCODE = /[!'()*]/g
const encodeByte = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** A lone surrogate has no encoding; it becomes U+FFFD, as everywhere on the web. */
const toWellFormed = (text: string): string => text.toWellFormed()
