/**
 * The data plane. A request walks these steps:
 * find its group, stage and API → pages of other origins → read its body → who calls → from where → how often → map its
 * parameters → an answer that is kept → backend → answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../../lib/clock.ts'
import type { IdSource } from '../../../lib/ids.ts'
import type { Logger } from '../../../lib/logger.ts'
import { ApiError } from '../../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge, collect } from '../../../wire/body.ts'
import { send } from '../../../wire/product-server.ts'
import type { ReachOf } from '../../../wire/reach.ts'
import type { Catalog } from '../catalog.ts'
import type { Functions } from '../needs.ts'
import { type Addressed, addressing, isPreflight } from './addressing.ts'
import type { Answer } from './answer.ts'
import { authenticate, type Caller } from './authentication.ts'
import { callBackend } from './backends/call-backend.ts'
import { httpBackends } from './backends/http.ts'
import { mapped } from './mapping.ts'
import { Nonces } from './nonces.ts'
import { checkAddress } from './policies/addresses.ts'
import { AnswerCache } from './policies/caching.ts'
import { isCorsHeader, originHeaders, preflightHeaders } from './policies/cors.ts'
import { checkToken, passClaims } from './policies/token.ts'
import { TrafficCounters } from './policies/traffic.ts'
import { bodyTooLarge, internalError, invalidBody } from './refusals.ts'
import { type GatewayRequest, hasBody, isForm } from './request.ts'
import { sendAnswer } from './send-answer.ts'
import { systemValue } from './system-parameters.ts'

/** The vendor's limit. */
const BODY_BYTES_MAX = 32 * 1024 * 1024

export interface DataPlaneNeeds {
  catalog: Catalog
  functions: Functions
  reachOf: ReachOf
  accountId: string
  clock: Clock
  ids: IdSource
  log: Logger
}

export interface DataPlane {
  /** For `server.on('request')`. */
  handle(message: IncomingMessage, response: ServerResponse): void
  close(): void
}

/** Headers of every answer to a request of a page, refusals among them: without them the page is not told. */
interface Seen {
  cors: readonly string[] | undefined
}

export function dataPlane({
  catalog,
  functions,
  reachOf,
  accountId,
  clock,
  ids,
  log,
}: DataPlaneNeeds): DataPlane {
  const addressedBy = addressing({ catalog, clock })
  const nonces = new Nonces()
  const counters = new TrafficCounters()
  const cache = new AnswerCache()
  const backends = httpBackends({ clock })
  const productLog = log.child({ product: 'gateway' })

  return {
    handle(message, response) {
      const requestId = ids.uuid().toUpperCase()
      const gone = new AbortController()
      response.once('close', () => {
        if (!response.writableFinished) gone.abort()
      })
      const seen: Seen = { cors: undefined }
      answer(message, requestId, gone.signal, seen)
        .then((found) => sendAnswer(message, response, withCors(found, seen), requestId))
        .catch((thrown: unknown) => refuse(message, response, asApiError(thrown, requestId), requestId, seen))
    },
    close() {
      backends.close()
    },
  }

  async function answer(
    message: IncomingMessage,
    requestId: string,
    signal: AbortSignal,
    seen: Seen,
  ): Promise<Answer> {
    const addressed = addressedBy(message, requestId)
    const { api, policies, path, restLength, request } = addressed
    const preflight = corsOf(addressed, seen)
    if (preflight) return preflight
    await readBody(request)
    const caller = await authenticate({ catalog, nonces, clock }, api, request)
    const { trafficControl, ipControl, jwtAuth, backendSignature } = policies
    if (ipControl) checkAddress(ipControl, request.clientIp, caller)
    const claims = jwtAuth ? await checkToken(jwtAuth, request, { clock, nonces }) : {}
    if (trafficControl) counters.admit(trafficControl, api, caller, { accountId, nowMs: clock.now() })
    const found = mapped(api.mapping, request, path, (name) => systemValue(name, api, request, caller))
    if (jwtAuth) passClaims(jwtAuth, claims, found)
    const call = { api, request, mapped: found, restLength, signal, signature: backendSignature }
    return throughCache(addressed, caller, () => callBackend({ functions, backends, reachOf }, call))
  }

  async function throughCache(
    { api, version, policies: { caching }, request }: Addressed,
    caller: Caller,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const key = caching && cache.keyOf(caching, api, version, request, caller)
    if (!caching || key === undefined) return ask()
    return cache.find(key, clock.now()) ?? cache.keep(caching, key, await ask(), clock.now())
  }

  /** The answer to a preflight; undefined: it is none. Throws `ApiError`. */
  function corsOf({ policies: { cors }, request }: Addressed, seen: Seen): Answer | undefined {
    const { origin } = request.message.headers
    if (!cors || origin === undefined) return undefined
    const host = request.message.headers.host ?? ''
    if (isPreflight(request.message))
      return { status: 200, headers: preflightHeaders(cors, origin, host), body: NOTHING }
    seen.cors = originHeaders(cors, origin, host)
    return undefined
  }

  async function readBody(request: GatewayRequest): Promise<void> {
    const { message } = request
    if (!hasBody(message)) return
    try {
      request.body = await collect(message, BODY_BYTES_MAX)
    } catch (error) {
      if (error instanceof BodyTooLarge) throw bodyTooLarge()
      if (error instanceof BodyCutOff) throw invalidBody('it ended before its announced length')
      throw error
    }
    if (request.body.length > 0 && isForm(message))
      request.form = new URLSearchParams(request.body.toString('utf8'))
  }

  function asApiError(thrown: unknown, requestId: string): ApiError {
    if (thrown instanceof ApiError) return thrown
    productLog.error({ err: thrown, requestId }, 'a request failed by a defect of ours')
    return internalError()
  }

  async function refuse(
    message: IncomingMessage,
    response: ServerResponse,
    { status, code, message: sentence }: ApiError,
    requestId: string,
    { cors = [] }: Seen,
  ): Promise<void> {
    productLog.debug({ requestId, status, code }, 'refused')
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    const headers: Record<string, string> = {
      'X-Ca-Request-Id': requestId,
      'X-Ca-Error-Code': code,
      'X-Ca-Error-Message': headerText(sentence),
    }
    for (let index = 0; index < cors.length; index += 2) headers[cors[index]!] = cors[index + 1]!
    await send(message, response, { status, headers }).catch((error: unknown) => {
      response.destroy()
      productLog.debug({ err: error, requestId }, 'an answer could not be sent')
    })
  }
}

const NOTHING = Buffer.alloc(0)

function withCors(answer: Answer, { cors }: Seen): Answer {
  if (!cors) return answer
  const headers: string[] = []
  for (let index = 0; index < answer.headers.length; index += 2) {
    if (!isCorsHeader(answer.headers[index]!))
      headers.push(answer.headers[index]!, answer.headers[index + 1]!)
  }
  return { ...answer, headers: [...headers, ...cors] }
}

/** As headers travel: one character a byte, none that ends a line, and not more than clients read. */
const headerText = (sentence: string): string =>
  Buffer.from(sentence.replace(/[\0-\x1f\x7f]/g, ' '))
    .toString('latin1')
    .slice(0, 4096)
