/** Object Storage as the commands call it: signed requests, refusals in words that say what to do. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { signOssV4 } from '../../lib/signing/oss.ts'
import { encodeRfc3986 } from '../../lib/signing/percent.ts'
import { MalformedXml, readXmlBytes, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import type { Arguments } from '../command.ts'
import { CommandFailed, PlatformRefused } from '../errors.ts'
import { exchange, wholeBody } from '../http.ts'
import { findProduct, type ProductConnection } from '../product.ts'
import type { Terminal } from '../terminal.ts'

export interface Ask {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  bucket?: string
  key?: string
  query?: Readonly<Record<string, string | undefined>>
  /** Of a body that streams: with its `content-length`. */
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array | Readable
  /** Default: that of the terminal. */
  signal?: AbortSignal
}

export interface ObjectStorage extends ProductConnection {
  /** The answer as it comes, its body unread, once it is known to be no refusal. Throws `PlatformRefused`. */
  open(ask: Ask): Promise<IncomingMessage>
  /** As `open`, with the body read and thrown away: what counts is in the headers. */
  headersOf(ask: Ask): Promise<IncomingMessage['headers']>
  /** As `open`, with the body as XML. */
  document(ask: Ask): Promise<{ root: XmlElement; headers: IncomingMessage['headers'] }>
  urlOf(ask: Pick<Ask, 'bucket' | 'key'>, rawQuery: string): URL
}

/** What carries no content answers within this. */
const CALL_TIMEOUT_MS = 60_000

export async function connectObjects(args: Arguments, terminal: Terminal): Promise<ObjectStorage> {
  const connection = await findProduct(args, terminal, 'oss')
  return objectStorage(connection, terminal)
}

export function objectStorage(connection: ProductConnection, terminal: Terminal): ObjectStorage {
  const { endpoint, credentials, region } = connection

  const urlOf: ObjectStorage['urlOf'] = (place, rawQuery) =>
    new URL(`${rawPathOf(place)}${rawQuery === '' ? '' : `?${rawQuery}`}`, endpoint)

  async function send(ask: Ask): Promise<IncomingMessage> {
    const { method, bucket, key, body, signal = terminal.signal } = ask
    const rawQuery = Object.entries(ask.query ?? {})
      .filter((item): item is [string, string] => item[1] !== undefined)
      .map(([name, value]) => (value === '' ? name : `${name}=${encodeRfc3986(value)}`))
      .join('&')
    const url = urlOf({ ...(bucket === undefined ? {} : { bucket }), ...(key ? { key } : {}) }, rawQuery)
    const headers = signOssV4(
      {
        method,
        resource: { bucket, object: key },
        rawQuery,
        headers: {
          host: url.host,
          ...(body instanceof Uint8Array ? { 'content-length': String(body.length) } : {}),
          ...ask.headers,
        },
      },
      credentials,
      { nowMs: terminal.clock.now(), region },
    )
    const streams = body !== undefined && !(body instanceof Uint8Array)
    return exchange({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      // Copies are answered when they are made, streams when they are over: nobody knows how long that takes.
      ...(streams || ask.headers?.['x-oss-copy-source'] ? {} : { timeoutMs: CALL_TIMEOUT_MS }),
      clock: terminal.clock,
      signal,
    })
  }

  async function open(ask: Ask): Promise<IncomingMessage> {
    const response = await send(ask)
    if ((response.statusCode ?? 500) >= 300) throw await refusalOf(response, ask, connection)
    return response
  }

  return {
    ...connection,
    urlOf,
    open,
    async headersOf(ask) {
      const response = await open(ask)
      await wholeBody(response)
      return response.headers
    },
    async document(ask) {
      const response = await open(ask)
      const body = await wholeBody(response)
      try {
        return { root: readXmlBytes(body), headers: response.headers }
      } catch (error) {
        if (!(error instanceof MalformedXml)) throw error
        throw new CommandFailed(
          `${endpoint.origin} did not answer as Object Storage does: ${error.message}.`,
          {
            cause: error,
          },
        )
      }
    },
  }
}

/** In the path, as an address of numbers has no room for a bucket. */
function rawPathOf({ bucket, key }: Pick<Ask, 'bucket' | 'key'>): string {
  if (bucket === undefined) return '/'
  if (!key) return `/${encodeRfc3986(bucket)}`
  const encoded = encodeRfc3986(key)
  // `a/../b` is a key as any other, but URLs take such segments out unless the slashes around them are hidden.
  const isPlain = key.split('/').every((segment) => segment !== '.' && segment !== '..')
  return `/${encodeRfc3986(bucket)}/${isPlain ? encoded.replaceAll('%2F', '/') : encoded}`
}

/** A refusal has its document in the body; that of a HEAD has it in a header. */
async function refusalOf(
  response: IncomingMessage,
  { bucket = '', key = '' }: Ask,
  { credentials, endpoint }: ProductConnection,
): Promise<PlatformRefused> {
  const status = response.statusCode ?? 500
  const header = response.headers['x-oss-err']
  const body = await wholeBody(response)
  let root: XmlElement | undefined
  try {
    root = readXmlBytes(typeof header === 'string' ? Buffer.from(header, 'base64') : body)
  } catch (error) {
    if (!(error instanceof MalformedXml)) throw error
    // Another server at this address, or an answer without a document: the status is all there is to say.
  }
  const code = (root && textOf(root, 'Code')) ?? `HTTP ${status}`
  const message =
    (root && textOf(root, 'Message')) ?? `${endpoint.origin} did not answer as Object Storage does.`
  const requestId = root && textOf(root, 'RequestId')
  const hint = hints[code]?.({ bucket, key, accessKeyId: credentials.accessKeyId })
  return new PlatformRefused({
    status,
    code,
    message: hint === undefined ? message : `${hint}\n${message}`,
    ...(requestId === undefined ? {} : { requestId }),
  })
}

type Hint = (about: { bucket: string; key: string; accessKeyId: string }) => string

const hints: Readonly<Record<string, Hint>> = {
  NoSuchBucket: ({ bucket }) =>
    `There is no bucket ${bucket}. hanshu oss ls shows those there are, hanshu oss mb oss://${bucket} makes it.`,
  NoSuchKey: ({ bucket, key }) => `There is no object ${key} in the bucket ${bucket}.`,
  BucketNotEmpty: ({ bucket }) =>
    `The bucket ${bucket} is not empty: hanshu oss rm -r oss://${bucket} removes what is in it` +
    ' (with --versions also old versions and uploads that were begun).',
  AccessDenied: ({ accessKeyId }) =>
    `The access key ${accessKeyId} may not do this: neither the policies of its user nor those of the bucket allow it.`,
  InvalidAccessKeyId: ({ accessKeyId }) =>
    `The platform does not know the access key ${accessKeyId}. That of the account is in ready.json of its data folder.`,
  SignatureDoesNotMatch: ({ accessKeyId }) => `The secret of the access key ${accessKeyId} is another.`,
  RequestTimeTooSkewed: () =>
    'The clocks of this machine and of the platform differ by more than 15 minutes.',
  InvalidObjectState: ({ key }) => `The object ${key} is archived and was not restored.`,
}
