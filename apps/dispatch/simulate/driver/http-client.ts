/** Requests over kept connections, one at a time on each; an answer, or why there is none. Bodies of answers are bounded. */
import { Agent, type IncomingMessage, request } from 'node:http'

export interface Call {
  method: string
  url: URL
  headers: Record<string, string>
  body: string | Uint8Array
}

export interface Reply {
  status: number
  headers: IncomingMessage['headers']
  text: string
}

export interface HttpClient {
  /** @throws Error when the connection broke, the answer was too long, or it took longer than `timeoutMs` */
  send(call: Call): Promise<Reply>
  /** The answer as it comes; aborted by the signal. */
  stream(call: Call, signal: AbortSignal): Promise<IncomingMessage>
  close(): void
}

/** All open orders of a busy merchant are some hundred kilobytes. */
const longestReply = 8 * 1024 * 1024

export function createHttpClient({
  connections,
  timeoutMs,
}: {
  connections: number
  timeoutMs: number
}): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections })
  // Streams last, and so do not count among the connections of calls.
  const streams = new Agent({ keepAlive: false })

  function begin(call: Call, options: { agent: Agent; signal: AbortSignal }): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method, url, headers, body } = call
      const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      const withLength = method === 'GET' ? headers : { ...headers, 'content-length': String(length) }
      request(url, { method, headers: withLength, ...options })
        .on('response', resolve)
        .on('error', reject)
        .end(body)
    })
  }

  return {
    async send(call) {
      const reply = await begin(call, { agent, signal: AbortSignal.timeout(timeoutMs) })
      const parts: Buffer[] = []
      let size = 0
      for await (const part of reply as AsyncIterable<Buffer>) {
        size += part.length
        if (size > longestReply) throw new Error(`an answer of more than ${longestReply} bytes`)
        parts.push(part)
      }
      return {
        status: reply.statusCode!,
        headers: reply.headers,
        text: Buffer.concat(parts).toString('utf8'),
      }
    },
    stream: (call, signal) => begin(call, { agent: streams, signal }),
    close() {
      agent.destroy()
      streams.destroy()
    },
  }
}
