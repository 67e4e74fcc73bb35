import type { Readable } from 'node:stream'
import type { HttpInvocation, InvocationOutcome, Invoker } from '../ports/invocation.ts'
import { badResponse, timedOut } from './failure-bodies.ts'

/** What is kept of a response for a destination: as much as the event of an asynchronous invocation may have. */
const keptBytesMax = 128 * 1024

/**
 * An HTTP request that nobody waits for: passed to the custom runtime, its response read to the end. As the vendor, only
 * `x-fc-status: 404` says that the function failed, whatever the status. Of a longer response the first 128 KB are answered.
 */
export async function forwardQueued(
  invoker: Invoker,
  { body, ...invocation }: Omit<HttpInvocation, 'body'> & { body: Uint8Array },
): Promise<InvocationOutcome> {
  const { revision } = invocation
  const outcome = await invoker.forward({ ...invocation, body })
  if (outcome.outcome !== 'responded') return outcome
  const kept = await beginningOf(outcome.body)
  const report = await outcome.finished
  if (kept === undefined) {
    // The function has not failed, and is not charged with it.
    if (report.stopped) return { outcome: 'cancelled', stopped: true, report }
    const late = report.durationMs >= revision.timeoutMs
    return {
      outcome: 'unhandledError',
      because: late ? 'timeout' : 'crash',
      body: late
        ? timedOut({ timeoutMs: revision.timeoutMs, maxMemoryMb: report.maxMemoryMb })
        : badResponse('The response is incomplete.'),
      report,
    }
  }
  return saysFailed(outcome.rawHeaders)
    ? { outcome: 'unhandledError', because: 'handler', body: kept, report }
    : { outcome: 'succeeded', body: kept, report }
}

/** Reads all; undefined when it broke off. */
async function beginningOf(response: Readable | Uint8Array): Promise<Uint8Array | undefined> {
  if (response instanceof Uint8Array) return response.subarray(0, keptBytesMax)
  const chunks: Buffer[] = []
  let leftBytes = keptBytesMax
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (leftBytes > 0) chunks.push(chunk.subarray(0, leftBytes))
      leftBytes -= chunk.length
    }
  } catch {
    // The caller tells what broke it from how long it took.
    return undefined
  }
  return Buffer.concat(chunks)
}

/** In the headers of a response, names and values alternating. */
export const saysFailed = (rawHeaders: readonly string[]): boolean =>
  rawHeaders.some(
    (name, index) =>
      index % 2 === 0 && name.toLowerCase() === 'x-fc-status' && rawHeaders[index + 1]?.trim() === '404',
  )
