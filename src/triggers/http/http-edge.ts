/**
 * The HTTP trigger, on the listener that anybody may reach. A request walks these steps:
 * find its trigger → answer a preflight → admit → invoke (an event, or passed through, or put in the queue) → answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Invoker } from '../../ports/invocation.ts'
import { ApiError, unexpectedError } from '../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge } from '../../wire/body.ts'
import type { FastAnswer } from '../../wire/fast-path/answer-text.ts'
import type { TakeRequest } from '../../wire/fast-path/fast-path.ts'
import { isServicePath } from './addressing.ts'
import { type AdmissionNeeds, type Admitted, admit, admitAtOnce, findTrigger } from './admission.ts'
import { send, sendOnSocket } from './answer.ts'
import { preflightHeaders } from './cors.ts'
import { clientClosedRequest, invalidArgument } from './errors.ts'
import { acceptAsync } from './invoke-async.ts'
import { answerOfEvent, invokeWithEvent } from './invoke-event.ts'
import { invokeHandler } from './invoke-handler.ts'
import type { AsyncAcceptance } from './needs.ts'
import { type Answer, commonHeaders, errorAnswer } from './outcomes.ts'
import { forwardedAnswer, passThrough } from './pass-through.ts'
import { passUpgrade } from './pass-upgrade.ts'

export interface HttpEdgeNeeds extends AdmissionNeeds {
  invoker: Invoker
  asyncInvocations: AsyncAcceptance
  clock: Clock
  ids: IdSource
  log: Logger
}

export interface HttpEdge {
  /** For `server.on('request')`. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** For `withFastPath`. */
  take: TakeRequest
  /** For `server.on('upgrade')`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/**
 * For `createServer({ shouldUpgradeCallback })`: clients that merely offer HTTP/2 (`Upgrade: h2c`: curl, Java) want a
 * plain answer, and would otherwise end up as upgrades.
 */
export const shouldUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

export function httpEdge(needs: HttpEdgeNeeds): HttpEdge {
  const { clock, ids, log } = needs

  return {
    handle(request, response) {
      const requestId = newRequestId(request)
      serve(request, response, requestId).catch((thrown: unknown) => {
        if (response.headersSent || response.destroyed) response.destroy()
        else send(request, response, answerTo(thrown, request, requestId))
      })
    },

    take(request) {
      if (request.headers['x-fc-invocation-type'] !== undefined) return undefined
      let admitted: Admitted | undefined
      try {
        admitted = admitAtOnce(needs, request)
      } catch {
        // Whatever it is, the steps come upon it, too.
      }
      if (!admitted) return undefined
      const requestId = newRequestId(request)
      const isCustom = admitted.revision.runtime.startsWith('custom')
      const answer: Promise<FastAnswer> = (isCustom ? forwardedAnswer : answerOfEvent)(
        needs,
        request,
        requestId,
        admitted,
        request.body,
      )
      return answer.catch((thrown: unknown) => answerTo(thrown, request, requestId))
    },

    upgrade(request, socket, head) {
      const requestId = newRequestId(request)
      // A connection that breaks is noticed by its closing.
      socket.on('error', () => {})
      const writtenBefore = bytesWritten(socket)
      serveUpgrade(request, socket, head, requestId).catch((thrown: unknown) => {
        // The instance may have said something already: an HTTP answer would land in the middle of that.
        if (bytesWritten(socket) !== writtenBefore) socket.destroy()
        else sendOnSocket(socket, answerTo(thrown, request, requestId))
      })
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const found = await findTrigger(needs, request)
    const preflight = preflightHeaders(found.trigger, {
      method: request.method ?? 'GET',
      headers: request.headers,
    })
    if (preflight) {
      const headers = [...commonHeaders(requestId, undefined), ...preflight]
      send(request, response, { status: 204, headers, body: '' })
      return
    }
    const admitted = await admit(needs, request, found)
    if (isAsync(request)) return acceptAsync(needs, request, response, requestId, admitted)
    if (admitted.revision.runtime.startsWith('custom'))
      return passThrough(needs, request, response, requestId, admitted)
    if (admitted.revision.service) return invokeHandler(needs, request, response, requestId, admitted)
    return invokeWithEvent(needs, request, response, requestId, admitted)
  }

  async function serveUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    requestId: string,
  ): Promise<void> {
    const found = await findTrigger(needs, request)
    const admitted = await admit(needs, request, found)
    await passUpgrade(needs, request, socket, head, requestId, admitted)
  }

  /** Those of API 2016-08-15 are UUIDs. */
  function newRequestId({ url = '' }: { url?: string | undefined }): string {
    return isServicePath(url) ? ids.uuid() : ids.requestId(clock.now())
  }

  function answerTo(thrown: unknown, { url = '' }: { url?: string | undefined }, requestId: string): Answer {
    return errorAnswer(asApiError(thrown, requestId), requestId, isServicePath(url))
  }

  function asApiError(thrown: unknown, requestId: string): ApiError {
    if (thrown instanceof ApiError) return thrown
    if (thrown instanceof BodyTooLarge)
      return invalidArgument(`the body of the request exceeds ${thrown.bytesMax} bytes`)
    if (thrown instanceof BodyCutOff) return clientClosedRequest()
    log.error({ err: thrown, requestId }, 'a request failed by a defect of ours')
    return unexpectedError(thrown)
  }
}

const isAsync = ({ headers }: IncomingMessage): boolean =>
  String(headers['x-fc-invocation-type'] ?? '').toLowerCase() === 'async'

/** Of a socket; a connection of another kind is not counted. */
const bytesWritten = (socket: Duplex): number =>
  'bytesWritten' in socket && typeof socket.bytesWritten === 'number' ? socket.bytesWritten : 0
