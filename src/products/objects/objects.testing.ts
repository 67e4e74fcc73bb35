/** A running Object Storage, and a plain client that signs what it is told to. */
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import { ossV4Signature } from '../../lib/signing/oss.ts'
import type { BlobStore } from '../../ports/blobs.ts'
import { type ImageProcessor, ImagesUnavailable } from '../../ports/images.ts'
import type { RecordStore } from '../../ports/records.ts'
import { serverOptions } from '../../wire/http-server.ts'
import { requestHandler } from '../../wire/product-server.ts'
import { reachUnder } from '../../wire/reach.ts'
import { ossV1Signature, ossV1StringToSign } from '../../wire/signatures/oss-v1.ts'
import { ossV2Signature, ossV2StringToSign } from '../../wire/signatures/oss-v2.ts'
import { canonicalQueriesOf } from '../../wire/signatures/oss-v4.ts'
import type { Allowance, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { AccessLogs } from './access-logs.ts'
import { PartLeases } from './content.ts'
import type { AccessPolicies, ObjectListeners } from './needs.ts'
import { objectsProduct } from './objects-product.ts'
import { ensureUploadBucket } from './uploads.ts'

export const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
export const ACCOUNT_ID = '1234567890123456'
export const root = { accessKeyId: 'LTAIroot', accessKeySecret: 'rootsecret' }

/** Tokens that the lookup below knows, by what they allow. */
const tokens: Record<string, Allowance> = {
  upload: { to: 'putObjects', bucket: 'fc-code', objectPrefix: `${ACCOUNT_ID}/tmp/a.zip` },
  role: { to: 'actAsRole', roleArn: 'acs:ram::1:role/r' },
}

const lookup: SecretLookup = {
  accountId: ACCOUNT_ID,
  secretOf(accessKeyId, securityToken) {
    const known = { is: 'known', accountId: ACCOUNT_ID, accessKeySecret: root.accessKeySecret } as const
    if (accessKeyId === root.accessKeyId)
      return { ...known, allows: { to: 'everything' }, principal: { is: 'account' } }
    if (securityToken === undefined) return { is: 'unknownAccessKey' }
    if (securityToken === 'expired') return { is: 'expiredToken' }
    const allows = tokens[securityToken]
    return allows ? { ...known, allows } : { is: 'invalidToken' }
  },
}

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
  /** The error code, of an answer that is an error document. */
  code: string | undefined
}

export interface Ask {
  method: string
  /** `/bucket/key`, encoded; with a query that is encoded. */
  target: string
  headers?: Record<string, string>
  body?: string | Buffer
  version?: 'v1' | 'v2' | 'v4' | 'none'
  credentials?: { accessKeyId: string; accessKeySecret: string; securityToken?: string }
}

/** Who signed may everything. */
const ownerOnly: AccessPolicies = {
  answer: ({ principal }) => (principal ? 'allow' : 'undecided'),
  flawOf: (bucketPolicy) => (bucketPolicy.includes('[{') ? undefined : 'it says nothing'),
}

const noImages: ImageProcessor = {
  run: () => Promise.reject(new ImagesUnavailable('this test has none')),
  close: async () => {},
}

export async function runningObjects({
  records,
  blobs,
  sizeBytesMax = 1000,
  partBytesMin = 5,
  policies = ownerOnly,
  listeners = { announce: async () => undefined },
  images = noImages,
}: {
  records: RecordStore
  blobs: BlobStore
  sizeBytesMax?: number
  partBytesMin?: number
  policies?: AccessPolicies
  listeners?: ObjectListeners
  images?: ImageProcessor
}) {
  const clock = new ManualClock(NOW_MS)
  await ensureUploadBucket({ records, clock })
  const answered: { operation?: string; status?: number }[] = []
  const log: Logger = {
    debug() {},
    info: (facts) => void answered.push(facts),
    warn() {},
    error() {},
    child: () => log,
  }
  const leases = new PartLeases()
  const accessLogs = new AccessLogs({ records, blobs, clock, leases, log, ids: randomIds, listeners })
  const product = objectsProduct({
    records,
    blobs,
    clock,
    ids: randomIds,
    lookup,
    region: 'cn-hangzhou',
    sizeBytesMax,
    partBytesMin,
    policies,
    listeners,
    images,
    reachOf: reachUnder('keys'),
    accessLogs,
    leases,
  })
  const server = createServer(serverOptions, requestHandler(product, log))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    clock,
    records,
    blobs,
    /** What the platform's own work on objects is handed. */
    store: { records, blobs, clock, leases, log, ids: randomIds },
    accessLogs,
    port,
    /** One entry for every request that was answered. */
    answered,
    ask: (wanted: Ask): Promise<Answer> => ask(port, wanted),
    blobIds: () => idsOf(blobs),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await blobs.close()
      await records.close()
    },
  }
}

