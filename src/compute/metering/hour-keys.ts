/** Keys of the records of the ledger. Hours are those of UTC, `2026-11-03T14Z`, so that their order is that of time. */

/** How far the journal is in the ledger. */
export const positionKey = 'metering/position'
/** Attempts of the asynchronous queue that are charged and whose outcomes are not written. */
export const unsettledKey = 'metering/unsettled'

const hoursPrefix = (accountId: string): string => `metering/hours/${accountId}/`

export const hourText = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 13)}Z`

export function hourKey(
  accountId: string,
  { endedMs, region, functionName }: { endedMs: number; region: string; functionName: string },
): string {
  return `${hoursPrefix(accountId)}${hourText(endedMs)}/${region}/${functionName}`
}

export function readHourKey(key: string): { hourMs: number; region: string; functionName: string } {
  const [hour, region, functionName] = key.split('/').slice(3)
  return { hourMs: Date.parse(`${hour!.slice(0, -1)}:00:00Z`), region: region!, functionName: functionName! }
}

/** The keys of the hours that begin in a time: after `after`, while they are below `end`. */
export function hourRange(accountId: string, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  const prefix = hoursPrefix(accountId)
  const start = Math.ceil(fromMs / 3_600_000) * 3_600_000
  const end = Math.ceil(toMs / 3_600_000) * 3_600_000
  // Without the Z: before every key of that hour.
  return { prefix, after: prefix + hourText(start).slice(0, -1), end: prefix + hourText(end).slice(0, -1) }
}

export const lostPrefix = 'metering/lost/'
export const lostKey = (endedMs: number): string => lostPrefix + hourText(endedMs)
