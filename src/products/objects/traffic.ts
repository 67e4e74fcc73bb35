/** `x-oss-traffic-limit`: how fast the bytes of one request may go, by the wish of whoever asks. */
import { Readable } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { Reply } from '../../wire/operation.ts'
import { invalidArgument } from './errors.ts'

export const TRAFFIC_PARAMETER = 'x-oss-traffic-limit'

/** The vendor's bounds, in bits per second: 100 KiB and 100 MiB. */
const BITS_MIN = 819_200
const BITS_MAX = 838_860_800

/** What passes in one go, and what a pause may be made up for by. */
const BURST_MS = 100

export interface Pacing {
  /** Undefined: as fast as can be. */
  bytesPerSecond: number | undefined
  clock: Clock
  /** Ends a wait; what waits then fails. */
  signal: AbortSignal
}

/** In a header, or in the query, not in both (EC 0004-00000501; of other values, 0004-00000502). */
export function trafficLimitOf(
  headers: Readonly<Record<string, string | undefined>>,
  query = new URLSearchParams(),
): number | undefined {
  const inHeader = headers[TRAFFIC_PARAMETER]
  const inQuery = query.get(TRAFFIC_PARAMETER) ?? undefined
  if (inHeader !== undefined && inQuery !== undefined)
    throw invalidArgument(TRAFFIC_PARAMETER, `${inHeader}, ${inQuery}`)
  const text = inHeader ?? inQuery
  if (text === undefined) return undefined
  const bits = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(bits >= BITS_MIN && bits <= BITS_MAX)) throw invalidArgument(TRAFFIC_PARAMETER, text)
  return bits / 8
}

/**
 * The same bytes, on average no faster than the limit: a piece goes when the time that it takes has passed. A pause of
 * the source or the reader is made up for by at most a burst.
 */
export const paced = (
  source: AsyncIterable<Uint8Array>,
  { bytesPerSecond, clock, signal }: Pacing,
): AsyncIterable<Uint8Array> =>
  bytesPerSecond === undefined ? source : slowed(source, { bytesPerSecond, clock, signal })

async function* slowed(
  source: AsyncIterable<Uint8Array>,
  { bytesPerSecond, clock, signal }: Pacing & { bytesPerSecond: number },
): AsyncGenerator<Uint8Array> {
  const pieceBytesMax = Math.max(1, Math.floor((bytesPerSecond * BURST_MS) / 1000))
  let dueMs = clock.monotonicMs()
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += pieceBytesMax) {
      const piece = chunk.subarray(at, at + pieceBytesMax)
      dueMs = Math.max(dueMs, clock.monotonicMs() - BURST_MS) + (piece.length * 1000) / bytesPerSecond
      await until(dueMs, clock, signal)
      yield piece
    }
  }
}

async function until(dueMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const waitMs = dueMs - clock.monotonicMs()
  if (waitMs <= 0) return
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.after(waitMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** An answer whose body keeps to the limit. */
export function pacedReply(reply: Reply, pacing: Pacing): Reply {
  const { body } = reply
  if (body === undefined || pacing.bytesPerSecond === undefined) return reply
  if (body instanceof Readable) {
    const stream = Readable.from(paced(body, pacing), { objectMode: false })
    // One that ends before it was begun would leave its source open.
    stream.once('close', () => body.destroy())
    return { ...reply, body: stream }
  }
  const bytes = Buffer.from(body as string)
  return {
    ...reply,
    headers: { ...reply.headers, 'content-length': String(bytes.length) },
    body: Readable.from(paced(Readable.from([bytes]), pacing), { objectMode: false }),
  }
}
