/** A platform started the way a user starts it, in a data folder of its own, and gone after the test. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'

export const repository = resolve(import.meta.dirname, '../..')
const hanshuCommand = join(repository, 'bin/hanshu')

const START_MS_MAX = 120_000
const STOP_MS_MAX = 60_000

export interface Ready {
  pid: number
  accountId: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  endpoints: { fc: string; edge: string; oss: string }
}

export interface Finished {
  exitCode: number
  output: string
  notes: string
}

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

export interface RunningPlatform {
  ready: Ready
  dataDir: string
  readyFile: string
  /** Runs a command the way a user would, without keys in the environment. */
  hanshu(...words: string[]): Promise<Finished>
  /** As `hanshu`, and fails the test unless the command succeeded. */
  must(...words: string[]): Promise<string>
  /** Asks the HTTP trigger with this URL. Its host name is sent, whatever the resolver of this machine makes of it. */
  ask(
    url: string,
    options?: { method?: string; body?: string; headers?: Record<string, string> },
  ): Promise<Reply>
  /** Ends the platform with a signal; resolves with its exit code (null: by the signal). */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** What the platform wrote. */
  log(): string
}

interface StartOptions {
  flags?: string[]
  /** Goes on with the data of an earlier one. */
  dataDir?: string
}

export async function startPlatform(t: TestContext, options: StartOptions = {}): Promise<RunningPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'hanshu-e2e-'))
  const dataDir = options.dataDir ?? join(folder, 'data')
  const readyFile = join(folder, 'ready.json')
  const environment = withoutSettings(process.env)
  const child = spawn(
    hanshuCommand,
    ['up', '--data', dataDir, '--ports', 'auto', '--ready-file', readyFile, ...(options.flags ?? [])],
    { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-200_000)
    })
  }
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const code = await within(STOP_MS_MAX, exited, () => `the platform did not end on ${signal}:\n${log}`)
    return code
  }
  t.after(async () => {
    try {
      await stop()
    } finally {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    }
  })

  const ready = await readyWithin(START_MS_MAX, child, readyFile, () => log)
  const hanshu = (...words: string[]) =>
    run(words, { cwd: repository, env: { ...environment, HANSHU_DATA: dataDir } })
  return {
    ready,
    dataDir,
    readyFile,
    hanshu,
    async must(...words) {
      const { exitCode, output, notes } = await hanshu(...words)
      assert.equal(exitCode, 0, `hanshu ${words.join(' ')}:\n${notes}\n${output}\n${log.slice(-5000)}`)
      return output
    },
    ask: (url, request) => ask(ready.endpoints.edge, url, request),
    stop,
    log: () => log,
  }
}

/** A test is not changed by what the developer has set. */
export function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) =>
        !/^(HANSHU_|ALIBABA_CLOUD_|NODE_TEST_CONTEXT)/.test(name) ||
        name === 'HANSHU_SANDBOX' ||
        name === 'HANSHU_NODE',
    ),
  )
}

async function readyWithin(
  timeoutMs: number,
  child: ChildProcess,
  readyFile: string,
  log: () => string,
): Promise<Ready> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `the platform ended with ${child.exitCode ?? child.signalCode} before it was ready:\n${log()}`,
      )
    }
    const content = await readFile(readyFile, 'utf8').catch(() => undefined)
    if (content !== undefined) {
      assert.equal((await stat(readyFile)).mode & 0o777, 0o600)
      return JSON.parse(content)
    }
    await new Promise((later) => setTimeout(later, 50))
  }
  throw new Error(`the platform was not ready within ${timeoutMs / 1000} s:\n${log()}`)
}

const run = (words: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Finished> =>
  new Promise((done) => {
    execFile(
      hanshuCommand,
      words,
      { ...options, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 },
      (error, output, notes) => done({ exitCode: error ? Number(error.code ?? -1) : 0, output, notes }),
    )
  })

function ask(
  edge: string,
  url: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const { host, pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(pathname + search, edge),
      { method, headers: { ...headers, host }, agent: false, timeout: 60_000 },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer`)))
    request.on('error', reject)
    request.end(body)
  })
}

async function within<Value>(
  timeoutMs: number,
  promise: Promise<Value>,
  message: () => string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message())), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks again until the answer is what was waited for. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  isRight: (value: Value) => boolean,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await ask()
    if (isRight(value)) return value
    if (performance.now() > deadline) {
      throw new Error(`this did not become what was waited for: ${JSON.stringify(value)}`)
    }
    await new Promise((later) => setTimeout(later, 100))
  }
}
