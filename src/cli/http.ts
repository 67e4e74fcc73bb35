/** One HTTP request over node:http: streamed both ways, with a bound on the wait for an answer, and no surprise retries. */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { CommandFailed } from './errors.ts'

export interface Exchange {
  method: string
  url: URL
  headers: OutgoingHttpHeaders
  body?: string | Uint8Array | Readable
  /** How long the head of the answer may take; absent: as long as it takes. */
  timeoutMs?: number
  clock: Clock
  signal: AbortSignal
}

/** The whole answer of a control call is held in memory; this bounds it. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

export function exchange({
  method,
  url,
  headers,
  body,
  timeoutMs,
  clock,
  signal,
}: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, { method, headers, signal, agent: false })
    const cancelTimeout =
      timeoutMs === undefined
        ? () => {}
        : clock.after(timeoutMs, () =>
            request.destroy(new CommandFailed(`${url.origin} did not answer within ${timeoutMs / 1000} s.`)),
          )
    request.once('response', (response) => {
      cancelTimeout()
      resolve(response)
    })
    request.once('error', (error) => {
      cancelTimeout()
      reject(worded(error, url))
    })
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      request.end(body)
    } else {
      body.once('error', (error) => request.destroy(error))
      body.pipe(request)
    }
  })
}

export async function wholeBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of response) {
    sizeBytes += (chunk as Buffer).length
    if (sizeBytes > ANSWER_BYTES_MAX) throw new CommandFailed('The answer is larger than 64 MiB.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Lines of a body that may go on for long. Throws when it breaks off in the middle. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let pending = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response) {
      const lines = (pending + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
      pending = lines.pop()!
      yield* lines
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    throw new CommandFailed('The connection to the platform ended in the middle of its answer.', {
      cause: error,
    })
  }
  if (pending !== '') yield pending
}

function worded(error: NodeJS.ErrnoException, url: URL): Error {
  if (error instanceof CommandFailed || error.name === 'AbortError') return error
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') {
    return new CommandFailed(
      `The platform is not running: nothing answers at ${url.origin}.\nStart it with: hanshu up (or npm start, in its folder)`,
      { cause: error },
    )
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new CommandFailed(`There is no host ${url.hostname}. Is the endpoint right?`, { cause: error })
  }
  return new CommandFailed(`The connection to ${url.origin} broke: ${error.message}`, { cause: error })
}
