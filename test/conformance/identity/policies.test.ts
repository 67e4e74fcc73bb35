/** Users, roles and policies in front of Function Compute, and the credentials that functions get of their roles. */
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { signAcs3ForTrigger } from '../../../src/lib/signing/acs3.ts'
import { createFunction, fc2Client, fc3Client, httpTrigger, invoke } from '../../clients.fixture.ts'
import { startPlatform } from '../../platform.fixture.ts'
import { assertRefused, http, request, requestWith, sharedPlatform } from '../conformance.fixture.ts'
import {
  administer,
  administered,
  type Keys,
  role,
  stsClient,
  stsModels,
  system,
  user,
} from './identity.fixture.ts'

const tell = {
  'index.js': 'exports.handler = async (_, { credentials }) => JSON.stringify(credentials ?? null)',
}
const defaultRole = 'acs:ram::1234567890123456:role/AliyunFCDefaultRole'
const bed = sharedPlatform({}, async ({ client }) => {
  await createFunction(client, { functionName: 'told', files: tell })
})

const clientOf = (keys: Keys) => fc3Client({ ...bed.platform, ...keys }, { ...keys, connectTimeout: 60_000 })
const functionArn = (name: string) =>
  `acs:fc:${bed.platform.region}:${bed.platform.accountId}:functions/${name}`

describe('a user', () => {
  test('without a policy is refused everything, in the words of the vendor', async () => {
    const client = clientOf(await user(bed.platform, 'nobody', []))
    await assertRefused(
      client.listFunctions(request('ListFunctions')),
      403,
      'AccessDenied',
      /^the caller is not authorized to perform 'fc:ListFunctions' on resource 'acs:fc:cn-hangzhou:\d+:functions\/\*'$/,
    )
    const invocation = await invoke(client, 'told').then(
      () => assert.fail('it was not refused'),
      (error) => error,
    )
    assert.match(String(invocation.message), /fc:InvokeFunction/)
    await assertRefused(client.getFunction('none', request('GetFunction')), 403, 'AccessDenied')
    assert.equal((await administerBy(client)).code, 'AccessDenied')
  })

  test('may what the policies allow, and not what they deny, from the next request on', async () => {
    const { platform } = bed
    const allow = { Effect: 'Allow', Action: ['fc:InvokeFunction', 'fc:Get*'], Resource: functionArn('told') }
    const keys = await user(platform, 'caller', [allow])
    const client = clientOf(keys)
    assert.equal((await invoke(client, 'told')).statusCode, 200)
    assert.equal((await client.getFunction('told', request('GetFunction'))).body.functionName, 'told')
    await assertRefused(client.deleteFunction('told'), 403, 'AccessDenied')
    await assertRefused(client.getFunction('other', request('GetFunction')), 403, 'AccessDenied')
    await administered(platform, 'PUT', 'users/caller', { policies: [system('AliyunFCReadOnlyAccess')] })
    assert.equal((await client.listFunctions(request('ListFunctions'))).statusCode, 200)
    await assert.rejects(invoke(client, 'told'))
    await administered(platform, 'PUT', `access-keys/${keys.accessKeyId}`, { status: 'Inactive' })
    await assertRefused(client.listFunctions(request('ListFunctions')), 403, 'InvalidAccessKeyID')
  })

  test('is held to them by the older API and at HTTP triggers, too', async () => {
    const { platform } = bed
    const keys = await user(platform, 'elder', [
      { Effect: 'Allow', Action: 'fc:*', Resource: 'acs:fc:*:*:services/mine*' },
    ])
    const fc2 = fc2Client({ ...platform, ...keys })
    await assert.rejects(fc2.createService('mine'), { name: 'FCAccessDeniedError' })
    await fc2Client(platform).createService('mine')
    assert.equal((await fc2.getService('mine')).data.serviceName, 'mine')
    await assert.rejects(fc2.getService('yours'), { name: 'FCAccessDeniedError' })

    await createFunction(bed.client, { functionName: 'signed', files: tell })
    const url = await httpTrigger(bed.client, platform, 'signed', { authType: 'function' })
    const get = (signedBy: Keys) => {
      const { pathname, host } = new URL(url)
      const asked = { method: 'GET', rawPath: pathname, headers: { host } }
      const headers = signAcs3ForTrigger(asked, signedBy, Date.now())
      return http(url, { headers })
    }
    const { accessKeyId, accessKeySecret } = platform
    assert.equal((await get({ accessKeyId, accessKeySecret })).status, 200)
    const refused = await get(keys)
    assert.equal(refused.status, 403)
    assert.match(refused.text, /fc:InvokeFunction.*functions\/signed/)
    const invoker = await user(platform, 'invoker', [], ['AliyunFCInvocationAccess'])
    assert.equal((await get(invoker)).status, 200)
  })

  test('has a session that may no more than role and session policy allow', async () => {
    const { platform } = bed
    const ann = await user(platform, 'ann', [], ['AliyunSTSAssumeRoleAccess'])
    const roleArn = await role(platform, 'operator', {
      trusts: { RAM: [`acs:ram::${platform.accountId}:user/ann`] },
      statements: [{ Effect: 'Allow', Action: 'fc:*', Resource: '*' }],
    })
    const policy = JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: ['fc:ListFunctions', 'oss:*'], Resource: '*' }],
    })
    const { body } = await stsClient(platform, ann).assumeRole(
      new stsModels.AssumeRoleRequest({ roleArn, roleSessionName: 'night', policy }),
    )
    const { accessKeyId, accessKeySecret, securityToken } = body.credentials
    const client = clientOf({ accessKeyId, accessKeySecret, securityToken })
    assert.equal((await client.listFunctions(request('ListFunctions'))).statusCode, 200)
    await assertRefused(client.getFunction('told', request('GetFunction')), 403, 'AccessDenied')
    await administered(platform, 'DELETE', 'roles/operator')
    await assertRefused(client.listFunctions(request('ListFunctions')), 403, 'InvalidSecurityToken')
  })
})

