/** Which API a request is for, and what is in force for it. */
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../../lib/clock.ts'
import { headOf } from '../../../wire/product-server.ts'
import type { Catalog } from '../catalog.ts'
import type { DeploymentRecord, Stage } from '../records.ts'
import { deployedIn } from './deployed.ts'
import { type LiveApi, liveApiOf } from './live-api.ts'
import { placesOf, stageNamed } from './places.ts'
import { type Policies, policiesIn } from './policies/policies.ts'
import { apiNotFound, protocolUnsupported, urlTooLarge } from './refusals.ts'
import { clientIpOf, type GatewayRequest, segmentsOf } from './request.ts'
import type { Found } from './route-table.ts'

/** Ours; the vendor's limit of a URL is larger than what Node reads of a head. */
const TARGET_BYTES_MAX = 16 * 1024

/** What is known of a request once its API is. */
export interface Addressed {
  api: LiveApi
  /** Of its deployment. */
  version: string
  policies: Policies
  path: ReadonlyMap<string, string>
  restLength: number
  request: GatewayRequest
}

export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined

/** Throws `ApiError`. The body is not read yet. */
export function addressing({ catalog, clock }: { catalog: Catalog; clock: Clock }) {
  const places = placesOf(catalog)
  const deployed = deployedIn(catalog)
  const inForce = policiesIn(catalog)

  /** Only an API that has rules for it answers a preflight. */
  const preflighted = (found: Found<DeploymentRecord> | undefined, stage: Stage) =>
    found && inForce.of(found.target.apiId, stage).cors ? found : undefined

  return function addressedBy(message: IncomingMessage, requestId: string): Addressed {
    const { target, rawPath: sentPath, rawQuery } = headOf(message)
    if (target.length > TARGET_BYTES_MAX) throw urlTooLarge()
    const host = (message.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    const { group, rawPath, stage: boundStage } = places.find(host, sentPath)
    const stage = boundStage ?? stageNamed(message.headers['x-ca-stage'] as string | undefined)
    const { raw, decoded } = segmentsOf(rawPath)
    const method = message.method ?? 'GET'
    const table = deployed.tableOf(group.groupId, stage)
    // A preflight is about another method, unless the API has one of its own for it.
    const wanted = isPreflight(message) ? String(message.headers['access-control-request-method']) : undefined
    const found =
      table.find(method, decoded) ??
      (wanted === undefined ? undefined : preflighted(table.find(wanted, decoded), stage))
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
    return {
      api,
      version: found.target.version,
      policies: inForce.of(api.apiId, stage),
      path: found.path,
      restLength: found.restLength,
      request,
    }
  }
}

const NOTHING = Buffer.alloc(0)
