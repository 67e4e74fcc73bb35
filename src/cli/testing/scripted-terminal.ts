/** A terminal that a test reads and feeds. */
import { ManualClock } from '../../lib/clock.ts'
import type { Program, Terminal } from '../terminal.ts'

export interface ScriptedTerminal extends Terminal {
  /** Standard output so far. */
  output(): string
  /** Standard error so far. */
  notes(): string
  readonly clock: ManualClock
  readonly interrupt: AbortController
  readonly became: Program[]
}

interface Script {
  environment?: NodeJS.ProcessEnv
  workingDir?: string
  input?: string
}

export function scriptedTerminal({
  environment = {},
  workingDir = '/',
  input = '',
}: Script = {}): ScriptedTerminal {
  const output: Buffer[] = []
  const notes: string[] = []
  const interrupt = new AbortController()
  const became: Program[] = []
  let nonces = 0
  return {
    output: () => Buffer.concat(output).toString(),
    notes: () => notes.join(''),
    print: (line) => void output.push(Buffer.from(`${line}\n`)),
    write: async (bytes) => void output.push(Buffer.from(bytes)),
    note: (line) => void notes.push(`${line}\n`),
    progress: (line, done) => void (done && notes.push(`${line}\n`)),
    readInput: async () => Buffer.from(input),
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