describe('the credentials of a function', () => {
  const credentialsOf = async (functionName: string) =>
    JSON.parse((await invoke(bed.client, functionName)).body)
  const identityOf = async ({ accessKeyId, accessKeySecret, securityToken }: Keys) =>
    (
      await stsClient(bed.platform, {
        accessKeyId,
        accessKeySecret,
        securityToken: securityToken!,
      }).getCallerIdentity()
    ).body

  test('are none without a role', async () => {
    assert.deepEqual(Object.values((await credentialsOf('told')) ?? {}).filter(Boolean), [])
  })

  test('are those of its role, which they follow, and none when it is gone', async () => {
    const { platform, client } = bed
    const roleArn = await role(platform, 'writer', {
      trusts: { Service: ['fc.aliyuncs.com'] },
      statements: [{ Effect: 'Allow', Action: 'fc:GetFunction', Resource: '*' }],
    })
    await createFunction(client, { functionName: 'writes', files: tell, role: roleArn })
    const keys = await credentialsOf('writes')
    assert.match((await identityOf(keys)).arn, /^acs:ram::\d+:assumed-role\/writer\//)
    const own = clientOf(keys)
    assert.equal((await own.getFunction('told', request('GetFunction'))).statusCode, 200)
    await assertRefused(own.listFunctions(request('ListFunctions')), 403, 'AccessDenied')
    await administered(platform, 'PUT', 'roles/writer', {
      assumeRolePolicyDocument: {
        Version: '1',
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['oss.aliyuncs.com'] } },
        ],
      },
    })
    assert.deepEqual(Object.values((await credentialsOf('writes')) ?? {}).filter(Boolean), [])
  })

  test('are refused where they are asked for: a role that does not trust Function Compute', async () => {
    const { platform, client } = bed
    const roleArn = await role(platform, 'closed', { trusts: { Service: ['oss.aliyuncs.com'] } })
    const words = `No permission to assume the role '${roleArn}' for you`
    await assertRefused(
      createFunction(client, { functionName: 'refused', files: tell, role: roleArn }),
      403,
      'AccessDenied',
      new RegExp(`^${words}$`),
    )
    await assertRefused(
      client.updateFunction('told', requestWith('UpdateFunction', { role: roleArn })),
      403,
      'AccessDenied',
    )
  })

  test('of a role that nobody created may do everything, where the platform was not told otherwise', async () => {
    const { platform, client } = bed
    await createFunction(client, { functionName: 'default', files: tell, role: defaultRole })
    const keys = await credentialsOf('default')
    assert.match((await identityOf(keys)).arn, /^acs:ram::\d+:assumed-role\/AliyunFCDefaultRole\//)
    assert.equal((await clientOf(keys).listFunctions(request('ListFunctions'))).statusCode, 200)
    // Who may create functions could do everything by such a role, and so has to be allowed to hand it on.
    const maker = clientOf(
      await user(platform, 'maker', [{ Effect: 'Allow', Action: 'fc:*', Resource: '*' }]),
    )
    await assertRefused(
      createFunction(maker, { functionName: 'more', files: tell, role: defaultRole }),
      403,
      'AccessDenied',
      /'ram:PassRole' on resource 'acs:ram::/,
    )
  })
})

