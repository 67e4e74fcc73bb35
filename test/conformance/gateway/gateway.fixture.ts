/** What the tests of API Gateway share: the vendor's client of its management, and APIs made with it. */
import { createRequire } from 'node:module'
import { createFunction, type Sdk } from '../../clients.fixture.ts'
import type { Platform } from '../../platform.fixture.ts'
import { type Bed, type HttpAnswer, http } from '../conformance.fixture.ts'
import type { Keys } from '../identity/identity.fixture.ts'

const require = createRequire(import.meta.url)
const cloudApi = require('@alicloud/cloudapi20160714')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const { Client } = require('aliyun-api-gateway')

/** Request models of `@alicloud/cloudapi20160714`. */
export const models: Sdk = cloudApi

export function managementClient({ endpoints }: Platform, keys: Keys): Sdk {
  const { host } = new URL(endpoints.apigateway)
  return new cloudApi.default(
    new $OpenApiUtil.Config({
      accessKeyId: keys.accessKeyId,
      accessKeySecret: keys.accessKeySecret,
      ...(keys.securityToken === undefined ? {} : { securityToken: keys.securityToken }),
      endpoint: host,
      protocol: 'http',
      readTimeout: 60_000,
    }),
  )
}

/** `aliyun-api-gateway`: signs as apps do. */
export const appClient = (app: { appKey: string; appSecret: string }, stage = 'RELEASE'): Sdk =>
  new Client(app.appKey, app.appSecret, stage)

export interface ApiOptions {
  apiName: string
  groupId: string
  path: string
  method?: string
  authType?: string
  /** Of `RequestConfig`. */
  request?: object
  /** Of `ServiceConfig`. */
  service: object
  /** Of the request of CreateApi: `requestParameters` and others, as objects. */
  [field: string]: unknown
}

const asText = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value

export function createApiRequest({
  path,
  method = 'GET',
  request = {},
  service,
  ...fields
}: ApiOptions): Sdk {
  return new models.CreateApiRequest({
    visibility: 'PRIVATE',
    authType: 'ANONYMOUS',
    resultType: 'JSON',
    resultSample: '{}',
    requestConfig: JSON.stringify({
      RequestProtocol: 'HTTP',
      RequestHttpMethod: method,
      RequestPath: path,
      ...request,
    }),
    serviceConfig: JSON.stringify(service),
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, asText(value)])),
  })
}

/** Made and deployed to RELEASE; its id. */
export async function deployedApi(client: Sdk, options: ApiOptions): Promise<string> {
  const { body } = await client.createApi(createApiRequest(options))
  await deploy(client, options.groupId, body.apiId)
  return body.apiId
}

export const deploy = (client: Sdk, groupId: string, apiId: string, stageName = 'RELEASE') =>
  client.deployApi(new models.DeployApiRequest({ groupId, apiId, stageName, description: 'for a test' }))

let groups = 0
export async function newGroup(
  client: Sdk,
  fields: object = {},
): Promise<{ groupId: string; subDomain: string }> {
  const request = new models.CreateApiGroupRequest({ groupName: `group_${++groups}`, ...fields })
  const { groupId, subDomain } = (await client.createApiGroup(request)).body
  return { groupId, subDomain }
}

let apps = 0
export async function newApp(
  client: Sdk,
  fields: object = {},
): Promise<{ appId: number; appKey: string; appSecret: string; appCode: string }> {
  const made = await client.createApp(new models.CreateAppRequest({ appName: `app_${++apps}`, ...fields }))
  const { appId } = made.body
  const { body } = await client.describeAppSecurity(new models.DescribeAppSecurityRequest({ appId }))
  return { appId, appKey: body.appKey, appSecret: body.appSecret, appCode: body.appCode }
}

export const allow = (
  client: Sdk,
  { groupId, apiId, appId }: { groupId: string; apiId: string; appId: number },
  fields: object = {},
) =>
  client.setAppsAuthorities(
    new models.SetAppsAuthoritiesRequest({
      groupId,
      apiId,
      appIds: String(appId),
      stageName: 'RELEASE',
      ...fields,
    }),
  )

/** By path, which needs no name to be resolved. */
export const urlOf = ({ endpoints }: Platform, groupId: string): string =>
  `${endpoints.gateway}/proxy/${groupId}`

export const call = (
  bed: Bed,
  groupId: string,
  path: string,
  options: Parameters<typeof http>[1] = {},
): Promise<HttpAnswer> => http(`${urlOf(bed.platform, groupId)}${path}`, options)

/** A function that answers what it was given. */
export const echoSource =
  "exports.handler = async (event) => JSON.stringify({ statusCode: '200', isBase64Encoded: false, " +
  "headers: { 'x-from': 'function' }, body: JSON.parse(event) })"

export const echoFunction = (client: Sdk, functionName: string, fields: object = {}) =>
  createFunction(client, { functionName, files: { 'index.js': echoSource }, ...fields })

export const eventService = (functionName: string, more: object = {}) => ({
  ServiceProtocol: 'FunctionCompute',
  FunctionComputeConfig: {
    FcType: 'FCEvent',
    FcVersion: '3.0',
    FcRegionId: 'cn-hangzhou',
    FunctionName: functionName,
    ...more,
  },
})

export const mockService = (result: string, more: object = {}) => ({
  ServiceProtocol: 'HTTP',
  ServiceAddress: 'http://backend.invalid',
  Mock: 'TRUE',
  MockResult: result,
  ...more,
})

export interface Refused {
  code: string
  status: number
  message: string
}

/** The error that the vendor's SDK makes of a refusal. */
export async function refused(promise: Promise<unknown>): Promise<Refused> {
  const error = await promise.then(
    () => {
      throw new Error('it was not refused')
    },
    // biome-ignore lint/suspicious/noExplicitAny: an SDK without types
    (thrown: any) => thrown,
  )
  if (!error.data) throw error
  return { code: error.code, status: error.statusCode, message: error.data.Message }
}

/** Status and code of an answer that the gateway gave by itself. */
export const errorOf = ({
  status,
  headers,
}: HttpAnswer): [number, string | undefined, string | undefined] => [
  status,
  headers['x-ca-error-code'] as string | undefined,
  headers['x-ca-error-message'] as string | undefined,
]