export async function idsOf(blobs: BlobStore): Promise<string[]> {
  const ids: string[] = []
  for await (const id of blobs.list()) ids.push(id)
  return ids
}

async function ask(port: number, wanted: Ask): Promise<Answer> {
  const { method, target, body } = wanted
  const headers = signed(wanted, `localhost:${port}`)
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path: target, headers }, resolve)
    request.on('error', reject)
    // A string would make Node send the headers in UTF-8 too.
    request.end(body === undefined ? undefined : Buffer.from(body as string))
  })
  const received = await buffer(message)
  const headerDocument = message.headers['x-oss-err']
  const document =
    typeof headerDocument === 'string'
      ? Buffer.from(headerDocument, 'base64').toString()
      : received.toString()
  const code = message.statusCode! >= 400 ? /<Code>(.*?)<\/Code>/.exec(document)?.[1] : undefined
  return { status: message.statusCode!, headers: message.headers, body: received, code }
}

/** The headers of a request in path style, with its signature. */
export function signed(
  { method, target, headers = {}, body, version = 'v1', credentials = root }: Ask,
  host: string,
): Record<string, string> {
  const all: Record<string, string> = { host, ...headers }
  if (body !== undefined && all['transfer-encoding'] === undefined) {
    all['content-length'] ??= String(Buffer.byteLength(body))
  }
  if (version === 'none') return all
  if (credentials.securityToken !== undefined) all['x-oss-security-token'] = credentials.securityToken
  const [rawPath = '', rawQuery = ''] = target.split('?')
  const [bucket = '', ...rest] = decodeURIComponent(rawPath.slice(1)).split('/')
  const resource = bucket === '' ? {} : { bucket, object: rest.join('/') }
  const { accessKeyId, accessKeySecret } = credentials
  // Node sends one byte per character; what is meant, and signed, is UTF-8.
  const texts = (): Map<string, string> =>
    new Map(Object.entries(all).map(([name, value]) => [name, Buffer.from(value, 'latin1').toString()]))
  if (version === 'v1') {
    all['x-oss-date'] ??= new Date(NOW_MS).toUTCString()
    const request = { method, rawQuery, headers: texts() }
    const text = ossV1StringToSign(request, all['x-oss-date'], resource)!
    all['authorization'] = `OSS ${accessKeyId}:${ossV1Signature(accessKeySecret, text)}`
    return all
  }
  if (version === 'v2') {
    all['date'] ??= new Date(NOW_MS).toUTCString()
    const signing = { dateLine: all['date'], additionalHeaders: [] }
    const text = ossV2StringToSign({ method, rawQuery, headers: texts() }, signing, resource)!
    all['authorization'] =
      `OSS2 AccessKeyId:${accessKeyId},Signature:${ossV2Signature(accessKeySecret, text)}`
    return all
  }
  all['x-oss-date'] ??= '20260101T000000Z'
  all['x-oss-content-sha256'] ??= 'UNSIGNED-PAYLOAD'
  const scope = { date: '20260101', region: 'cn-hangzhou', product: 'oss' }
  const signature = ossV4Signature(accessKeySecret, {
    method,
    resource,
    query: canonicalQueriesOf(rawQuery)![0]!,
    headers: texts(),
    additionalHeaders: [],
    scope,
    dateLine: all['x-oss-date'],
  })
  all['authorization'] =
    `OSS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/cn-hangzhou/oss/aliyun_v4_request,Signature=${signature}`
  return all
}
