/** Where the stream of a tunnel begins and ends, as its creator says it. */
import type { RowStore } from '../../../ports/rows.ts'
import { parameterInvalid } from '../errors.ts'
import { type StreamTunnelConfigMessage, startFlag } from '../messages/tunnels.ts'
import { behindLast, firstSince } from '../stream-places.ts'
import type { TunnelRecord } from './tunnel.ts'

const HOUR_MS = 3_600_000
/** The vendor's distance from what is about to be removed. */
const MARGIN_MS = 5 * 60_000

export interface StreamSection {
  /** Of the first change. Undefined: by `isEarliest`. */
  startMs: number | undefined
  /** The oldest that is kept; else those from now on. */
  isEarliest: boolean
  /** Undefined: it has no end. */
  endMs: number | undefined
}

/** Throws unless the start is in what the stream keeps, and the end behind it. */
export function sectionOf(
  { flag, startOffset, endOffset }: StreamTunnelConfigMessage,
  expirationHours: number,
  nowMs: number,
): StreamSection {
  const startMs = msOf(startOffset)
  const endMs = msOf(endOffset)
  const oldestMs = nowMs - expirationHours * HOUR_MS + MARGIN_MS
  if (startMs !== undefined && (startMs < oldestMs || startMs > nowMs))
    throw parameterInvalid('The start offset of the tunnel is not in the time that the stream keeps.')
  if (endMs !== undefined && endMs <= (startMs ?? nowMs))
    throw parameterInvalid('The end offset of the tunnel must be greater than its start offset.')
  return { startMs, isEarliest: startMs === undefined && flag === startFlag.earliest, endMs }
}

/** The key of the first change of a section; undefined where the log is empty, so that every change comes behind it. */
export async function startOf(
  { startMs, isEarliest }: StreamSection,
  rows: RowStore,
  changesTable: string,
): Promise<Uint8Array | undefined> {
  if (startMs !== undefined) return firstSince(rows, changesTable, BigInt(startMs) * 1000n)
  return isEarliest ? undefined : behindLast(rows, changesTable)
}

/**
 * The vendor's pages have milliseconds (Java) and nanoseconds (Go) for what both SDKs send as it is: numbers are taken
 * by their length. 0 is what the SDKs hold for nothing.
 */
function msOf(offset: bigint | undefined): number | undefined {
  if (offset === undefined || offset === 0n) return undefined
  if (offset < 0n) throw parameterInvalid('An offset of the tunnel is out of range.')
  if (offset < 10n ** 14n) return Number(offset)
  return Number(offset < 10n ** 17n ? offset / 1000n : offset / 1_000_000n)
}

type KeptConfig = NonNullable<TunnelRecord['config']>

export const keptConfig = ({ flag, startOffset, endOffset }: StreamTunnelConfigMessage): KeptConfig => ({
  ...(flag === undefined ? {} : { flag }),
  ...(startOffset === undefined ? {} : { startOffset: String(startOffset) }),
  ...(endOffset === undefined ? {} : { endOffset: String(endOffset) }),
})

export const configMessage = ({ flag, startOffset, endOffset }: KeptConfig): StreamTunnelConfigMessage => ({
  flag,
  startOffset: startOffset === undefined ? undefined : BigInt(startOffset),
  endOffset: endOffset === undefined ? undefined : BigInt(endOffset),
})
