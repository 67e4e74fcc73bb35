/** Months and days of a bill are those of UTC+8, as on the vendor's, wherever the platform is. */
export const billingZone = 'UTC+8'
const aheadMs = 8 * 3_600_000

/** `2026-11`: from its first to before its last moment; undefined for what is no month. */
export function monthOf(text: string): { fromMs: number; toMs: number } | undefined {
  const match = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(text)
  if (!match) return undefined
  const [year, month] = [Number(match[1]), Number(match[2])]
  return { fromMs: Date.UTC(year, month - 1) - aheadMs, toMs: Date.UTC(year, month) - aheadMs }
}

/** The time in the zone of the bill: `2026-11-03T14`, of which a month, a day and an hour are the first 7, 10 and 13 characters. */
export const billingTime = (timeMs: number): string => new Date(timeMs + aheadMs).toISOString().slice(0, 13)
