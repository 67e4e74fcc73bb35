/**
 * Load at a given rate, whether or not the earlier requests have been answered (an open loop): a server that
 * stalls is sent as much as ever, and a request counts from the time at which it was to be sent.
 */
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export interface Sent {
  /** When it was to be sent, since the start. */
  atMs: number
  /** When it was: a client that has no processor time is late. */
  sentMs: number
  /** From then until the last byte of its answer. */
  tookMs: number
  /** 0: there was no answer, and `body` says why. */
  status: number
  body: string
}

export interface RawRequest {
  url: string
  method: string
  headers: Record<string, string>
  body: string
}

/** For so long, so many requests a second. */
export interface Phase {
  perSecond: number
  durationMs: number
}

/** How often it is looked at what is due. */
const everyMs = 4
const answerTimeoutMs = 60_000

/** Sends what `next` makes, and answers when the last of it was answered. Failures are data. */
export async function steadyLoad(
  next: (index: number) => RawRequest,
  /** One after the other; nothing is sent after the signal. */
  phases: readonly Phase[],
  { signal, answered }: { signal?: AbortSignal; answered?: (sent: Sent) => void } = {},
): Promise<Sent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 })
  const startedMs = performance.now()
  const underWay: Promise<Sent>[] = []
  for (const atMs of dueTimes(phases)) {
    while (performance.now() - startedMs < atMs && !signal?.aborted) await pause(everyMs)
    if (signal?.aborted) break
    const sentMs = performance.now() - startedMs
    underWay.push(
      send(agent, next(underWay.length)).then((answer) => {
        const sent = { atMs, sentMs, tookMs: performance.now() - startedMs - atMs, ...answer }
        answered?.(sent)
        return sent
      }),
    )
  }
  const all = await Promise.all(underWay)
  agent.destroy()
  return all
}

function* dueTimes(phases: readonly Phase[]): Iterable<number> {
  let fromMs = 0
  for (const { perSecond, durationMs } of phases) {
    const count = Math.round((durationMs * perSecond) / 1000)
    for (let index = 0; index < count; index++) yield fromMs + (index * durationMs) / count
    fromMs += durationMs
  }
}

function send(
  agent: Agent,
  { url, method, headers, body }: RawRequest,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ status: 0, body: String(error) })
    const outgoing = httpRequest(url, { method, headers, agent, timeout: answerTimeoutMs }, (incoming) => {
      const chunks: Buffer[] = []
      incoming
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .once('error', failed)
        .once('end', () => resolve({ status: incoming.statusCode!, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.once('error', failed).once('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.end(body)
  })
}
