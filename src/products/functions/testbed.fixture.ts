import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { randomIds } from '../../lib/ids.ts'
import { silentLogger } from '../../lib/logger.ts'
import { type CodePackages, InvalidCodePackage } from '../../ports/code-packages.ts'
import { NoSession } from '../../ports/instance-sessions.ts'
import type { EventInvocation, InvocationOutcome, Invoker } from '../../ports/invocation.ts'
import type { ProvisionPlan } from '../../ports/provisioning.ts'
import type { RecordStore } from '../../ports/records.ts'
import { requestHandler } from '../../wire/product-server.ts'
import type { FunctionHour } from './billing/bill.ts'
import { CustomDomainDirectory } from './custom-domain-directory.ts'
import { FunctionDirectory } from './directory.ts'
import type { AsyncInvocation, FunctionsNeeds, LogsRequest } from './needs.ts'
import { functionsProduct } from './product.ts'

export const accountId = '1234567890123456'
export const region = 'cn-hangzhou'

/** The smallest ZIP there is (an empty archive), with a comment so that packages can differ. */
export function zipOf(comment: string): Buffer {
  const text = Buffer.from(comment)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(text.length, 20)
  return Buffer.concat([end, text])
}

export const succeeded = (body: string): InvocationOutcome => ({
  outcome: 'succeeded',
  body: Buffer.from(body),
  report: { instanceId: 'c-1', durationMs: 3.2, billedMs: 4, maxMemoryMb: 100.256, coldStart: false },
})

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  json: any
}

export type Testbed = Awaited<ReturnType<typeof startTestbed>>

