/** The vocabulary of operations of the control plane (RPC API CloudAPI 2016-07-14). */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { XmlContent } from '../../lib/xml.ts'
import type { RecordStore } from '../../ports/records.ts'
import { type AccessControl, conditionsOf } from '../../wire/access.ts'
import { type Credential, credentialOf } from '../../wire/reach.ts'
import type { RpcCall, RpcOperation } from '../../wire/rpc/rpc-server.ts'
import type { Catalog } from './catalog.ts'
import { forbidden, invalid, notFound } from './errors.ts'
import type { Functions } from './needs.ts'
import { Parameters } from './parameters.ts'
import { type ApiRecord, type GroupRecord, type Stage, stages } from './records.ts'

export interface GatewayContext {
  catalog: Catalog
  records: RecordStore
  access: Pick<AccessControl, 'mayDo'>
  functions: Functions
  region: string
  clock: Clock
  ids: IdSource
  randomBytes(count: number): Buffer
  /** Where a group is reached: `0a1b….apigateway.localhost:9005`. */
  subDomainOf(groupId: string): string
}

export interface Call extends GatewayContext {
  parameters: Parameters
  accountId: string
  /** `2026-01-01T00:00:00Z` */
  now: string
  madeBy: Credential
  /** Throws `Forbidden.RAM`. */
  require(action: string, resource: string, conditions?: Record<string, string>): void
}

export type Document = Record<string, XmlContent>
export type Operation = RpcOperation<GatewayContext>

interface OperationOptions {
  /** As in the vendor's reference: `CreateApi`. */
  name: string
  /** The end of the ARN that policies name: `apigroup/{id}`. */
  resource(parameters: Parameters): string
  handle(call: Call): Promise<Document> | Document
}

/** An operation that is asked about before it looks at anything: action `apigateway:{name}`. */
export const operation = ({ name, resource, handle }: OperationOptions): Operation => ({
  name,
  async handle(rpc, context) {
    const call = callOf(rpc, context)
    const arn = `acs:apigateway:${context.region}:${rpc.accountId}:${resource(call.parameters)}`
    call.require(`apigateway:${name}`, arn)
    return handle(call)
  },
})

function callOf({ parameters, accountId, principal, head }: RpcCall, context: GatewayContext): Call {
  return {
    ...context,
    parameters: new Parameters(parameters),
    accountId,
    now: timeText(context.clock.now()),
    madeBy: credentialOf(principal),
    require(action, resource, more = {}) {
      const conditions = () => ({ ...conditionsOf(head), ...more })
      if (!principal || !context.access.mayDo(principal, { action, resource, conditions })) throw forbidden()
    },
  }
}

/** `2026-01-01T00:00:00Z` */
export const timeText = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`

/** Resources of operations. */
export const ofGroup = (parameters: Parameters) => `apigroup/${parameters.optional('GroupId') ?? '*'}`
export const ofApp = (parameters: Parameters) => `app/${parameters.optional('AppId') ?? '*'}`
export const ofAll = () => '*'

/** 32 hexadecimal digits, as the vendor's ids of groups and APIs have. */
export const newHexId = ({ ids }: Pick<GatewayContext, 'ids'>): string => ids.uuid().replaceAll('-', '')

export function groupOf({ catalog, parameters }: Call): GroupRecord {
  const group = catalog.get('groups', parameters.required('GroupId'))
  if (!group) throw notFound('ApiGroup')
  return group
}

/** Its group need not be named; one that is named has to be the right one. */
export function apiOf({ catalog, parameters }: Call, apiId = parameters.required('ApiId')): ApiRecord {
  const api = catalog.get('apis', apiId)
  const groupId = parameters.optional('GroupId')
  if (!api || (groupId !== undefined && groupId !== api.groupId)) throw notFound('Api')
  return api
}

export function stageOf({ parameters }: Call): Stage {
  return stageIn(parameters.required('StageName'))
}

export const optionalStageOf = ({ parameters }: Call): Stage | undefined => {
  const given = parameters.optional('StageName')
  return given === undefined ? undefined : stageIn(given)
}

function stageIn(text: string): Stage {
  const stage = stages.find((each) => each === text.toUpperCase())
  if (!stage) throw invalid('StageName', `It is none of ${stages.join(', ')}.`)
  return stage
}

/** One page of a list, and what every list says of itself. */
export function paged<Item>(
  { parameters }: Pick<Call, 'parameters'>,
  items: readonly Item[],
): { page: Item[]; facts: { PageNumber: number; PageSize: number; TotalCount: number } } {
  const pageNumber = parameters.integer('PageNumber', { min: 1, max: 1_000_000 }) ?? 1
  const pageSize = parameters.integer('PageSize', { min: 1, max: 100 }) ?? 10
  const start = (pageNumber - 1) * pageSize
  return {
    page: items.slice(start, start + pageSize),
    facts: { PageNumber: pageNumber, PageSize: pageSize, TotalCount: items.length },
  }
}

export const newestFirst = (a: { createdTime: string }, b: { createdTime: string }): number =>
  a.createdTime < b.createdTime ? 1 : a.createdTime > b.createdTime ? -1 : 0
