import { CommandFailed } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { openLines } from './open-lines.ts'

/** `hello` or `hello:9230`. */
export interface DebugWish {
  /** Of the function, or of its resource. */
  name: string
  port: number | undefined
}

export function readDebugWish(typed: string): DebugWish {
  const [, name, port] = /^([A-Za-z_][\w-]*)(?::(\d{1,5}))?$/.exec(typed) ?? []
  if (name === undefined || Number(port ?? 0) > 65_535)
    throw new CommandFailed(`--debug is FUNCTION or FUNCTION:PORT, not ${typed}.`)
  return { name, port: port === undefined ? undefined : Number(port) }
}

/** Where IDEs look first. */
export const standardPort = (runtime: string): number => (runtime.startsWith('python') ? 5678 : 9229)

interface Attaching {
  platform: Platform
  terminal: Terminal
  functionName: string
  port: number
  /** Absolute. */
  codePath: string
  signal: AbortSignal
}

const againMs = 1000

type Event =
  | { event: 'listening'; port: number; protocol: 'inspector' | 'debugpy' }
  | { event: 'ready'; codeDir: string }
  | { event: 'failed'; message: string }

/** Keeps a function open for a debugger until the signal, and says where to attach. Never rejects. */
export async function keepDebuggable(attaching: Attaching): Promise<void> {
  const { platform, terminal, functionName, signal } = attaching
  let said = ''
  const say = (line: string) => {
    if (line !== said) terminal.note(`debug ${functionName}: ${line}`)
    said = line
  }
  while (!signal.aborted) {
    try {
      const call = {
        action: 'DebugFunction',
        method: 'POST',
        path: `/hanshu/functions/${encodeURIComponent(functionName)}/debug`,
        query: { port: String(attaching.port) },
      } as const
      let at: Extract<Event, { event: 'listening' }> | undefined
      for await (const line of openLines(platform, call, signal)) {
        const event = JSON.parse(line) as Event
        if (event.event === 'listening') at = event
        else if (event.event === 'failed') say(event.message)
        else if (at) {
          const { protocol, port } = at
          const who = protocol === 'inspector' ? 'the Node inspector' : 'debugpy'
          say(
            `attach to ${who} at 127.0.0.1:${port}. For VS Code: ${launchOf(at, event.codeDir, attaching.codePath)}`,
          )
        }
      }
    } catch (error) {
      if (!signal.aborted) say((error as Error).message)
    }
    await pause(againMs, signal, terminal.clock)
  }
}

/** A configuration of `launch.json`, in one line. */
function launchOf(
  { protocol, port }: Extract<Event, { event: 'listening' }>,
  remoteRoot: string,
  localRoot: string,
): string {
  return JSON.stringify(
    protocol === 'inspector'
      ? { type: 'node', request: 'attach', port, restart: true, localRoot, remoteRoot }
      : {
          type: 'debugpy',
          request: 'attach',
          connect: { host: '127.0.0.1', port },
          pathMappings: [{ localRoot, remoteRoot }],
        },
  )
}