/** The product on a free port, over memory. Whoever calls is let in. */
export async function startTestbed(overrides: Partial<FunctionsNeeds> = {}) {
  const records: RecordStore = overrides.records ?? memoryRecordStore()
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const packages = memoryCodePackages()
  const invocations: EventInvocation[] = []
  const accepted: AsyncInvocation[] = []
  const stopped: string[] = []
  const logRequests: LogsRequest[] = []
  const usage: FunctionHour[] = []
  const uploads = new Map<string, Buffer>()
  const random = { next: 0.5 }
  const script: { outcome: InvocationOutcome | ((call: EventInvocation) => Promise<InvocationOutcome>) } = {
    outcome: succeeded('ok'),
  }
  const invoker: Invoker = {
    async invoke(call) {
      invocations.push(call)
      return typeof script.outcome === 'function' ? script.outcome(call) : script.outcome
    },
    forward: () => Promise.reject(new Error('the API forwards nothing')),
    upgrade: () => Promise.reject(new Error('the API upgrades nothing')),
  }
  /** What was last told to be kept, by function and qualifier; all of it is there at once. */
  const provisioned = new Map<string, ProvisionPlan>()
  const statusOf = (functionName: string, qualifier: string) => {
    const plan = provisioned.get(`${functionName}/${qualifier}`)
    return plan && { target: plan.base, current: plan.base }
  }
  const directory = new FunctionDirectory(records, { region, random: () => random.next })
  const product = functionsProduct({
    records,
    codePackages: packages,
    invoker,
    provisioning: {
      apply(plan) {
        provisioned.set(`${plan.functionName}/${plan.qualifier}`, plan)
        return statusOf(plan.functionName, plan.qualifier)!
      },
      withdraw: (functionName, qualifier) => void provisioned.delete(`${functionName}/${qualifier}`),
      statusOf,
    },
    directory,
    customDomains: new CustomDomainDirectory(records),
    edgeDomain: 'fcapp.localhost',
    clock,
    ids: randomIds,
    region,
    uploadedObjects: {
      async open(account, bucket, object) {
        const bytes = uploads.get(`${account}/${bucket}/${object}`)
        return bytes && Readable.from([bytes])
      },
    },
    asyncInvocations: { accept: async (invocation) => void accepted.push(invocation) },
    asyncTasks: {
      list: async () => ({ tasks: [] }),
      get: async () => undefined,
      stop: async () => ({ is: 'notFound' }),
    },
    deadLetters: { list: async () => ({ letters: [] }), redrive: async () => 0, purge: async () => 0 },
    eventSources: { flawOf: async () => undefined, stateOf: async () => ({ waiting: 0 }) },
    temporaryCredentials: {
      issue: async (account) => ({
        accessKeyId: 'STS.id',
        accessKeySecret: 'secret',
        securityToken: 'token',
        expiration: '2026-01-01T01:00:00Z',
        ossRegion: `oss-${region}`,
        ossBucket: 'fc-code',
        objectName: `tmp/${account}.zip`,
      }),
    },
    functionLogs: {
      async *read(request) {
        logRequests.push(request)
        yield { cursor: '1', text: 'hello' }
        yield { cursor: '2', text: 'world' }
      },
    },
    ledger: {
      settle: async () => {},
      async *usage() {
        yield* usage
      },
      async *entries() {
        yield { is: 'invocation', requestId: 'r-1' }
      },
      lost: async () => 0,
    },
    platformStatus: { read: async () => ({ functions: 3 }) },
    httpTriggerUrl: (functionName, qualifier) => ({
      urlInternet: `http://${functionName}.${qualifier}.test`,
      urlIntranet: `http://${functionName}.${qualifier}.inner.test`,
    }),
    runningInstances: () => [],
    instanceSessions: {
      open: async () => {
        throw new NoSession('gone')
      },
    },
    stopInvocations: (functionName) => void stopped.push(functionName),
    codeUrlSecret: Buffer.from('a secret of the test'),
    authenticate: () => ({ accountId }),
    ...overrides,
  })
  const handle = requestHandler(product, silentLogger)
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`http://${endpoint}${path}`, {
      method,
      headers,
      ...(body === undefined
        ? {}
        : {
            body:
              typeof body === 'string' || body instanceof Uint8Array
                ? (body as string)
                : JSON.stringify(body),
          }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }

  return {
    endpoint,
    call,
    records,
    clock,
    directory,
    packages,
    invocations,
    accepted,
    stopped,
    logRequests,
    provisioned,
    usage,
    uploads,
    random,
    script,
    /** Creates a function that is right in every way, with what differs. */
    async createFunction(functionName: string, differs: object = {}): Promise<Answer> {
      return call('POST', '/2023-03-30/functions', {
        functionName,
        runtime: 'nodejs20',
        handler: 'index.handler',
        code: { zipFile: zipOf(functionName).toString('base64') },
        ...differs,
      })
    },
    async close(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Memory whose reads take a turn of the event loop, as those of a disk do: requests that come together interleave. */
export function interleavingRecordStore(): RecordStore {
  const memory = memoryRecordStore()
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  return {
    ...memory,
    async get(key) {
      const found = await memory.get<never>(key)
      await turn()
      return found
    },
    async list(range) {
      const found = await memory.list<never>(range)
      await turn()
      return found
    },
  }
}

/** The port's promise in memory: a package is whole, starts as a ZIP does, and is answered as it came. */
export function memoryCodePackages(): CodePackages & { blobs: Map<string, Buffer> } {
  const blobs = new Map<string, Buffer>()
  let stored = 0
  return {
    blobs,
    async store(zip, { packedBytesMax }) {
      const chunks: Uint8Array[] = []
      for await (const chunk of zip) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length > packedBytesMax) throw new InvalidCodePackage('tooLarge', 'the package is too large')
      if (bytes.length < 22 || bytes.readUInt16LE(0) !== 0x4b50) {
        throw new InvalidCodePackage('notZip', 'the package is not a ZIP archive')
      }
      const blobId = `blob-${++stored}`
      blobs.set(blobId, bytes)
      return { blobId, sizeBytes: bytes.length, crc64: crc64Of(bytes) }
    },
    async open({ blobId }) {
      return Readable.from([blobs.get(blobId)!])
    },
  }
}

/** CRC-64/ECMA-182 in the reflected form that Alibaba's products use (also called CRC-64/XZ), bit by bit. */
export function crc64Of(bytes: Uint8Array): string {
  let crc = 0xffffffffffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n
  }
  return (crc ^ 0xffffffffffffffffn).toString()
}
