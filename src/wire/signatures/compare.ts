/** How far a request's date may be from ours, either way; the vendor's number. */
const SKEW_MS_MAX = 15 * 60_000

/** `dateMs` may be NaN, of a date that could not be read: that is skewed. */
export const isSkewed = (dateMs: number, nowMs: number): boolean => !(Math.abs(nowMs - dateMs) <= SKEW_MS_MAX)

/** The part of a request that signatures are about; `RequestHead` has it. */
export interface SignedRequest {
  method: string
  /** Percent-encoded, as received. */
  rawPath: string
  rawQuery: string
  /** Lower-case names, as Node reads them: one character per byte. */
  headers: Readonly<Record<string, string | string[] | undefined>>
}

export function headerOf({ headers }: SignedRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
