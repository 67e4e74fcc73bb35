/** For the tests of this folder: the edge on a real server, with functions that a test writes by hand. */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import type {
  FunctionRevision,
  HttpOutcome,
  InvocationOutcome,
  InvocationReport,
  Invoker,
} from '../../ports/invocation.ts'
import { ApiError } from '../../wire/api-error.ts'
import { strictServerOptions } from '../../wire/http-server.ts'
import { type HttpEdgeNeeds, httpEdge, shouldUpgrade } from './http-edge.ts'
import type { CustomDomain, HttpTrigger } from './needs.ts'

export const revisionOf = (overrides: Partial<FunctionRevision> = {}): FunctionRevision => ({
  key: 'hello@1',
  accountId: '1234567890',
  region: 'cn-hangzhou',
  functionName: 'Hello',
  functionArn: 'acs:fc:cn-hangzhou:1234567890:functions/Hello',
  versionId: 'LATEST',
  runtime: 'nodejs20',
  handler: 'index.handler',
  code: { blobId: 'b', sizeBytes: 1, crc64: '11010102639495810358' },
  layers: [],
  environment: {},
  memoryMb: 512,
  cpu: 0.35,
  diskMb: 512,
  timeoutMs: 3000,
  instanceConcurrency: 1,
  internetAccess: true,
  logProject: '',
  logStore: '',
  ...overrides,
})

export const triggerOf = (overrides: Partial<HttpTrigger> = {}): HttpTrigger => ({
  functionName: 'Hello',
  qualifier: 'LATEST',
  triggerId: '1e875ca5-8fd9-4893-b690-cc81c41e5bdc',
  authType: 'anonymous',
  methods: ['GET', 'POST', 'HEAD', 'PUT', 'DELETE'],
  disableURLInternet: false,
  ...overrides,
})

export const report: InvocationReport = {
  instanceId: 'c-6513e3fc-cd80d7d5321248a599fa',
  durationMs: 3.87,
  billedMs: 4,
  maxMemoryMb: 100.256,
  coldStart: false,
}

export const succeeded = (body: unknown): InvocationOutcome => ({
  outcome: 'succeeded',
  body:
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  report,
})

const unexpected = (): never => {
  throw new Error('this test does not expect this call')
}

export const invokerOf = (methods: Partial<Invoker>): Invoker => ({
  invoke: unexpected,
  forward: unexpected,
  upgrade: unexpected,
  ...methods,
})

export interface EdgeOptions {
  invoker?: Partial<Invoker>
  triggers?: HttpTrigger[]
  /** By host. */
  domains?: Record<string, CustomDomain>
  revision?: Partial<FunctionRevision>
  needs?: Partial<HttpEdgeNeeds>
}

export interface RunningEdge {
  port: number
  ask(options: AskOptions): Promise<Asked>
  /** A bare connection. */
  dial(): Socket
}

export interface AskOptions {
  method?: string
  host?: string
  path?: string
  headers?: OutgoingHttpHeaders | readonly string[]
  body?: string | Uint8Array
}

export interface Asked {
  status: number
  statusMessage: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: Buffer
  text: string
}

export async function startEdge(t: TestContext, options: EdgeOptions): Promise<RunningEdge> {
  const triggers = options.triggers ?? [triggerOf()]
  const revision = revisionOf(options.revision)
  const edge = httpEdge({
    customDomains: { find: (host) => options.domains?.[host] },
    table: {
      find: (functionName, qualifier, match) =>
        triggers.find((trigger) =>
          match === 'exact'
            ? trigger.functionName === functionName && trigger.qualifier === qualifier
            : trigger.functionName.toLowerCase() === functionName.toLowerCase() &&
              trigger.qualifier.toLowerCase() === qualifier.toLowerCase(),
        ),
    },
    resolver: {
      resolve: (functionName) => (/^(hello|bare)$/i.test(functionName) ? revision : undefined),
    },
    authentication: {
      verify() {
        throw new ApiError(
          'MissingRequiredHeader',
          400,
          'required HTTP header Authorization was not specified',
        )
      },
    },
    asyncInvocations: { accept: unexpected },
    invoker: invokerOf(options.invoker ?? {}),
    clock: new ManualClock(1693896071895),
    ids: randomIds,
    log: silentLogger,
    accountId: '1234567890',
    domain: 'fcapp.localhost',
    ...options.needs,
  })
  const server = createServer({ ...strictServerOptions, shouldUpgradeCallback: shouldUpgrade }, edge.handle)
  server.on('upgrade', edge.upgrade)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  t.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  return {
    port,
    ask: (asked) => ask(port, asked),
    dial: () => {
      const socket = connect(port, '127.0.0.1')
      t.after(() => socket.destroy())
      return socket
    },
  }
}

function ask(
  port: number,
  { method = 'GET', host = 'hello.fcapp.localhost', path = '/', headers, body }: AskOptions,
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const given = Array.isArray(headers) ? ['Host', host, ...headers] : { host, ...headers }
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: given as OutgoingHttpHeaders, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const all = Buffer.concat(chunks)
          resolve({
            status: response.statusCode!,
            statusMessage: response.statusMessage!,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: all,
            text: all.toString(),
          })
        })
      },
    )
    request.once('error', reject)
    request.end(body)
  })
}

export const responded = (
  overrides: Partial<Extract<HttpOutcome, { outcome: 'responded' }>> &
    Pick<Extract<HttpOutcome, { outcome: 'responded' }>, 'body'>,
): HttpOutcome => ({
  outcome: 'responded',
  status: 200,
  statusMessage: 'OK',
  rawHeaders: [],
  instanceId: report.instanceId,
  finished: Promise.resolve(report),
  ...overrides,
})

/** Polls until it holds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`waited too long until ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
