import { type ChildProcess, spawn } from 'node:child_process'

/** A program that is started once and asked by lines: answers come in the order of the questions. */
export interface LineProcess {
  /** Sends `text` (one or more lines) and resolves with the lines up to and including the one that ends the answer. */
  ask(text: string): Promise<string[]>
  close(): Promise<void>
}

export interface LineProcessOptions {
  command: string
  args: readonly string[]
  /** The line that ends an answer. */
  endsAnswer(line: string): boolean
  /** A question that is not answered in this time ends the program and is rejected. */
  answerTimeoutMs?: number
  /** More open questions than this are refused. */
  openQuestionsMax?: number
}

interface Running {
  child: ChildProcess
  open: Question[]
  gone: Promise<void>
  watch(): void
}

interface Question {
  lines: string[]
  resolve(lines: string[]): void
  reject(reason: Error): void
}

/**
 * Spawning a program costs a Node process of some size 2–10 ms, writing to one that runs 0.1 ms.
 * Standard error is part of the answer, in order. A program that died is started again by the next question.
 */
export function lineProcess(options: LineProcessOptions): LineProcess {
  const { command, args, endsAnswer, answerTimeoutMs = 20_000, openQuestionsMax = 10_000 } = options
  let running: Running | undefined
  let closed = false

  function start(): Running {
    const child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', command, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true, // Ctrl-C in the terminal must not end it before the platform has cleaned up with it
    })
    const open: Question[] = []
    let rest = ''
    let timer: NodeJS.Timeout | undefined
    const watch = (): void => {
      clearTimeout(timer)
      timer = open.length === 0 ? undefined : setTimeout(() => child.kill('SIGKILL'), answerTimeoutMs)
    }
    const gone = new Promise<void>((resolve) => {
      const fail = (why: string): void => {
        clearTimeout(timer)
        if (running?.child === child) running = undefined
        for (const question of open.splice(0)) {
          question.reject(new Error(`${command} ${why}: ${question.lines.join(' | ')}${rest}`))
        }
        resolve()
      }
      child.once('error', (error) => fail(`could not be started (${error.message})`))
      child.once('close', (code, signal) => fail(`ended with ${signal ?? code}`))
    })
    child.stdin!.on('error', () => {}) // the 'close' event rejects what is open
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const question = open[0]
        if (!question) continue
        question.lines.push(line)
        if (!endsAnswer(line)) continue
        open.shift()
        question.resolve(question.lines)
      }
      watch()
    })
    // Only an open question (its timer) keeps the platform alive, not the program that waits for the next one.
    child.unref()
    for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref(): void }).unref()
    return { child, open, gone, watch }
  }

  return {
    ask(text) {
      if (closed) return Promise.reject(new Error(`${command} is closed`))
      running ??= start()
      const { child, open, watch } = running
      if (open.length >= openQuestionsMax) return Promise.reject(new Error(`${command} is too far behind`))
      return new Promise((resolve, reject) => {
        open.push({ lines: [], resolve, reject })
        if (open.length === 1) watch()
        child.stdin!.write(text.endsWith('\n') ? text : `${text}\n`)
      })
    },
    async close() {
      closed = true
      const last = running
      if (!last) return
      last.child.stdin!.end()
      const impatient = setTimeout(() => last.child.kill('SIGKILL'), 2_000)
      await last.gone
      clearTimeout(impatient)
    },
  }
}
