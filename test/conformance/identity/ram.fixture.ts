/** The vendor's client of RAM, as the tests use it. */
import { createRequire } from 'node:module'
import type { Sdk } from '../../clients.fixture.ts'
import type { Platform } from '../../platform.fixture.ts'
import type { Keys } from './identity.fixture.ts'

const require = createRequire(import.meta.url)
const ram = require('@alicloud/ram20150501')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const { RPCClient } = require('@alicloud/pop-core')

/** Calls operations by their name in the reference; answers the body. Signs by ACS3-HMAC-SHA256. */
export function ramClient(
  { endpoints }: Platform,
  { accessKeyId, accessKeySecret, securityToken }: Keys,
): (operation: string, request?: object) => Promise<Sdk> {
  const keys = { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) }
  const { host } = new URL(endpoints.ram)
  const client = new ram.default(new $OpenApiUtil.Config({ ...keys, endpoint: host, protocol: 'http' }))
  return async (operation, request = {}) => {
    const method = operation[0]!.toLowerCase() + operation.slice(1)
    const { length } = client[method]
    const { body } = await (length === 0
      ? client[method]()
      : client[method](new ram[`${operation}Request`](request)))
    return body
  }
}

/** Signs by version 1.0. */
export const ramPopClient = (
  { endpoints }: Platform,
  { accessKeyId, accessKeySecret }: Keys,
): { request(action: string, parameters?: object): Promise<Sdk> } =>
  new RPCClient({ accessKeyId, accessKeySecret, endpoint: endpoints.ram, apiVersion: '2015-05-01' })

/** Every operation that the vendor's SDK has, by its name in the reference. */
export const sdkOperations: readonly string[] = Object.getOwnPropertyNames(ram.default.prototype)
  .filter((name) => name.endsWith('WithOptions'))
  .map((name) => name[0]!.toUpperCase() + name.slice(1, -'WithOptions'.length))
