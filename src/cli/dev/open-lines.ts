import { linesOf } from '../http.ts'
import type { ApiCall, Platform } from '../platform.ts'

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
