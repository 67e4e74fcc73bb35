/**
 * RPC APIs: one path, the operation is a parameter. Every request walks the same five steps, in this order:
 * read the parameters → find the operation → authenticate → handle → answer, in JSON or XML as it was asked.
 */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { XmlContent } from '../../lib/xml.ts'
import { ApiError, unexpectedError } from '../api-error.ts'
import { BodyCutOff, BodyTooLarge } from '../body.ts'
import type { CallObserver } from '../call-observer.ts'
import { jsonReply, type Reply } from '../operation.ts'
import { headOf, type RequestHandler, type RequestHead, send } from '../product-server.ts'
import type { Principal, SecretLookup } from '../signatures/secret-lookup.ts'
import { xmlReply } from '../xml.ts'
import { authenticateRpc } from './rpc-authentication.ts'
import {
  actionNotFound,
  bodyCutOff,
  invalidVersion,
  missingParameter,
  requestTooLarge,
} from './rpc-errors.ts'
import { actionOf, type RpcRequest, readRpcRequest, versionOf, wantsJson } from './rpc-request.ts'

export interface RpcOperation<Context> {
  /** As in the vendor's reference: `AssumeRole`. */
  name: string
  /** For callers without credentials, who prove themselves otherwise. */
  anonymous?: true
  /** Answers the document without its RequestId. Throws `ApiError`. */
  handle(call: RpcCall, context: Context): Promise<Record<string, XmlContent>>
}

export interface RpcCall {
  requestId: string
  parameters: ReadonlyMap<string, string>
  head: RequestHead
  accountId: string
  /** Undefined: an anonymous operation, or the key of an upload. */
  principal: Principal | undefined
}

export interface RpcProduct<Context> {
  name: string
  /** `2015-04-01` */
  version: string
  operations: readonly RpcOperation<Context>[]
  lookup: SecretLookup
  clock: Clock
  ids: IdSource
  context: Context
}

/** What is known of a request by the time it is answered. */
interface Seen {
  request?: RpcRequest
  operation?: string
  principal?: Principal
}

export function rpcHandler<Context>(
  product: RpcProduct<Context>,
  log: Logger,
  observe?: CallObserver,
): RequestHandler {
  const operations = new Map(product.operations.map((operation) => [operation.name, operation]))
  const productLog = log.child({ product: product.name })

  return async (message, response) => {
    const head = headOf(message)
    const requestId = product.ids.uuid().toUpperCase()
    const seen: Seen = {}
    let reply: Reply
    let errorCode: string | undefined
    try {
      reply = await answer(head, requestId, seen)
    } catch (thrown) {
      const error = asApiError(thrown, requestId)
      errorCode = error.code
      reply = errorReply(error, requestId, head, wantsJson(head, seen.request?.parameters))
    }
    const facts = { operation: seen.operation, requestId, method: head.method, status: reply.status }
    productLog.info(facts, 'answered')
    const { operation, principal, request } = seen
    if (observe && operation !== undefined && principal && request) {
      observe({
        product: product.name,
        version: product.version,
        operation,
        requestId,
        principal,
        message,
        status: reply.status,
        ...(errorCode === undefined ? {} : { errorCode }),
        named: request.parameters,
      })
    }
    await send(message, response, reply, { 'x-acs-request-id': requestId }).catch((error: unknown) => {
      response.destroy()
      productLog.debug({ err: error, requestId }, 'an answer could not be sent')
    })
  }

  async function answer(head: RequestHead, requestId: string, seen: Seen): Promise<Reply> {
    if (head.rawPath !== '/' || !isMethod(head.message)) throw actionNotFound()
    const request = await readRpcRequest(head)
    seen.request = request
    const action = actionOf(request)
    if (!action) throw missingParameter('Action')
    if (versionOf(request) !== product.version) throw invalidVersion()
    const operation = operations.get(action)
    if (!operation) throw actionNotFound()
    seen.operation = operation.name
    const caller = operation.anonymous
      ? { accountId: product.lookup.accountId, principal: undefined }
      : authenticateRpc(request, product)
    if (caller.principal) seen.principal = caller.principal
    const document = await operation.handle(
      { requestId, parameters: request.parameters, head, ...caller },
      product.context,
    )
    const whole = { RequestId: requestId, ...document }
    return wantsJson(head, request.parameters)
      ? jsonReply(200, whole)
      : xmlReply(200, `${operation.name}Response`, whole)
  }

  function asApiError(thrown: unknown, requestId: string): ApiError {
    if (thrown instanceof ApiError) return thrown
    if (thrown instanceof BodyTooLarge) return requestTooLarge(thrown.bytesMax)
    if (thrown instanceof BodyCutOff) return bodyCutOff()
    productLog.error({ err: thrown, requestId }, 'a request failed by a defect of ours')
    const { status, message } = unexpectedError(thrown)
    return new ApiError('InternalError', status, message)
  }
}

const isMethod = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'POST'

function errorReply(
  { status, code, message, headers }: ApiError,
  requestId: string,
  head: RequestHead,
  json: boolean,
): Reply {
  const document = { RequestId: requestId, HostId: head.headers.host ?? '', Code: code, Message: message }
  return json
    ? jsonReply(status, document, { ...headers })
    : xmlReply(status, 'Error', document, { ...headers })
}
