/**
 * A server that keeps functions and triggers in a map and answers as the platform does, so that commands are tested
 * over real HTTP without the platform. It refuses what is not signed with its key. The e2e tests use the platform.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Crc64 } from '../../lib/checksums.ts'
import { acs3Signature, acs3StringToSign } from '../../lib/signing/acs3.ts'

export const accessKey = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }

export interface Received {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Buffer
}

type Json = Record<string, unknown>

export interface StandIn {
  endpoint: string
  received: Received[]
  functions: Map<string, Json>
  triggers: Map<string, Map<string, Json>>
  /** Bytes that arrived by Object Storage, by `host/path`. */
  uploads: Map<string, Buffer>
  /** Answers in place of the built-in ones. */
  answer?: ((request: Received, response: ServerResponse) => boolean) | undefined
  writes(): string[]
  close(): Promise<void>
}

export async function startStandIn(): Promise<StandIn> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.destroy(error))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const standIn: StandIn = {
    endpoint,
    received: [],
    functions: new Map(),
    triggers: new Map(),
    uploads: new Map(),
    writes: () =>
      standIn.received
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path }) => `${method} ${path}`),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '/', endpoint)
    const received: Received = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    standIn.received.push(received)
    if (url.pathname === '/2016-08-15/tempBucketToken') {
      json(response, 200, {
        credentials: { AccessKeyId: 'STS.1', AccessKeySecret: 's', SecurityToken: 't' },
        ossRegion: 'oss-cn-hangzhou',
        ossBucket: 'fc-code',
        objectName: 'tmp/1.zip',
      })
    } else if (request.headers.authorization?.includes(' Credential=STS.1/') && request.method === 'PUT') {
      standIn.uploads.set(`${request.headers.host}${url.pathname}`, received.body)
      response.writeHead(200).end()
    } else if (!isSigned(request, url, received.body)) {
      json(response, 403, {
        Code: 'SignatureNotMatch',
        Message: 'The signature does not match.',
        RequestId: '1-2-3',
      })
    } else if (!standIn.answer?.(received, response)) {
      json(response, ...route(received))
    }
  }

  /** Status and answer; an answer of undefined is no body. */
  function route({ method, path, body }: Received): [status: number, answer?: Json] {
    const [, , kind, encodedName = '', part, encodedPartName] = path.split('/')
    const name = decodeURIComponent(encodedName)
    const notFound = (code: string): [number, Json] => [404, { Code: code, Message: `${path} is not there` }]
    if (path === '/hanshu/status') {
      return [200, { accountId: '1234567890123456', endpoints: { fc: endpoint, oss: endpoint } }]
    }
    if (kind !== 'functions') return notFound('NoSuchPath')
    if (name === '') {
      if (method === 'GET') return [200, { functions: [...standIn.functions.values()] }]
      const created = stored(JSON.parse(body.toString()))
      standIn.functions.set(String(created.functionName), created)
      standIn.triggers.set(String(created.functionName), new Map())
      return [200, created]
    }
    const found = standIn.functions.get(name)
    if (!found) return notFound('FunctionNotFound')
    if (part === undefined) {
      if (method === 'GET') return [200, found]
      if (method === 'PUT') {
        const updated = { ...found, ...stored(JSON.parse(body.toString())) }
        standIn.functions.set(name, updated)
        return [200, updated]
      }
      standIn.functions.delete(name)
      return [204]
    }
    const triggers = standIn.triggers.get(name)!
    if (part !== 'triggers') return notFound('ConfigNotExists')
    if (method === 'GET') return [200, { triggers: [...triggers.values()] }]
    if (method === 'DELETE') {
      triggers.delete(encodedPartName!)
      return [204]
    }
    const sent = JSON.parse(body.toString()) as Json
    const triggerName = String(sent.triggerName ?? encodedPartName)
    const kept: Json = { ...triggers.get(triggerName), ...sent, triggerName }
    if (kept.triggerType === 'http') kept.httpTrigger = { urlInternet: `http://${name}.example.localhost` }
    triggers.set(triggerName, kept)
    return [200, kept]
  }

  /** What the platform makes of a function: no code in it, but its checksum; layers with their size. */
  function stored({ code, layers, ...rest }: Json): Json {
    const location = code as { zipFile?: string; checksum?: string } | undefined
    const kept: Json = { ...rest }
    if (location?.zipFile !== undefined) {
      kept.codeChecksum = new Crc64().update(Buffer.from(location.zipFile, 'base64')).decimal()
    } else if (location) {
      kept.codeChecksum = location.checksum
    }
    if (layers) kept.layers = (layers as string[]).map((arn) => ({ arn, size: 1 }))
    return kept
  }
  return standIn
}

function isSigned(
  { headers, method = '' }: IncomingMessage,
  { pathname, search }: URL,
  body: Buffer,
): boolean {
  const parts = /Credential=([^,]*),SignedHeaders=([^,]*),Signature=(.*)$/.exec(headers.authorization ?? '')
  const payload = createHash('sha256').update(body).digest('hex')
  if (parts?.[1] !== accessKey.accessKeyId || headers['x-acs-content-sha256'] !== payload) return false
  const stringToSign = acs3StringToSign({
    method,
    rawPath: pathname,
    rawQuery: search.slice(1),
    headers,
    signedHeaders: parts[2]!.split(';'),
    payload,
  })
  return parts[3] === acs3Signature(accessKey.accessKeySecret, stringToSign!)
}

function json(response: ServerResponse, status: number, value?: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(value === undefined ? undefined : JSON.stringify(value))
}
