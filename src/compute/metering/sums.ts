import { type Charged, chargedOf, summandOf } from './entry.ts'
import { hourMs } from './held-time.ts'
import { hourKey, lostKey } from './hour-keys.ts'
import { addTo, addUsage, type Tally, type UsageByKind, usageOf } from './usage.ts'

/**
 * What lines of the ledger add, by the key of the record. Most lines of a batch are of few functions: times are added up
 * first, as they are, and multiplied by resources once. No more lines than `sumLinesMax`, so that no time is too large.
 */
export function sumsOf(lines: readonly string[]): {
  hours: Map<string, UsageByKind>
  lost: Map<string, number>
} {
  if (lines.length > sumLinesMax) throw new RangeError(`no more than ${sumLinesMax} lines are summed at once`)
  const tallies = new Map<string, KeyTally>()
  const lost = new Map<string, number>()
  /** Of the line before. */
  let last: KeyTally | undefined
  for (const line of lines) {
    const summand = summandOf(line, last?.text)
    const { is, endedMs, first } = summand
    if (is === 'lost') {
      const key = lostKey(endedMs)
      lost.set(key, (lost.get(key) ?? 0) + first)
      continue
    }
    const isAsBefore = last !== undefined && last.text === summand.charged && hourOf(last) === hourOf(summand)
    if (!isAsBefore) {
      const same = `${hourOf(summand)}\t${summand.charged}`
      last = tallies.get(same)
      if (!last) {
        const charged = chargedOf(summand.charged)
        last = { requests: 0, ms: 0, cpuMs: 0, charged, text: summand.charged, endedMs }
        tallies.set(same, last)
      }
    }
    addTo(last!, summand, last!.charged.kind)
  }
  const hours = new Map<string, UsageByKind>()
  for (const { charged, endedMs, ...tally } of tallies.values()) {
    const key = hourKey(charged.accountId, { endedMs, ...charged })
    const sum = hours.get(key) ?? {}
    hours.set(key, sum)
    addUsage(sum, charged.kind, usageOf(charged, tally))
  }
  return { hours, lost }
}

interface KeyTally extends Tally {
  charged: Charged
  text: string
  endedMs: number
}

const hourOf = ({ endedMs }: { endedMs: number }): number => Math.floor(endedMs / hourMs)

/** A call has a day at most: 2^53 ms are a hundred million days. */
export const sumLinesMax = 100_000
