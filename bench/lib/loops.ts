/** Calls of one kind, one after the other on each of some connections, made by the bench itself: what differs is the server. */
import { Agent, request as httpRequest } from 'node:http'
import { percentile } from './statistics.ts'

export interface Loops {
  perSecond: number
  p50Ms: number
  p99Ms: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** `call` gets the number of its connection, and of the call. */
export async function loops(
  { connections, durationMs, callsMax = Number.POSITIVE_INFINITY }: { connections: number; durationMs: number; callsMax?: number }, // biome-ignore format: one line
  call: (connection: number, number: number) => Promise<unknown>,
): Promise<Loops> {
  const tookMs: number[] = []
  const startedMs = performance.now()
  let calls = 0
  await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      while (performance.now() - startedMs < durationMs && calls < callsMax) {
        const number = calls++
        const beganMs = performance.now()
        await call(connection, number)
        tookMs.push(performance.now() - beganMs)
      }
    }),
  )
  const elapsedMs = performance.now() - startedMs
  // Servers close what is idle for some seconds, which the next calls would find out too late.
  agent.destroy()
  return {
    perSecond: (tookMs.length * 1000) / elapsedMs,
    p50Ms: percentile(tookMs, 0.5) ?? 0,
    p99Ms: percentile(tookMs, 0.99) ?? 0,
  }
}

export interface RawRequest {
  url: string
  method: string
  headers: Record<string, string>
  body?: Uint8Array
}

/** Reads the answer to its end and throws it away; fails unless it is a success. Answers how many bytes there were. */
export const sendRaw = ({ url, method, headers, body }: RawRequest): Promise<number> =>
  new Promise((resolve, reject) => {
    const length = body ? { 'content-length': String(body.length) } : {}
    httpRequest(url, { method, agent, headers: { ...headers, ...length } }, (answer) => {
      let bytes = 0
      answer
        .on('data', (chunk: Buffer) => {
          bytes += chunk.length
        })
        .once('error', reject)
        .once('end', () =>
          answer.statusCode! < 300
            ? resolve(bytes)
            : reject(new Error(`${method} ${url}: ${answer.statusCode}`)),
        )
    })
      .once('error', reject)
      .end(body)
  })
