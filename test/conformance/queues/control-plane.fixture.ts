/**
 * The control plane by the vendor's generic clients for RPC APIs, with either signature. The SDK of this API is not on npm;
 * what its client does with a request before it hands it to the generic one is done here.
 */
import { createRequire } from 'node:module'
import type { Sdk } from '../../clients.fixture.ts'
import type { Platform } from '../../platform.fixture.ts'

const require = createRequire(import.meta.url)
const openApi: Sdk = require('@alicloud/openapi-core')
const RpcClient = require('@alicloud/pop-core')

export interface Caller {
  accessKeyId: string
  accessKeySecret: string
  securityToken?: string | undefined
}

export interface CallOptions {
  version?: string
  /** Of the API with signature 1.0. */
  method?: 'GET' | 'POST'
}

const VERSION = '2022-01-19'
/** Parameters that the SDK writes as JSON. The list of tags becomes parameters with numbers. */
const asJson = [
  'DlqPolicy',
  'TenantRateLimitPolicy',
  'Endpoint',
  'Endpoints',
  'EventTypes',
  'MatchRules',
  'Subscription',
]

const flattened = (request: object): Record<string, string> =>
  openApi.OpenApiUtil.query(
    Object.fromEntries(
      Object.entries(request).map(([name, value]) => [
        name,
        typeof value === 'object' && asJson.includes(name)
          ? openApi.OpenApiUtil.arrayToStringWithSpecifiedStyle(value, name, 'json')
          : value,
      ]),
    ),
  )

/**
 * Under another name of this machine, so that no connection is shared with the client of queues: the generic client leaves its
 * timers on the connection of a call that was answered, and three seconds later they stop the timer of whatever call is there
 * then, which that client takes for a timeout.
 */
export const apartFromOthers = (endpoint: string): string =>
  new URL(endpoint).host.replace('127.0.0.1', 'localhost')

/** ACS3-HMAC-SHA256. Answers the body; rejects with `code`. */
export async function call(
  { endpoints, region }: Platform,
  caller: Caller,
  action: string,
  request: object,
  { version = VERSION }: CallOptions = {},
): Promise<Sdk> {
  const { $OpenApiUtil, default: Client } = openApi
  const { accessKeyId, accessKeySecret, securityToken } = caller
  const client = new Client(
    new $OpenApiUtil.Config({
      accessKeyId,
      accessKeySecret,
      ...(securityToken === undefined ? {} : { securityToken, type: 'sts' }),
      endpoint: apartFromOthers(endpoints.mns),
      protocol: 'http',
      regionId: region,
    }),
  )
  const params = new $OpenApiUtil.Params({
    action,
    version,
    protocol: 'HTTP',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  })
  const query = flattened(request)
  return (await client.callApi(params, new $OpenApiUtil.OpenApiRequest({ query }), {})).body
}

/** HMAC-SHA1, signature version 1.0. */
export async function callByVersion1(
  { endpoints }: Platform,
  { accessKeyId, accessKeySecret, securityToken }: Caller,
  action: string,
  request: object,
  { version = VERSION, method = 'POST' }: CallOptions = {},
): Promise<Sdk> {
  const client = new RpcClient({
    endpoint: endpoints.mns,
    apiVersion: version,
    accessKeyId,
    accessKeySecret,
    ...(securityToken === undefined ? {} : { securityToken }),
  })
  return client.request(action, flattened(request), { method })
}
