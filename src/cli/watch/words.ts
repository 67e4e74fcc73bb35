/** Figures as they are read in a narrow column. */

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '-'
  if (ms < 10) return `${ms.toFixed(1)}ms`
  if (ms < 1000) return `${Math.round(ms)}ms`
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)}s` : `${Math.round(ms / 1000)}s`
}

/** `45s`, `12m`, `3h12m`, `4d6h` */
export function age(seconds: number | undefined): string {
  if (seconds === undefined) return '-'
  if (seconds < 60) return `${Math.round(seconds)}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`
}

export const perSecond = (rate: number): string =>
  rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : Math.round(rate).toString()

/** Nothing that a terminal would obey. */
export const harmless = (text: string): string => text.replace(/[\0-\x1f\x7f-\x9f]/g, '?')

/** The end is what tells two long names apart as often as the begin. */
export function fitted(text: string, width: number): string {
  const clean = harmless(text)
  if (clean.length <= width) return clean.padEnd(width)
  const tail = Math.floor((width - 1) / 3)
  return `${clean.slice(0, width - 1 - tail)}~${clean.slice(clean.length - tail)}`
}