describe('the administration', () => {
  test('refuses what is wrongly formed, and lists what there is without secrets', async () => {
    const { platform } = bed
    for (const [method, path, document, status, code] of [
      ['PUT', 'users/a%20b', {}, 400, 'InvalidParameter'],
      ['PUT', 'users/x', { policies: [system('None')] }, 404, 'EntityNotExist.Policy'],
      ['PUT', 'users/x', { polices: [] }, 400, 'InvalidParameter'],
      ['GET', 'users/x', undefined, 404, 'EntityNotExist.User'],
      ['POST', 'users/x/access-keys', undefined, 404, 'EntityNotExist.User'],
      ['PUT', 'roles/x', { assumeRolePolicyDocument: {} }, 400, 'MalformedPolicyDocument'],
      ['PUT', 'roles/x', { maxSessionDurationSeconds: 60 }, 400, 'InvalidParameter'],
      ['PUT', 'policies/x', { policyDocument: { Version: '1' } }, 400, 'MalformedPolicyDocument'],
      ['PUT', 'policies/x', { policyDocument: 'x'.repeat(7000) }, 400, 'MalformedPolicyDocument'],
      ['DELETE', 'policies/x', undefined, 404, 'EntityNotExist.Policy'],
      ['GET', 'nothing', undefined, 400, 'PathNotSupported'],
    ] as const) {
      const answer = await administer(platform, method, path, document)
      assert.deepEqual([answer.status, answer.json.Code], [status, code], `${method} ${path}`)
    }
    const keys = await user(platform, 'shown', [], ['AdministratorAccess'])
    const shown = await administered(platform, 'GET', 'users/shown')
    assert.equal(shown.accessKeys[0].accessKeyId, keys.accessKeyId)
    assert.ok(!JSON.stringify(shown).includes(keys.accessKeySecret))
    for (const kind of ['users', 'roles', 'policies']) {
      assert.ok((await administered(platform, 'GET', kind))[kind].length > 0)
    }
    // Not even with all policies there are.
    assert.equal((await administerBy(clientOf(keys))).code, 'AccessDenied')
  })

  test('is kept over a restart, and its secrets are for the owner of the data folder only', async () => {
    const environment = { HANSHU_UNKNOWN_ROLES: 'refused' }
    const first = await startPlatform({ environment: { ...environment, HANSHU_LOG_LEVEL: 'debug' } })
    try {
      const keys = await user(first, 'kept', [], ['AliyunFCFullAccess'])
      await fc3Client({ ...first, ...keys }).listFunctions(request('ListFunctions'))
      assert.ok(!first.log().includes(keys.accessKeySecret))
      await first.stop()
      const { mode } = await stat(first.dataDir)
      assert.equal(mode & 0o077, 0)
      const second = await startPlatform({ dataDir: first.dataDir, environment })
      try {
        const client = fc3Client({ ...second, ...keys })
        await client.listFunctions(request('ListFunctions'))
        await assertRefused(
          createFunction(client, { functionName: 'f', files: tell, role: defaultRole }),
          403,
          'AccessDenied',
          /^No permission to assume the role/,
        )
      } finally {
        await second.stop()
      }
    } finally {
      await first.remove()
    }
  })
})

/** What another than the account gets for asking the administration. */
const administerBy = async (client: {
  _accessKeyId?: string
  [field: string]: unknown
}): Promise<{ code: string }> => {
  const credentials = await (client['_credential'] as { getCredential(): Promise<Keys> }).getCredential()
  const { accessKeyId, accessKeySecret } = credentials
  const { status, json } = await administer({ ...bed.platform, accessKeyId, accessKeySecret }, 'GET', 'users')
  assert.equal(status, 403)
  return { code: json.Code }
}
