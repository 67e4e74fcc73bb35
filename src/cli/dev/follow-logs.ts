import { pause } from '../pause.ts'
import type { Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'
import { openLines } from './open-lines.ts'

const againMs = 1000

interface Following {
  platform: Platform
  terminal: Terminal
  functionName: string
  /** Aborted when the function is no longer of interest. */
  signal: AbortSignal
  line(message: string): void
}

/** Hands over what a function writes from now on. Goes on over a restart of the platform, where it stopped. Never rejects. */
export async function followLogs({
  platform,
  terminal,
  functionName,
  signal,
  line,
}: Following): Promise<void> {
  const { clock } = terminal
  const since = new Date(clock.now()).toISOString()
  let cursor: string | undefined
  let said = ''
  while (!signal.aborted) {
    try {
      const call = {
        action: 'ReadFunctionLogs',
        method: 'GET',
        path: `/hanshu/functions/${encodeURIComponent(functionName)}/logs`,
        query: { follow: 'true', ...(cursor === undefined ? { since } : { cursor }) },
      } as const
      for await (const text of openLines(platform, call, signal)) {
        const entry = JSON.parse(text) as { cursor: string; message: string }
        cursor = entry.cursor
        said = ''
        // Runtimes write a newline within one message as a carriage return.
        for (const part of entry.message.trimEnd().split('\r')) if (part !== '') line(part)
      }
    } catch (error) {
      const { message } = error as Error
      if (!signal.aborted && message !== said)
        terminal.note(`logs of ${functionName}: ${message.split('\n')[0]}`)
      said = message
    }
    await pause(againMs, signal, clock)
  }
}
