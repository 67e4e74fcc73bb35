/** What a command sees of the world around it. Tests script one; `process-terminal.ts` is the real one. */
import type { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.ts'

export interface Terminal {
  /** A line on standard output: the answer of a command. */
  print(line: string): void
  /** Bytes on standard output as they are. */
  write(bytes: Uint8Array): Promise<void>
  /** A line on standard error: progress, warnings, what went wrong. */
  note(line: string): void
  /** Shows how far a long step is, in place, where someone watches. The last one has `done`; an empty line takes it away. */
  progress(line: string, done: boolean): void
  /** How wide such a line may be; undefined where nobody watches. */
  readonly progressColumns: number | undefined
  readInput(): Promise<Buffer>
  /** Standard input as it comes; whoever opens it reads it to its end, or destroys it. */
  openInput(): Readable
  /** What is typed in answer to a question; undefined where nobody can be asked. */
  ask(question: string): Promise<string | undefined>
  /** All of it, to draw on; undefined where nobody watches. It is to be left, whatever happens. */
  takeScreen(): Screen | undefined
  readonly environment: NodeJS.ProcessEnv
  readonly workingDir: string
  readonly clock: Clock
  /** Never the same twice. */
  newNonce(): string
  /** Aborted when the user has had enough (Ctrl-C, or the reader of our output is gone). */
  readonly signal: AbortSignal
  /** Gives this process, or a child in its stead, to another program; resolves with its exit code if it returns. */
  become(program: Program): Promise<number>
}

export interface Screen {
  readonly columns: number
  readonly rows: number
  /** In place of what was drawn before; no more lines than there are rows. */
  draw(lines: readonly string[]): void
  /** A character, as it is typed. */
  onKey(listener: (key: string) => void): void
  onResize(listener: () => void): void
  /** Everything is as it was before. */
  leave(): void
}

export interface Program {
  file: string
  args: string[]
  environment: NodeJS.ProcessEnv
}
