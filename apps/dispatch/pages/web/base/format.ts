/** Numbers as people read them. Times are milliseconds, ways metres, money hundredths of a yuan. */
import { type Language, tagOf } from './language.ts'

const MINUTE_MS = 60_000

export interface Format {
  /** 18:42 */
  clock(atMs: number): string
  /** 18:42:07 */
  clockSeconds(atMs: number): string
  /** Of what lasts: "3 min", "45 s", "1 h 5 min". */
  span(ms: number): string
  /** Whole minutes from now on, at least 0: what is late is not "in -3 min". */
  minutesUntil(atMs: number, nowMs: number): number
  /** Of what is measured in them: "85 ms", "1.2 s". */
  milliseconds(ms: number): string
  metres(metres: number): string
  money(cents: number): string
  count(value: number): string
  /** Of what was computed: two places. */
  measure(value: number): string
  /** 0 to 1 as "97.5 %"; "–" where there is nothing to divide by. */
  share(value: number | undefined): string
}

/** `timeZone`: of the reader, unless a test says so. */
export function formatFor(language: Language, timeZone?: string): Format {
  const tag = tagOf(language)
  const zone = timeZone === undefined ? {} : { timeZone }
  const hours: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...zone }
  const clock = new Intl.DateTimeFormat(tag, hours)
  const clockSeconds = new Intl.DateTimeFormat(tag, { ...hours, second: '2-digit' })
  const count = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 })
  const measure = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 })
  const money = new Intl.NumberFormat(tag, {
    style: 'currency',
    currency: 'CNY',
    currencyDisplay: 'narrowSymbol',
  })
  const share = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 })
  const units = language === 'zh' ? { h: '小时', min: '分钟', s: '秒', km: '公里', m: '米' } : UNITS
  return {
    clock: (atMs) => clock.format(atMs),
    clockSeconds: (atMs) => clockSeconds.format(atMs),
    span(ms) {
      const seconds = Math.max(0, Math.round(ms / 1000))
      if (seconds < 60) return `${seconds} ${units.s}`
      const minutes = Math.round(seconds / 60)
      if (minutes < 60) return `${minutes} ${units.min}`
      const rest = minutes % 60
      return `${Math.floor(minutes / 60)} ${units.h}${rest > 0 ? ` ${rest} ${units.min}` : ''}`
    },
    minutesUntil: (atMs, nowMs) => Math.max(0, Math.ceil((atMs - nowMs) / MINUTE_MS)),
    milliseconds: (ms) => (ms < 1000 ? `${count.format(ms)} ms` : `${count.format(ms / 1000)} s`),
    metres: (way) =>
      way < 1000 ? `${Math.round(way / 10) * 10} ${units.m}` : `${count.format(way / 1000)} ${units.km}`,
    money: (cents) => money.format(cents / 100),
    count: (value) => count.format(value),
    measure: (value) => measure.format(value),
    share: (value) => (value === undefined || !Number.isFinite(value) ? '–' : share.format(value)),
  }
}

const UNITS = { h: 'h', min: 'min', s: 's', km: 'km', m: 'm' }
