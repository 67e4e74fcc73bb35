/** Asking the origin of a mirror for an object. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import { isWithin, lookupWithin, NotPublicAddress, type Reach } from '../../wire/reach.ts'

/** The vendor's: for an answer to begin, at each address; here also for a pause in it. */
const TIMEOUT_MS = 10_000
const REDIRECTS_MAX = 10

export interface OriginRequest {
  reach: Reach
  /** For the origin only, not for where it leads. */
  headers: Readonly<Record<string, string>>
  follows: boolean
  clock: Clock
  signal: AbortSignal
}

export interface OriginAnswer {
  status: number
  headers: IncomingMessage['headers']
  /** To be read to its end or destroyed. */
  body: IncomingMessage
}

/** Throws where nothing is answered in time, or an address is out of reach. */
export async function askOrigin(origin: URL, request: OriginRequest): Promise<OriginAnswer> {
  let url = origin
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const headers = url.origin === origin.origin ? request.headers : {}
    const body = await getOnce(url, { ...request, headers })
    const status = body.statusCode ?? 0
    const { location } = body.headers
    if (!request.follows || status < 300 || status > 399 || location === undefined)
      return { status, headers: body.headers, body }
    body.destroy()
    url = new URL(location, url)
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Error(`the origin leads to ${url.protocol}`)
  }
  throw new Error(`the origin leads on more than ${REDIRECTS_MAX} times`)
}

async function getOnce(
  url: URL,
  { reach, headers, clock, signal }: Omit<OriginRequest, 'follows'>,
): Promise<IncomingMessage> {
  if (!isWithin(reach, url)) throw new NotPublicAddress(url.hostname)
  const late = new AbortController()
  const cancel = clock.after(TIMEOUT_MS, () => late.abort(new Error('the origin took too long')))
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      const options = {
        headers: { 'accept-encoding': 'identity', 'user-agent': 'aliyun-oss-mirror', ...headers },
        signal: AbortSignal.any([late.signal, signal]),
        agent: false,
        servername: isIP(url.hostname) ? '' : url.hostname,
        ...lookupWithin(reach),
      } as const
      send(url, options, resolve)
        .on('error', (error) => reject(late.signal.aborted ? late.signal.reason : error))
        .end()
    })
  } finally {
    cancel()
  }
}

/** The bytes of an answer; a pause in them that is too long breaks it off. Time that the reader takes does not count. */
export async function* inTime(body: IncomingMessage, clock: Clock): AsyncGenerator<Uint8Array> {
  const arm = () => clock.after(TIMEOUT_MS, () => body.destroy(new Error('the origin paused for too long')))
  let cancel = arm()
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      cancel()
      yield chunk
      cancel = arm()
    }
  } finally {
    cancel()
    body.destroy()
  }
}
