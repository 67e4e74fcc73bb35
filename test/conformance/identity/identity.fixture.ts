/** What the tests of identity share: users and roles made as an operator makes them, and the vendor's clients of STS. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { Sdk } from '../../clients.fixture.ts'
import type { Platform } from '../../platform.fixture.ts'
import { api } from '../conformance.fixture.ts'

const require = createRequire(import.meta.url)
const sts = require('@alicloud/sts20150401')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const { RPCClient } = require('@alicloud/pop-core')

export interface Keys {
  accessKeyId: string
  accessKeySecret: string
  securityToken?: string
}

/** Request models of `@alicloud/sts20150401`. */
export const stsModels: Sdk = sts

/** Signs by ACS3-HMAC-SHA256. */
export function stsClient({ endpoints }: Platform, keys: Keys): Sdk {
  const { host } = new URL(endpoints.sts)
  return new sts.default(new $OpenApiUtil.Config({ ...keys, endpoint: host, protocol: 'http' }))
}

/** Signs by version 1.0, with all parameters in the query, or with POST in a form. */
export const popClient = ({ endpoints }: Platform, keys: Keys): Sdk =>
  new RPCClient({ ...keys, endpoint: endpoints.sts, apiVersion: '2015-04-01' })

/** A request of the administration, by the account's key. */
export async function administer(
  platform: Platform,
  method: string,
  path: string,
  document?: object,
): Promise<{ status: number; json: Sdk }> {
  const answer = await api(platform, method, `/hanshu/identity/${path}`, {
    body: document === undefined ? '' : JSON.stringify(document),
    headers: { 'content-type': 'application/json' },
  })
  return { status: answer.status, json: answer.text === '' ? undefined : JSON.parse(answer.text) }
}

export async function administered(platform: Platform, method: string, path: string, document?: object) {
  const { status, json } = await administer(platform, method, path, document)
  assert.ok(status === 200 || status === 204, `${status} ${JSON.stringify(json)}`)
  return json
}

const custom = (policyName: string) => ({ policyType: 'Custom', policyName })
export const system = (policyName: string) => ({ policyType: 'System', policyName })

let policies = 0

/** A user with these statements and policies of the system, and a key. */
export async function user(
  platform: Platform,
  name: string,
  statements: readonly object[],
  systemPolicies: readonly string[] = [],
): Promise<Keys> {
  const attached = systemPolicies.map(system)
  if (statements.length > 0) attached.push(custom(await policy(platform, statements)))
  await administered(platform, 'PUT', `users/${name}`, { policies: attached })
  const { accessKeyId, accessKeySecret } = await administered(platform, 'POST', `users/${name}/access-keys`)
  return { accessKeyId, accessKeySecret }
}

export async function role(
  platform: Platform,
  name: string,
  {
    trusts,
    statements = [],
    ...more
  }: { trusts: object; statements?: readonly object[]; [field: string]: unknown },
): Promise<string> {
  const { arn } = await administered(platform, 'PUT', `roles/${name}`, {
    assumeRolePolicyDocument: {
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: trusts }],
    },
    policies: statements.length > 0 ? [custom(await policy(platform, statements))] : [],
    ...more,
  })
  return arn
}

async function policy(platform: Platform, statements: readonly object[]): Promise<string> {
  const name = `p${policies++}`
  await administered(platform, 'PUT', `policies/${name}`, {
    policyDocument: { Version: '1', Statement: statements },
  })
  return name
}

/** What the SDK threw: status, code and message as they were on the wire. */
export async function refused(
  promise: Promise<unknown>,
): Promise<{ status: number; code: string; message: string }> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    // biome-ignore lint/suspicious/noExplicitAny: an SDK without types
    (thrown: any) => thrown,
  )
  const data = error.data ?? assert.fail(error)
  assert.match(data.RequestId, /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/)
  return {
    status: error.statusCode ?? error.entry?.response.statusCode,
    code: error.code,
    message: data.Message,
  }
}
