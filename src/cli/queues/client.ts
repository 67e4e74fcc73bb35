/** Queues and topics (MNS) as the commands call them: signed requests, refusals in words that say what to do. */
import type { IncomingMessage } from 'node:http'
import { signMns } from '../../lib/signing/mns.ts'
import { encodeRfc3986 } from '../../lib/signing/percent.ts'
import { type XmlContent, xmlDocument } from '../../lib/xml.ts'
import { childrenOf, MalformedXml, readXmlBytes, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import type { Arguments } from '../command.ts'
import { CommandFailed, PlatformRefused } from '../errors.ts'
import { exchange, wholeBody } from '../http.ts'
import { findProduct, type ProductConnection } from '../product.ts'
import type { Terminal } from '../terminal.ts'

export interface QueuesAsk {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Parts of the path, not encoded: `['queues', 'q']`. */
  path: readonly string[]
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  /** The document of the body. */
  document?: { root: string; content: XmlContent }
  /** How long the platform may hold the call before it answers, beside its work. */
  waitMs?: number
}

export interface Queues extends ProductConnection {
  /** The answer's document; undefined where it has none. Throws `PlatformRefused`. */
  ask(ask: QueuesAsk): Promise<XmlElement | undefined>
  /** Every element of a list, page by page. */
  list(ask: Omit<QueuesAsk, 'method'>, element: string): AsyncGenerator<XmlElement>
}

const CALL_TIMEOUT_MS = 60_000
const PAGE_SIZE = '1000'

export async function connectQueues(args: Arguments, terminal: Terminal): Promise<Queues> {
  const connection = await findProduct(args, terminal, 'mns')
  const { endpoint, credentials, region } = connection
  const { clock, signal } = terminal

  async function ask({ method, path, query = {}, headers = {}, document, waitMs = 0 }: QueuesAsk) {
    const rawPath = `/${path.map(encodeRfc3986).join('/')}`
    const rawQuery = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeRfc3986(value)}`)
      .join('&')
    const url = new URL(rawPath + (rawQuery === '' ? '' : `?${rawQuery}`), endpoint)
    const body = document && Buffer.from(xmlDocument(document.root, document.content))
    const signed = signMns(
      {
        method,
        rawPath,
        rawQuery,
        headers: {
          host: url.host,
          ...(body ? { 'content-type': 'text/xml', 'content-length': String(body.length) } : {}),
          ...headers,
        },
      },
      credentials,
      { nowMs: clock.now(), region },
    )
    const timeoutMs = CALL_TIMEOUT_MS + waitMs
    const response = await exchange({
      method,
      url,
      headers: signed,
      ...(body ? { body } : {}),
      timeoutMs,
      clock,
      signal,
    })
    return answerOf(response, path, connection)
  }

  return {
    ...connection,
    ask,
    async *list(wish, element) {
      let marker: string | undefined
      do {
        const headers = {
          ...wish.headers,
          'x-mns-ret-number': PAGE_SIZE,
          ...(marker === undefined ? {} : { 'x-mns-marker': marker }),
        }
        const root = await ask({ ...wish, method: 'GET', headers })
        if (!root) return
        yield* childrenOf(root, element)
        marker = textOf(root, 'NextMarker')
      } while (marker)
    },
  }
}

async function answerOf(
  response: IncomingMessage,
  path: readonly string[],
  { endpoint, credentials }: ProductConnection,
): Promise<XmlElement | undefined> {
  const status = response.statusCode ?? 500
  const body = await wholeBody(response)
  let root: XmlElement | undefined
  try {
    if (body.length > 0) root = readXmlBytes(body)
  } catch (error) {
    if (!(error instanceof MalformedXml)) throw error
    throw new CommandFailed(
      `${endpoint.origin} did not answer as queues and topics do (HTTP ${status}). Is the endpoint right?`,
      { cause: error },
    )
  }
  if (status < 400) return root
  const code = (root && textOf(root, 'Code')) ?? `HTTP ${status}`
  const message = (root && textOf(root, 'Message')) ?? ''
  const requestId = root && textOf(root, 'RequestId')
  const hint = hints[code]?.({ name: path[1] ?? '', accessKeyId: credentials.accessKeyId })
  throw new PlatformRefused({
    status,
    code,
    message: hint === undefined ? message : `${hint}\n${message}`,
    ...(requestId === undefined ? {} : { requestId }),
  })
}

const hints: Readonly<Record<string, (about: { name: string; accessKeyId: string }) => string>> = {
  QueueNotExist: ({ name }) =>
    `There is no queue ${name}. hanshu mns list shows those there are, hanshu mns create ${name} makes it.`,
  TopicNotExist: ({ name }) =>
    `There is no topic ${name}. hanshu mns list shows those there are, hanshu mns create ${name} --topic makes it.`,
  AccessDenied: ({ accessKeyId }) => `The access key ${accessKeyId} may not do this by its policies.`,
}
