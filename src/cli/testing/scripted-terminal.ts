/** A terminal that a test reads and feeds. */
import { Readable } from 'node:stream'
import { ManualClock } from '../../lib/clock.ts'
import type { Program, Screen, Terminal } from '../terminal.ts'

export interface ScriptedTerminal extends Terminal {
  /** Every line of progress, and every question. */
  readonly shown: string[]
  /** Standard output so far. */
  output(): string
  /** Standard error so far. */
  notes(): string
  readonly clock: ManualClock
  readonly interrupt: AbortController
  readonly became: Program[]
  readonly screen: ScriptedScreen | undefined
}

export interface ScriptedScreen extends Screen {
  /** What it shows, without the bytes for bold and the like. */
  shown(): string
  type(keys: string): void
  resize(size: { columns: number; rows: number }): void
  readonly draws: number
  readonly isLeft: boolean
}

interface Script {
  environment?: NodeJS.ProcessEnv
  workingDir?: string
  input?: string | Buffer
  /** Default: no screen. */
  size?: { columns: number; rows: number }
  /** Default: nobody watches progress. */
  progressColumns?: number
  /** What is answered to questions, in turn. Default: nobody can be asked. */
  answers?: string[]
}

export function scriptedTerminal({
  environment = {},
  workingDir = '/',
  input = '',
  size,
  progressColumns,
  answers,
}: Script = {}): ScriptedTerminal {
  const output: Buffer[] = []
  const notes: string[] = []
  const interrupt = new AbortController()
  const became: Program[] = []
  const shown: string[] = []
  let nonces = 0
  const screen = size && scriptedScreen(size)
  return {
    output: () => Buffer.concat(output).toString(),
    notes: () => notes.join(''),
    print: (line) => void output.push(Buffer.from(`${line}\n`)),
    write: async (bytes) => void output.push(Buffer.from(bytes)),
    note: (line) => void notes.push(`${line}\n`),
    progress(line, done) {
      shown.push(line)
      if (done) notes.push(`${line}\n`)
    },
    progressColumns,
    shown,
    readInput: async () => Buffer.from(input),
    openInput: () => Readable.from([Buffer.from(input)]),
    async ask(question) {
      if (answers) shown.push(question)
      return answers?.shift()
    },
    takeScreen: () => screen,
    screen,
    environment,
    workingDir,
    clock: new ManualClock(Date.parse('2026-01-01T00:00:00Z')),
    newNonce: () => `nonce-${nonces++}`,
    signal: interrupt.signal,
    interrupt,
    became,
    async become(program) {
      became.push(program)
      return 0
    },
  }
}

function scriptedScreen(size: { columns: number; rows: number }): ScriptedScreen {
  const keyListeners: ((key: string) => void)[] = []
  const resizeListeners: (() => void)[] = []
  let lines: readonly string[] = []
  let draws = 0
  let isLeft = false
  return {
    get columns() {
      return size.columns
    },
    get rows() {
      return size.rows
    },
    get draws() {
      return draws
    },
    get isLeft() {
      return isLeft
    },
    draw(drawn) {
      if (isLeft) throw new Error('a screen that was left is drawn on')
      lines = drawn
      draws++
    },
    onKey: (listener) => void keyListeners.push(listener),
    onResize: (listener) => void resizeListeners.push(listener),
    leave() {
      isLeft = true
    },
    shown: () => lines.join('\n').replace(/\x1b\[\d+m/g, ''),
    type: (keys) => {
      for (const key of keys) for (const listener of keyListeners) listener(key)
    },
    resize(to) {
      size = to
      for (const listener of resizeListeners) listener()
    },
  }
}
