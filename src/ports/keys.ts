/**
 * What the keys of records and the names of streams have in common: text whose order is the order of its UTF-8 bytes.
 * JavaScript compares UTF-16 units, which differs beyond U+FFFF: '\u{1F600}' < '\uFF5E' there, but not in bytes.
 */
export const KEY_BYTES_MAX = 4096

/** A key that breaks these rules is a mistake of the caller, not a state it can meet. */
export function checkKey(key: string): void {
  if (key === '') throw new RangeError('a key is not empty')
  if (!key.isWellFormed()) throw new RangeError(`the key ${JSON.stringify(key)} is not well-formed Unicode`)
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) {
    throw new RangeError(`the key '${key.slice(0, 80)}…' is longer than ${KEY_BYTES_MAX} bytes`)
  }
}

export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new RangeError(`a limit is a whole number, not ${limit}`)
}

/** Negative, zero or positive, by the bytes of UTF-8. */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const unitA = a.charCodeAt(at)
    const unitB = b.charCodeAt(at)
    if (unitA !== unitB) return rank(unitA) - rank(unitB)
  }
  return a.length - b.length
}

/** Surrogates stand for code points beyond U+FFFF, so they come after U+E000–U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** The least key above every key that starts with `prefix`; undefined when there is none. */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
  }
  return undefined
}
