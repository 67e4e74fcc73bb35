import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../lib/clock.ts'
import { isWithin, lookupWithin, NotPublicAddress, type Reach } from '../../wire/reach.ts'

export type CallbackOutcome = { is: 'answered'; body: Buffer } | { is: 'failed'; reason: string }

/** The vendor's limit of an application's answer. */
const ANSWER_BYTES_MAX = 1024 * 1024

/** One POST, without following redirects. An answer is 200 with a JSON document. */
export async function postOnce(
  url: URL,
  {
    reach,
    body,
    headers,
    sni,
    timeoutMs,
    clock,
    signal,
  }: {
    reach: Reach
    body: string
    headers: Record<string, string>
    sni: boolean
    timeoutMs: number
    clock: Clock
    signal: AbortSignal
  },
): Promise<CallbackOutcome> {
  const late = new AbortController()
  const cancel = clock.after(timeoutMs, () => late.abort(new Error('it took too long')))
  try {
    if (!isWithin(reach, url)) throw new NotPublicAddress(url.hostname)
    const bytes = Buffer.from(body)
    const options: RequestOptions & { servername?: string } = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length) },
      signal: AbortSignal.any([late.signal, signal]),
      agent: false,
      ...lookupWithin(reach),
      ...(sni ? {} : { servername: '' }),
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      send(url, options, resolve).on('error', reject).end(bytes)
    })
    const received = await collected(answer)
    if (received === undefined) return { is: 'failed', reason: 'Response body is too long.' }
    if (answer.statusCode !== 200) return { is: 'failed', reason: `Error status : ${answer.statusCode}.` }
    if (!isJson(received)) return { is: 'failed', reason: 'Response body is not valid json format.' }
    return { is: 'answered', body: received }
  } catch (error) {
    const why = late.signal.aborted ? late.signal.reason : error
    return { is: 'failed', reason: `Error status : -1. ${why instanceof Error ? why.message : String(why)}` }
  } finally {
    cancel()
  }
}

/** Undefined when there is more than is taken. */
async function collected(answer: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > ANSWER_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}
