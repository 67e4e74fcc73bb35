/** What the conformance tests share: one platform per file, and a look at refusals as the vendor's SDK shows them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { signAcs3 } from '../../src/lib/signing/acs3.ts'
import { fc3Client, models, type Sdk } from '../clients.fixture.ts'
import { noSandboxesHere, type Platform, type PlatformOptions, startPlatform } from '../platform.fixture.ts'

export interface Bed {
  platform: Platform
  client: Sdk
}

/** One platform for all tests of a file; the fields are there when the first test begins. */
export function sharedPlatform(
  options: PlatformOptions = {},
  /** Also done before the first test: hooks of a file do not wait for one another. */
  prepare: (bed: Bed) => Promise<void> = async () => {},
): Bed {
  const bed = {} as Bed
  before(async () => {
    bed.platform = await startPlatform(options)
    // A large body and a busy machine take longer than the SDK waits by itself.
    bed.client = fc3Client(bed.platform, { connectTimeout: 60_000 })
    await prepare(bed)
  })
  after(async () => {
    await bed.platform?.remove()
  })
  return bed
}

/** Why tests of isolation cannot run, or false. */
export const noIsolation: string | false =
  process.env['HANSHU_SANDBOX'] === 'process' ? 'HANSHU_SANDBOX is process' : await noSandboxesHere()

export interface Refused {
  code: string
  status: number
  message: string
  requestId: string
}

/** The error that the SDK makes of a refusal; its status and data must agree with what was on the wire. */
export async function refusal(promise: Promise<unknown>): Promise<Refused> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    // biome-ignore lint/suspicious/noExplicitAny: an SDK without types
    (thrown: any) => thrown,
  )
  assert.ok(error.data, `not a refusal of the API: ${error.stack}`)
  assert.equal(error.data.Code, error.code)
  assert.match(error.data.RequestId, /^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/)
  return {
    code: error.code,
    status: error.statusCode,
    message: error.data.Message,
    requestId: error.data.RequestId,
  }
}

export async function assertRefused(
  promise: Promise<unknown>,
  status: number,
  code: string,
  message?: RegExp,
): Promise<void> {
  const refused = await refusal(promise)
  assert.deepEqual([refused.status, refused.code], [status, code], refused.message)
  if (message) assert.match(refused.message, message)
}

/** A model of the SDK, made by its name: `request('GetFunction', { qualifier: '1' })`. */
export const request = (operation: string, fields: object = {}): Sdk =>
  new models[`${operation}Request`](fields)

/** The same with a body: `requestWith('CreateAlias', { aliasName: 'prod' })`. */
export function requestWith(operation: string, body: object, fields: object = {}): Sdk {
  const inputs: Record<string, string> = {
    PublishFunctionVersion: 'PublishVersionInput',
    PutConcurrencyConfig: 'PutConcurrencyInput',
  }
  const input = models[inputs[operation] ?? `${operation}Input`]
  return new models[`${operation}Request`]({ ...fields, body: new input(body) })
}

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
  text: string
}

/** A request without any client library between: headers and path go out as they are given. */
export function http(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
    path,
  }: {
    method?: string
    headers?: Record<string, string | string[]>
    body?: string | Buffer
    path?: string
  } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers, agent: false, ...(path === undefined ? {} : { path }) })
    sent.once('error', reject)
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          bytes,
          text: bytes.toString(),
        })
      })
    })
    sent.end(body)
  })
}

/** A signed request, for what no SDK would send. `differs` changes headers after they were signed. */
export async function api(
  { endpoints, accessKeyId, accessKeySecret }: Platform,
  method: string,
  target: string,
  {
    body = '',
    headers = {},
    differs = {},
    atMs = Date.now(),
  }: {
    body?: string | Buffer
    headers?: Record<string, string>
    differs?: Record<string, string>
    atMs?: number
  } = {},
): Promise<HttpAnswer> {
  const { host } = new URL(endpoints.fc)
  const [rawPath = '', rawQuery = ''] = target.split('?')
  const signed = signAcs3(
    { method, rawPath, rawQuery, headers: { host, ...headers }, body },
    { accessKeyId, accessKeySecret },
    { nowMs: atMs, nonce: randomUUID() },
  )
  return http(endpoints.fc, { method, path: target, headers: { ...signed, ...differs }, body })
}

/** What a function has written, the oldest line first. */
export async function logOf(platform: Platform, functionName: string): Promise<string[]> {
  const { status, text } = await api(platform, 'GET', `/hanshu/functions/${functionName}/logs?limit=10000`)
  assert.equal(status, 200, text)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).message)
}

/** What is in the middle of being taken in or unpacked: nothing, whenever no request is under way. */
export const spooled = ({ dataDir }: Platform): Promise<string[]> => readdir(join(dataDir, 'code/spool'))
