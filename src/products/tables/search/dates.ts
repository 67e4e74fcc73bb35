/** Dates of a search index, as milliseconds since the epoch: parts of a millisecond are kept as fractions. */

/** A number of so many digits at most, and what one of its units is in milliseconds: the vendor tells them apart so. */
const UNITS = [
  { digits: 10, ms: 1000 },
  { digits: 13, ms: 1 },
  { digits: 16, ms: 1e-3 },
  { digits: 19, ms: 1e-6 },
]

export function dateOfNumber(value: bigint): number {
  const { length } = String(value < 0n ? -value : value)
  const { ms } = UNITS.find(({ digits }) => length <= digits) ?? UNITS.at(-1)!
  return ms >= 1 ? Number(value) * ms : Number(value) / Math.round(1 / ms)
}

/** Tried when the schema has none. */
const USUAL_FORMATS = [
  "yyyy-MM-dd'T'HH:mm:ss.SSSX",
  "yyyy-MM-dd'T'HH:mm:ssX",
  'yyyy-MM-dd HH:mm:ss.SSS',
  'yyyy-MM-dd HH:mm:ss',
  'yyyy-MM-dd',
]

/** Undefined for a text that is no date of any of the formats. */
export function dateOfText(text: string, formats: readonly string[] = []): number | undefined {
  for (const format of formats.length > 0 ? formats : USUAL_FORMATS) {
    const date = parse(text, format)
    if (date !== undefined) return date
  }
  return undefined
}

const PARTS: Record<string, string> = {
  yyyy: '(?<year>\\d{4})',
  MM: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{1,2})',
  ss: '(?<second>\\d{1,2})',
}
const ZONE = '(?<zone>Z|[+-]\\d{2}:?\\d{2})'
const PIECES = /'([^']*)'|yyyy|MM|dd|HH|mm|ss|S+|X+|Z+|[\s\S]/g

/** Patterns of formats that were met: schemas have few, and each is asked for every row. */
const patterns = new Map<string, RegExp | undefined>()
const PATTERNS_MAX = 200

function patternOf(format: string): RegExp | undefined {
  if (patterns.has(format)) return patterns.get(format)
  const text = format.replace(PIECES, (piece, quoted: string | undefined) => {
    if (quoted !== undefined) return escaped(quoted === '' ? "'" : quoted)
    if (piece.startsWith('S')) return '(?<fraction>\\d{1,9})'
    if (piece.startsWith('X') || piece.startsWith('Z')) return ZONE
    return PARTS[piece] ?? escaped(piece)
  })
  let pattern: RegExp | undefined
  try {
    pattern = new RegExp(`^${text}$`)
  } catch {
    // A format that names a part twice matches nothing.
  }
  if (patterns.size >= PATTERNS_MAX) patterns.clear()
  patterns.set(format, pattern)
  return pattern
}

function parse(text: string, format: string): number | undefined {
  const found = patternOf(format)?.exec(text)
  if (!found) return undefined
  const { year = '1970', month = '1', day = '1', hour = '0', minute = '0', second = '0' } = found.groups ?? {}
  const parts = [
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ] as const
  const whole = Date.UTC(...parts)
  const read = new Date(whole)
  // The 30th of February is none.
  if (read.getUTCMonth() !== parts[1] || read.getUTCDate() !== parts[2] || parts[3] > 23) return undefined
  const fraction = Number(`0.${found.groups?.fraction ?? 0}`) * 1000
  return whole + fraction - (zoneMs(found.groups?.zone ?? 'Z') ?? 0)
}

/** How far ahead of UTC, like `+08:00`; undefined for something else. */
export function zoneMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'UTC') return 0
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  if (!found) return undefined
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * 60_000
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
