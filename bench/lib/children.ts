/** Processes that the bench starts: bounded in time, and ended with it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from './row.ts'

/** Little enough that nothing of this machine's settings changes how fast a program starts. */
export const cleanEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
}

/** From the call of spawn until the program has ended well. */
export function timeProgram(file: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    spawn(file, args, { env: cleanEnvironment, stdio: 'ignore', timeout: 20_000, killSignal: 'SIGKILL' })
      .once('error', reject)
      .once('exit', (code) => {
        if (code === 0) resolve(performance.now() - startedMs)
        else reject(new Error(`${file} ${args.join(' ')} ended with ${code}`))
      })
  })
}

export interface ServerCommand {
  file: string
  args: readonly string[]
  cwd?: string
  environment?: NodeJS.ProcessEnv
}

export interface Server {
  pid: number
  /** From spawn until the first answer. */
  readyMs: number
}

const readyTimeoutMs = 60_000

/** Starts a server and waits until it answers `url`. It is ended with the group. */
export async function startServer(bench: Bench, command: ServerCommand, url: string): Promise<Server> {
  const startedMs = performance.now()
  const child = spawn(command.file, command.args, {
    env: { ...cleanEnvironment, ...command.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    // Some servers start others: all of them are ended by their group.
    detached: true,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  })
  bench.own(() => endGroup(child))
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  while (performance.now() - startedMs < readyTimeoutMs) {
    if (failure || child.exitCode !== null || child.signalCode !== null) break
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
    const status = answer?.status
    await answer?.text()
    if (status === 200) return { pid: child.pid!, readyMs: performance.now() - startedMs }
    await pause(5)
  }
  throw new Error(`${command.file} ${command.args[0]} did not answer ${url}: ${failure?.message ?? errors}`)
}

export async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group has ended between the question and the signal.
  }
  await ended
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        server.close(() => resolve(port))
      })
  })
}
