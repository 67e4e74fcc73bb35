import { linesOf } from '../http.ts'
import type { ApiCall, Platform } from '../platform.ts'
import type { Terminal } from '../terminal.ts'

/** The lines of an answer that goes on until the signal. Empty ones only say that the platform is there. */
export async function* openLines(
  platform: Platform,
  call: Omit<ApiCall, 'body'>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const response = await platform.open(call)
  const leave = () => response.destroy()
  signal.addEventListener('abort', leave, { once: true })
  try {
    if (signal.aborted) return
    for await (const line of linesOf(response)) if (line !== '') yield line
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}

/** Ends early with the signal. */
export function pause(ms: number, signal: AbortSignal, clock: Terminal['clock']): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
