import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { tracedBy } from '../../lib/trace-context.ts'
import type { Invoker } from '../../ports/invocation.ts'
import type { Admitted } from './admission.ts'
import { sendOnSocket } from './answer.ts'
import { connectionSignal } from './connections.ts'
import { upgradeNeedsCustomRuntime } from './errors.ts'
import { wantsLogTail } from './invoke-event.ts'
import { commonHeaders, failureAnswer, refusalError } from './outcomes.ts'
import { headOfForwarded } from './pass-through.ts'

/** A WebSocket: the connection is the instance's until it ends. Throws `ApiError` when it never got there. */
export async function passUpgrade(
  { invoker }: { invoker: Invoker },
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  requestId: string,
  { address, trigger, revision, seen }: Admitted,
): Promise<void> {
  if (!revision.runtime.startsWith('custom')) throw upgradeNeedsCustomRuntime()
  const forwarded = headOfForwarded(request, { address, seen })
  const writtenBefore = 'bytesWritten' in socket ? socket.bytesWritten : 0
  const outcome = await invoker.upgrade({
    revision,
    qualifier: trigger.qualifier,
    requestId,
    wantLogTail: wantsLogTail(request),
    signal: connectionSignal(socket),
    ...tracedBy(request.headers),
    request: {
      ...forwarded,
      // Of the connection, and so not forwarded otherwise; here the connection is what is forwarded.
      rawHeaders: [
        ...forwarded.rawHeaders,
        'Connection',
        'Upgrade',
        'Upgrade',
        request.headers.upgrade ?? '',
      ],
    },
    socket,
    head,
  })
  switch (outcome.outcome) {
    case 'ended':
      if (!socket.destroyed) socket.end(() => socket.destroy())
      return
    case 'handledError':
    case 'unhandledError':
    case 'initializationError':
      if ('bytesWritten' in socket && socket.bytesWritten !== writtenBefore) socket.destroy()
      else sendOnSocket(socket, failureAnswer(outcome, revision, commonHeaders(requestId, undefined)))
      return
    default:
      throw refusalError(outcome, revision)
  }
}
