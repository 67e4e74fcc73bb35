/** The terminal of this process. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { flushCompileCache } from 'node:module'
import { constants } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { type Clock, systemClock } from '../lib/clock.ts'
import { processScreen } from './process-screen.ts'
import type { Program, Terminal } from './terminal.ts'

/** A command that waits is not over: its timers keep the process. */
const waitingClock: Clock = {
  ...systemClock,
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
}

export function processTerminal(): Terminal {
  const gone = new AbortController()
  process.once('SIGINT', () => gone.abort())
  process.once('SIGTERM', () => gone.abort())
  for (const stream of [process.stdout, process.stderr]) {
    // `hanshu logs … | head`: the reader has seen enough, which is no failure of ours.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      gone.abort()
    })
  }

  let isProgressShown = false
  const clearProgress = (): void => {
    if (isProgressShown) process.stderr.write('\r\u001b[K')
    isProgressShown = false
  }

  return {
    print(line) {
      clearProgress()
      process.stdout.write(`${line}\n`)
    },
    note(line) {
      clearProgress()
      process.stderr.write(`${line}\n`)
    },
    write: (bytes) =>
      new Promise((resolve) => {
        if (process.stdout.write(bytes)) return resolve()
        process.stdout.once('drain', resolve)
        gone.signal.addEventListener('abort', () => resolve(), { once: true })
      }),
    progress(line, done) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}${done ? '\n' : ''}`)
      else if (done) process.stderr.write(`${line}\n`)
      isProgressShown = process.stderr.isTTY && line !== '' && !done
    },
    get progressColumns() {
      return process.stderr.isTTY ? process.stderr.columns : undefined
    },
    async readInput() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    openInput: () => process.stdin,
    async ask(question) {
      const { stdin: input, stderr: output } = process
      if (!input.isTTY || !output.isTTY) return undefined
      clearProgress()
      const lines = createInterface({ input, output })
      // It reads the keys itself: Ctrl-C does not come as a signal.
      lines.once('SIGINT', () => gone.abort())
      try {
        return await lines.question(question, { signal: gone.signal })
      } finally {
        lines.close()
      }
    },
    takeScreen() {
      const { stdin, stdout } = process
      return stdin.isTTY && stdout.isTTY ? processScreen(stdin, stdout, () => gone.abort()) : undefined
    },
    environment: process.env,
    workingDir: process.cwd(),
    clock: waitingClock,
    newNonce: randomUUID,
    signal: gone.signal,
    become,
  }
}

/** In place where the system can (then signals and the process id are the platform's own), else as a child that gets our signals. */
async function become({ file, args, environment }: Program): Promise<number> {
  if (process.execve && process.platform === 'linux') {
    flushCompileCache() // it is written at the exit, which does not come
    process.execve(file, [file, ...args], environment as Record<string, string>)
  }
  const child = spawn(file, args, { env: environment, stdio: 'inherit' })
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const forward = (signal: NodeJS.Signals) => void child.kill(signal)
  for (const signal of forwarded) process.on(signal, forward)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
    })
  } finally {
    for (const signal of forwarded) process.off(signal, forward)
  }
}
