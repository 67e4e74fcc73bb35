/**
 * A running platform for tests: its own data folder, its own ports, gone without a trace afterwards.
 * Conformance, fault and e2e tests speak to it over the wire only.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeFlags } from '../src/config/node-flags.ts'

export const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..')

export interface Ready {
  pid: number
  accountId: string
  region: string
  accessKeyId: string
  accessKeySecret: string
  sandbox: string
  endpoints: Record<
    | 'fc'
    | 'edge'
    | 'edge-tls'
    | 'oss'
    | 'ots'
    | 'mns'
    | 'actiontrail'
    | 'ram'
    | 'sts'
    | 'gateway'
    | 'apigateway',
    string
  >
}

export interface Platform extends Ready {
  dataDir: string
  /** What it has written to standard error so far. */
  log(): string
  /** SIGTERM, and waits for the end. Answers the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
  /** Stops it if it runs, and removes its data folder. */
  remove(): Promise<void>
}

export interface PlatformOptions {
  sandbox?: 'oci' | 'process'
  environment?: Record<string, string>
  /** Of an earlier platform. */
  dataDir?: string
}

const startTimeoutMs = 60_000

export async function startPlatform({
  sandbox,
  environment = {},
  dataDir,
}: PlatformOptions = {}): Promise<Platform> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'hanshu-test-')))
  const readyFile = join(folder, 'ready.json')
  // What a killed platform left there must not be taken for the new one's.
  await rm(readyFile, { force: true })
  const child = spawn(process.execPath, [...nodeFlags, join(projectDir, 'src/main.ts')], {
    env: {
      ...process.env,
      HANSHU_DATA: folder,
      HANSHU_PORTS: 'auto',
      HANSHU_LOG_LEVEL: 'warn',
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(projectDir, '.tools/compile-cache'),
      ...(sandbox === undefined ? {} : { HANSHU_SANDBOX: sandbox }),
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-1_000_000)
  })
  const ended = new Promise<number | null>((settle) => child.once('exit', (code) => settle(code)))
  const ready = await untilReady(child, readyFile, () => log)
  return {
    ...ready,
    dataDir: folder,
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async remove() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilReady(child: ChildProcess, readyFile: string, log: () => string): Promise<Ready> {
  for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += 20) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `the platform ended while it started (code ${child.exitCode}, ${child.signalCode}):\n${log()}`,
      )
    }
    const text = await readFile(readyFile, 'utf8').catch(() => '')
    if (text.endsWith('}\n')) return JSON.parse(text) as Ready
    await pause(20)
  }
  child.kill('SIGKILL')
  throw new Error(`the platform was not ready within ${startTimeoutMs / 1000} s:\n${log()}`)
}

/** Why tests that need real sandboxes cannot run here, or false. */
export async function noSandboxesHere(): Promise<string | false> {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root'
  for (const folder of (process.env['PATH'] ?? '')
    .split(':')
    .concat('/usr/bin', '/usr/sbin', '/usr/local/bin')) {
    if (
      await access(join(folder, 'crun')).then(
        () => true,
        () => false,
      )
    )
      return false
  }
  return 'needs crun'
}

/** Polls until `check` answers something else than undefined or false. */
export async function until<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  { what, timeoutMs = 20_000 }: { what: string; timeoutMs?: number },
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await check()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`)
    await pause(20)
  }
}
