/** Wall-clock times of a time zone (IANA name) and the instants that they are. */
export interface LocalTime {
  year: number
  /** 1 to 12. */
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

/** Building a formatter costs far more than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>()
/** There are some 600 names; whoever sends many spellings gets no more memory than that. */
const formattersMax = 600

export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** What the clocks of the zone are ahead of UTC at an instant, ms, in whole seconds. Throws `RangeError` for no zone. */
export function offsetMs(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC') return 0
  const wholeMs = Math.floor(atMs / 1000) * 1000
  return utcOf(localTime(timeZone, wholeMs)) - wholeMs
}

/**
 * The first second, on the way from one instant to another (whole seconds, either way), at which the zone's offset is not
 * what it is at the beginning; undefined where it stays. No zone changes twice within a day.
 */
export function offsetChange(timeZone: string, fromMs: number, toMs: number): number | undefined {
  if (timeZone === 'UTC') return undefined
  const offset = offsetMs(timeZone, fromMs)
  const stepMs = Math.sign(toMs - fromMs) * dayMs
  for (let nearMs = fromMs; nearMs !== toMs; ) {
    const farMs = Math.abs(toMs - nearMs) <= dayMs ? toMs : nearMs + stepMs
    if (offsetMs(timeZone, farMs) !== offset) return firstOther(timeZone, offset, nearMs, farMs)
    nearMs = farMs
  }
  return undefined
}

function firstOther(timeZone: string, offset: number, fromMs: number, toMs: number): number {
  let [nearMs, farMs] = [fromMs, toMs]
  while (Math.abs(farMs - nearMs) > 1000) {
    const middleMs = nearMs + Math.trunc((farMs - nearMs) / 2000) * 1000
    if (offsetMs(timeZone, middleMs) === offset) nearMs = middleMs
    else farMs = middleMs
  }
  return farMs
}

/** The instant at which the clocks of the zone show a time: the first one where they show it twice, undefined where never. */
export function instantOf(timeZone: string, local: LocalTime): number | undefined {
  const asUtcMs = utcOf(local)
  // The offsets on both sides of any change that can be near.
  const offsets = [offsetMs(timeZone, asUtcMs - dayMs), offsetMs(timeZone, asUtcMs + dayMs)]
  const instants = offsets.map((offset) => asUtcMs - offset)
  return instants.sort((a, b) => a - b).find((ms) => ms + offsetMs(timeZone, ms) === asUtcMs)
}

export function localTime(timeZone: string, atMs: number): LocalTime {
  if (timeZone === 'UTC') {
    const date = new Date(atMs)
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    }
  }
  const parts = Object.fromEntries(
    formatterOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  return parts as unknown as LocalTime
}

/** The time read as if it were UTC, ms. */
export const utcOf = ({ year, month, day, hour, minute, second }: LocalTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second)

const dayMs = 86_400_000

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known) return known
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  if (formatters.size >= formattersMax) formatters.delete(formatters.keys().next().value!)
  formatters.set(timeZone, formatter)
  return formatter
}
