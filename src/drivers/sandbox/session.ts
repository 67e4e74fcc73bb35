import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { SandboxSession } from '../../ports/sandbox.ts'
import { killUntilNone } from './kill.ts'
import { findProgram } from './run-program.ts'

/** In the environment of the program of a session, and so of what it starts. */
const MARKER = 'HANSHU_SESSION'

const KILL_TIMEOUT_MS = 15_000

export interface SessionCommand {
  /** Becomes the program. */
  argv: readonly string[]
  /** In the environment of the program and of whatever starts it. */
  mark: SessionMark
  env: Readonly<Record<string, string>>
  cwd: string
  /** Only where `findTerminalProgram` finds one. */
  tty: boolean
  /** Processes among which those of the session are. */
  candidates(): Promise<readonly number[]> | readonly number[]
}

export interface SessionMark {
  name: string
  value: string
}

export const newMark = (): SessionMark => ({ name: MARKER, value: randomUUID() })

/** `script` of util-linux makes a terminal; that of other systems takes other arguments. */
export const findTerminalProgram = async (): Promise<string | undefined> =>
  process.platform === 'linux' ? findProgram('script') : undefined

/** Starts a program beside that of a sandbox, at a terminal if that is wanted and `script` of util-linux is there. */
export async function startSession(command: SessionCommand): Promise<SandboxSession> {
  const { mark, argv } = command
  const script = command.tty ? await findTerminalProgram() : undefined
  const tty = script !== undefined
  const [file, ...args] = tty ? [script, ...atTerminal(argv)] : argv
  const child = spawn(file!, args, {
    stdio: 'pipe',
    detached: true, // Ctrl-C in the terminal is for the platform, not for what it holds
    cwd: command.cwd,
    env: { ...command.env, [mark.name]: mark.value, ...(tty ? { SHELL: '/bin/sh' } : {}) },
  })
  // Whoever writes to a program that is gone is told by `exited`.
  child.stdin.on('error', () => {})
  const killAll = (): Promise<void> => killMarked(child, mark.value, command.candidates)
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  child.once('exit', () => {
    // What could not be killed ends with the sandbox.
    killAll().catch(() => {})
  })
  const exited = closed.then(([code, signal]) => ({ code, signal }))
  await once(child, 'spawn').catch(async (error: unknown) => {
    await closed.catch(() => {})
    throw error
  })
  return {
    tty,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    async kill() {
      await killAll()
      // Nobody may be reading any more.
      child.stdout.resume()
      child.stderr.resume()
      await exited
    },
  }
}

/** `script` copies between its own input and output and a terminal that it makes; it writes no transcript. */
const atTerminal = (argv: readonly string[]): string[] => [
  ...['--quiet', '--flush', '--return', '--command'],
  `stty cols 80 rows 24; exec ${argv.map(quoted).join(' ')}`,
  '/dev/null',
]

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

async function killMarked(
  child: ChildProcess,
  value: string,
  candidates: SessionCommand['candidates'],
): Promise<void> {
  const marked = async (): Promise<number[]> => {
    const found: number[] = []
    for (const pid of await candidates()) if (await isMarked(pid, value)) found.push(pid)
    return found
  }
  const dead = await killUntilNone(marked, KILL_TIMEOUT_MS)
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  if (!dead) throw new Error('processes of a session did not die')
}

async function isMarked(pid: number, value: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0').includes(`${MARKER}=${value}`)
  } catch {
    // It has ended, or is somebody else's.
    return false
  }
}
