/**
 * The data plane. A request walks these steps:
 * find its group, stage and API → read its body → who calls → may they → map its parameters → backend → answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../../lib/clock.ts'
import type { IdSource } from '../../../lib/ids.ts'
import type { Logger } from '../../../lib/logger.ts'
import { ApiError } from '../../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge, collect } from '../../../wire/body.ts'
import { headOf, send } from '../../../wire/product-server.ts'
import type { ReachOf } from '../../../wire/reach.ts'
import type { Catalog } from '../catalog.ts'
import type { Functions } from '../needs.ts'
import type { Answer } from './answer.ts'
import { authenticate, type Caller } from './authentication.ts'
import { callBackend } from './backends/call-backend.ts'
import { httpBackends } from './backends/http.ts'
import { deployedIn } from './deployed.ts'
import { type LiveApi, liveApiOf } from './live-api.ts'
import { mapped, type SystemParameterName } from './mapping.ts'
import { Nonces } from './nonces.ts'
import { placesOf, stageNamed } from './places.ts'
import {
  apiNotFound,
  bodyTooLarge,
  internalError,
  invalidBody,
  protocolUnsupported,
  urlTooLarge,
} from './refusals.ts'
import { clientIpOf, type GatewayRequest, headerOf, isForm, segmentsOf } from './request.ts'
import { sendAnswer } from './send-answer.ts'

/** The vendor's limits. */
const BODY_BYTES_MAX = 32 * 1024 * 1024
const TARGET_BYTES_MAX = 16 * 1024

export interface DataPlaneNeeds {
  catalog: Catalog
  functions: Functions
  reachOf: ReachOf
  clock: Clock
  ids: IdSource
  log: Logger
}

export interface DataPlane {
  /** For `server.on('request')`. */
  handle(message: IncomingMessage, response: ServerResponse): void
  close(): void
}

/** What is known of a request once its API is. */
interface Addressed {
  api: LiveApi
  path: ReadonlyMap<string, string>
  restLength: number
  request: GatewayRequest
}

export function dataPlane({ catalog, functions, reachOf, clock, ids, log }: DataPlaneNeeds): DataPlane {
  const places = placesOf(catalog)
  const deployed = deployedIn(catalog)
  const nonces = new Nonces()
  const backends = httpBackends({ clock })
  const productLog = log.child({ product: 'gateway' })

  return {
    handle(message, response) {
      const requestId = ids.uuid().toUpperCase()
      const gone = new AbortController()
      response.once('close', () => {
        if (!response.writableFinished) gone.abort()
      })
      answer(message, requestId, gone.signal)
        .then((found) => sendAnswer(message, response, found, requestId))
        .catch((thrown: unknown) => refuse(message, response, asApiError(thrown, requestId), requestId))
    },
    close() {
      backends.close()
    },
  }

  async function answer(message: IncomingMessage, requestId: string, signal: AbortSignal): Promise<Answer> {
    const addressed = addressedBy(message, requestId)
    const { api, path, restLength, request } = addressed
    await readBody(request)
    const caller = await authenticate({ catalog, nonces, clock }, api, request)
    const found = mapped(api.mapping, request, path, (name) => systemValue(name, addressed, caller))
    return callBackend({ functions, backends, reachOf }, { api, request, mapped: found, restLength, signal })
  }

  /** Throws `ApiError`. */
  function addressedBy(message: IncomingMessage, requestId: string): Addressed {
    const { target, rawPath: sentPath, rawQuery } = headOf(message)
    if (target.length > TARGET_BYTES_MAX) throw urlTooLarge()
    const host = (message.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    const { group, rawPath, stage: boundStage } = places.find(host, sentPath)
    const stage = boundStage ?? stageNamed(message.headers['x-ca-stage'] as string | undefined)
    const { raw, decoded } = segmentsOf(rawPath)
    const method = message.method ?? 'GET'
    const found = deployed.tableOf(group.groupId, stage).find(method, decoded)
    if (!found) throw apiNotFound(`${method} ${rawPath.slice(0, 256)} in ${stage}`)
    const api = liveApiOf(found.target)
    const protocol = 'encrypted' in message.socket ? 'HTTPS' : 'HTTP'
    if (!api.protocols.includes(protocol)) throw protocolUnsupported(protocol)
    const request: GatewayRequest = {
      message,
      requestId,
      method,
      sentPath,
      rawQuery,
      segments: decoded,
      rawSegments: raw,
      query: new URLSearchParams(rawQuery),
      host,
      protocol,
      clientIp: clientIpOf(message),
      body: NOTHING,
      form: undefined,
      receivedMs: clock.now(),
    }
    return { api, path: found.path, restLength: found.restLength, request }
  }

  async function readBody(request: GatewayRequest): Promise<void> {
    const { message } = request
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

  function systemValue(
    name: SystemParameterName,
    { api, request }: Addressed,
    { app, appKey }: Caller,
  ): string | undefined {
    switch (name) {
      case 'CaClientIp':
        return request.clientIp
      case 'CaDomain':
        return request.host
      case 'CaRequestHandleTime':
        return new Date(request.receivedMs).toISOString()
      case 'CaAppId':
        return app && String(app.appId)
      case 'CaAppKey':
        return appKey
      case 'CaRequestId':
        return request.requestId
      case 'CaHttpSchema':
        return request.protocol.toLowerCase()
      case 'CaProxy':
        return 'alibaba.apigateway'
      case 'CaApiName':
        return api.definition.apiName
      case 'CaClientUa':
        return headerOf(request, 'user-agent')
      case 'CaStage':
        return api.stage
    }
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
  ): Promise<void> {
    productLog.debug({ requestId, status, code }, 'refused')
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    const headers = {
      'X-Ca-Request-Id': requestId,
      'X-Ca-Error-Code': code,
      'X-Ca-Error-Message': headerText(sentence),
    }
    await send(message, response, { status, headers }).catch((error: unknown) => {
      response.destroy()
      productLog.debug({ err: error, requestId }, 'an answer could not be sent')
    })
  }
}

const NOTHING = Buffer.alloc(0)

/** As headers travel: one character a byte, none that ends a line, and not more than clients read. */
const headerText = (sentence: string): string =>
  Buffer.from(sentence.replace(/[\0-\x1f\x7f]/g, ' '))
    .toString('latin1')
    .slice(0, 4096)
