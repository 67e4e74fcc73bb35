import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock } from '../lib/clock.ts'

/**
 * As long as the vendor keeps a silent connection to a custom runtime open. Within it, the function's timeout bounds all of
 * the response; a function may run for a day, and a stream that nobody writes to or reads from must not last as long.
 */
export const silenceMaxMs = 15 * 60_000

/**
 * Bounds what streams to and from a custom runtime once the response has begun: it is broken off after 15 minutes in which
 * no byte moved, whichever side is still, and an upload that the server has answered without waiting for it ends with the
 * answer, instead of holding a connection until its client finishes it.
 */
export function boundStreams({
  request,
  response,
  clock,
  silent,
}: {
  request: ClientRequest
  response: IncomingMessage
  clock: Clock
  /** Called when it is broken off. */
  silent(): void
}): void {
  const { socket } = response
  const moved = () => socket.bytesRead + socket.bytesWritten
  let before = moved()
  let cancel = clock.after(silenceMaxMs, look)
  function look(): void {
    const now = moved()
    if (now === before) {
      silent()
      response.destroy()
      return
    }
    before = now
    cancel = clock.after(silenceMaxMs, look)
  }
  response.once('close', () => {
    cancel()
    if (!request.writableFinished) request.destroy()
  })
}
