/**
 * The platform's API over one kept connection. Requests are signed before the clock runs, with the platform's own signing
 * code: what is measured is the server, not a client library (the row "SDK" has the vendor's).
 */
import { randomUUID } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { signAcs3 } from '../../src/lib/signing/acs3.ts'
import { zipOf } from '../../test/clients.fixture.ts'
import type { Ready } from '../../test/platform.fixture.ts'

export interface Request {
  url: string
  method: string
  headers: Record<string, string>
  body: string
}

export interface Reply {
  status: number
  body: string
  /** From the call of `request` until the last byte of the answer. */
  tookMs: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 1000 })

export function send({ url, method, headers, body }: Request, timeoutMs = 60_000): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const outgoing = httpRequest(url, { method, headers, agent, timeout: timeoutMs }, (incoming) => {
      const chunks: Buffer[] = []
      incoming
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .once('error', reject)
        .once('end', () => {
          const tookMs = performance.now() - startedMs
          resolve({ status: incoming.statusCode!, body: Buffer.concat(chunks).toString(), tookMs })
        })
    })
    outgoing.once('error', reject).once('timeout', () => outgoing.destroy(new Error(`${url}: no answer`)))
    outgoing.end(body)
  })
}

/** The same, and fails unless it was answered with success. */
export async function must(request: Request): Promise<Reply> {
  const reply = await send(request)
  if (reply.status >= 300) throw new Error(`${request.method} ${request.url}: ${reply.status} ${reply.body}`)
  return reply
}

export type Credentials = Pick<Ready, 'accessKeyId' | 'accessKeySecret' | 'endpoints'>

export function signed(
  { endpoints, ...credentials }: Credentials,
  { action, method, path, body = '', type }: { action: string; method: string; path: string; body?: string; type?: string }, // biome-ignore format: one line
): Request {
  const url = new URL(path, endpoints.fc)
  const headers = signAcs3(
    {
      method,
      rawPath: url.pathname,
      body,
      headers: {
        host: url.host,
        'x-acs-action': action,
        'x-acs-version': '2023-03-30',
        'content-length': String(Buffer.byteLength(body)),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
    },
    credentials,
    { nowMs: Date.now(), nonce: randomUUID() },
  )
  return { url: url.href, method, headers, body }
}

const functionsPath = '/2023-03-30/functions'

export const invocation = (to: Credentials, name: string): Request =>
  signed(to, { action: 'InvokeFunction', method: 'POST', path: `${functionsPath}/${name}/invocations` })

export const triggerRequest = ({ endpoints }: Credentials, name: string): Request => ({
  url: `${endpoints.edge}/proxy/${name}/`,
  method: 'GET',
  headers: {},
  body: '',
})

export interface FunctionSpec {
  runtime: string
  /** The ZIP, in base64. */
  zipFile: string
  [field: string]: unknown
}

export async function createFunction(
  to: Credentials,
  functionName: string,
  spec: FunctionSpec,
): Promise<void> {
  const { zipFile, ...fields } = spec
  const body = JSON.stringify({
    functionName,
    handler: 'index.handler',
    memorySize: 1024,
    cpu: 1,
    timeout: 30,
    ...fields,
    code: { zipFile },
  })
  await must(signed(to, { action: 'CreateFunction', method: 'POST', path: functionsPath, body, type: 'application/json' })) // biome-ignore format: one line
}

export async function createTrigger(to: Credentials, functionName: string): Promise<void> {
  const body = JSON.stringify({
    triggerName: 'http',
    triggerType: 'http',
    triggerConfig: JSON.stringify({ authType: 'anonymous', methods: ['GET'] }),
  })
  const path = `${functionsPath}/${functionName}/triggers`
  await must(signed(to, { action: 'CreateTrigger', method: 'POST', path, body, type: 'application/json' }))
}

/** Any other call of the API about a function. `path` begins with its name. */
export async function functionCall(
  to: Credentials,
  method: 'POST' | 'PUT',
  path: string,
  body: object,
): Promise<void> {
  await must(
    signed(to, {
      action: 'Bench',
      method,
      path: `${functionsPath}/${path}`,
      body: JSON.stringify(body),
      type: 'application/json',
    }),
  )
}

export async function deleteFunction(to: Credentials, name: string, withTrigger = false): Promise<void> {
  const path = `${functionsPath}/${name}`
  if (withTrigger) {
    await must(signed(to, { action: 'DeleteTrigger', method: 'DELETE', path: `${path}/triggers/http` }))
  }
  await must(signed(to, { action: 'DeleteFunction', method: 'DELETE', path }))
}

interface Status {
  pools: { ready: number; booting: number; wanted: number }[]
  instances: { functionName: string; state: string }[]
  /** Packages of code. */
  preparing: number
}

/** What the platform says of itself at `/hanshu/status`. */
export async function statusOf(to: Credentials): Promise<Status> {
  const reply = await must(signed(to, { action: 'HanshuStatus', method: 'GET', path: '/hanshu/status' }))
  return JSON.parse(reply.body) as Status
}

/** Waits until the pools are full and nothing else is running: a measurement must not meet what the last one left to do. `prepared`: nor is code being prepared. */
export async function untilQuiet(
  to: Credentials,
  { prepared = false, timeoutMs = 30_000 } = {},
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const { pools, instances, preparing } = await statusOf(to)
    const full = pools.every(({ ready, booting, wanted }) => ready >= wanted && booting === 0)
    if (full && instances.length === 0 && (!prepared || preparing === 0)) return
    if (performance.now() > deadlineMs) {
      throw new Error(`the platform did not come to rest: ${JSON.stringify({ pools, instances, preparing })}`)
    }
    await pause(10)
  }
}

export { zipOf }
