/** The Security Token Service, through the vendor's SDK (ACS3) and its generic RPC client (signature version 1.0). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { signRpc } from '../../../src/lib/signing/rpc.ts'
import type { Platform } from '../../platform.fixture.ts'
import { http, sharedPlatform } from '../conformance.fixture.ts'
import {
  administered,
  type Keys,
  popClient,
  refused,
  role,
  stsClient,
  stsModels,
  user,
} from './identity.fixture.ts'

const mayAssume = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }
let ann: Keys
let bob: Keys
let reader: string
const bed = sharedPlatform({}, async ({ platform }) => {
  ann = await user(platform, 'ann', [mayAssume])
  bob = await user(platform, 'bob', [])
  reader = await role(platform, 'reader', {
    trusts: { RAM: [`acs:ram::${platform.accountId}:root`] },
    statements: [
      { Effect: 'Allow', Action: 'fc:Get*', Resource: '*' },
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' },
    ],
    maxSessionDurationSeconds: 7200,
  })
})

const assume = (keys: Keys, fields: object = {}) =>
  stsClient(bed.platform, keys).assumeRole(
    new stsModels.AssumeRoleRequest({ roleArn: reader, roleSessionName: 'alice', ...fields }),
  )

async function sessionOf(keys: Keys, fields: object = {}): Promise<Keys> {
  const { credentials } = (await assume(keys, fields)).body
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  return { accessKeyId, accessKeySecret, securityToken }
}

describe('GetCallerIdentity', () => {
  test('tells the account, a user and a session who they are, by either signature', async () => {
    const { platform } = bed
    const { accountId } = platform
    const session = await sessionOf(ann)
    for (const [keys, type, arn] of [
      [platform, 'Account', `acs:ram::${accountId}:root`],
      [ann, 'RAMUser', `acs:ram::${accountId}:user/ann`],
      [session, 'AssumedRoleUser', `acs:ram::${accountId}:assumed-role/reader/alice`],
    ] as const) {
      const { accessKeyId, accessKeySecret, securityToken } = keys as Keys
      const given = { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) }
      const { body } = await stsClient(platform, given).getCallerIdentity()
      assert.deepEqual([body.identityType, body.arn, body.accountId], [type, arn, accountId])
      assert.equal(body.roleId !== undefined, type === 'AssumedRoleUser')
      assert.equal(body.userId !== undefined, type !== 'AssumedRoleUser')
      for (const method of ['GET', 'POST']) {
        const answer = await popClient(platform, given).request('GetCallerIdentity', {}, { method })
        assert.equal(answer.PrincipalId, body.principalId, method)
      }
    }
  })

  test('answers XML who asks for it, or for nothing', async () => {
    for (const format of [[['Format', 'XML']], []]) {
      const answer = await rpc({ Action: 'GetCallerIdentity', ...Object.fromEntries(format) }, ann)
      assert.equal(answer.status, 200)
      assert.match(answer.headers['content-type']!, /xml/)
      assert.match(
        answer.text,
        /^<\?xml[^>]*\?>\n<GetCallerIdentityResponse><RequestId>[0-9A-F-]+<\/RequestId>.*<IdentityType>RAMUser</,
      )
    }
  })
})

describe('AssumeRole', () => {
  test('gives credentials that are good until they end, and named after role and session', async () => {
    const { body } = await assume(ann, { sourceIdentity: 'alice@hr' })
    const { arn, assumedRoleId } = body.assumedRoleUser
    assert.equal(arn, `${reader}/alice`)
    assert.match(assumedRoleId, /^3\d{17}:alice$/)
    assert.match(body.credentials.accessKeyId, /^STS\.[A-Za-z0-9]+$/)
    const leftMs = Date.parse(body.credentials.expiration) - Date.now()
    assert.ok(leftMs > 3_500_000 && leftMs <= 3_600_000, `an hour, not ${leftMs} ms`)
    assert.equal(body.sourceIdentity, 'alice@hr')
  })

  test('is for users and sessions that may, not for the account and not for others', async () => {
    const { accessKeyId, accessKeySecret } = bed.platform
    assert.deepEqual(await refused(assume({ accessKeyId, accessKeySecret })), {
      status: 403,
      code: 'NoPermission',
      message: 'Roles may not be assumed by root accounts.',
    })
    const notAuthorized = {
      status: 403,
      code: 'NoPermission',
      message: 'You are not authorized to do this action. You should be authorized by RAM.',
    }
    assert.deepEqual(await refused(assume(bob)), notAuthorized)
    const closed = await role(bed.platform, 'closed', {
      trusts: { RAM: [`acs:ram::${bed.platform.accountId}:user/carl`], Service: ['fc.aliyuncs.com'] },
    })
    assert.deepEqual(await refused(assume(ann, { roleArn: closed })), notAuthorized)
    // A session of a role that may goes on to another role, for an hour at most.
    const session = await sessionOf(ann, { durationSeconds: 7200 })
    const next = await assume(session, { roleSessionName: 'bob' })
    assert.equal(next.body.assumedRoleUser.arn, `${reader}/bob`)
    const { code } = await refused(assume(session, { durationSeconds: 7200 }))
    assert.equal(code, 'InvalidParameter.DurationSeconds')
  })

  test('minds the conditions of the trust, among them the ExternalId', async () => {
    const { platform } = bed
    const { arn } = await administered(platform, 'PUT', 'roles/partner', {
      assumeRolePolicyDocument: JSON.stringify({
        Version: '1',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { RAM: [`acs:ram::${platform.accountId}:user/ann`] },
            Condition: {
              StringEquals: { 'sts:ExternalId': 'e-1' },
              IpAddress: { 'acs:SourceIp': ['127.0.0.0/8', '::1'] },
            },
          },
        ],
      }),
    })
    assert.equal((await refused(assume(ann, { roleArn: arn }))).code, 'NoPermission')
    assert.equal((await refused(assume(ann, { roleArn: arn, externalId: 'e-2' }))).code, 'NoPermission')
    assert.equal((await assume(ann, { roleArn: arn, externalId: 'e-1' })).statusCode, 200)
  })

  test('refuses what is wrongly formed, each in the words of the vendor', async () => {
    const policy = (...statements: object[]) => JSON.stringify({ Version: '1', Statement: statements })
    for (const [fields, status, code, message] of [
      [{ roleArn: 'reader' }, 400, 'InvalidParameter.RoleArn', 'The parameter RoleArn is wrongly formed.'],
      [
        { roleSessionName: 'a' },
        400,
        'InvalidParameter.RoleSessionName',
        'The parameter RoleSessionName is wrongly formed.',
      ],
      [{ roleSessionName: 'a*b' }, 400, 'InvalidParameter.RoleSessionName', undefined],
      [
        { durationSeconds: 899 },
        400,
        'InvalidParameter.DurationSeconds',
        'The Min/Max value of DurationSeconds is 15min/2hr.',
      ],
      [{ durationSeconds: 7201 }, 400, 'InvalidParameter.DurationSeconds', undefined],
      [
        { policy: '{"Version":"1"}' },
        400,
        'InvalidParameter.PolicyGrammar',
        'The parameter Policy has not passed grammar check.',
      ],
      [
        { policy: policy({ Effect: 'Allow', Action: '*', Resource: '*', Sid: 'x'.repeat(2048) }) },
        400,
        'InvalidParameter.PolicySize',
        'The Policy must be smaller than 2048 bytes.',
      ],
      [{ externalId: 'a' }, 400, 'InvalidParameter.ExternalId', undefined],
      [{ sourceIdentity: 'a b' }, 400, 'InvalidParameter.SourceIdentity', undefined],
      [{ roleArn: reader.replace('reader', 'none') }, 404, 'EntityNotExist.Role', undefined],
      [{ roleArn: 'acs:ram::9:role/reader' }, 404, 'EntityNotExist.Role', undefined],
      [{ roleArn: undefined }, 400, 'MissingRoleArn', 'RoleArn is mandatory for this action.'],
      [{ roleSessionName: undefined }, 400, 'MissingRoleSessionName', undefined],
    ] as const) {
      const answer = await refused(assume(ann, fields))
      assert.deepEqual([answer.status, answer.code], [status, code], JSON.stringify(fields))
      if (message) assert.equal(answer.message, message)
    }
  })

  test('with OIDC or SAML is not built, and says so to callers without a key', async () => {
    for (const Action of ['AssumeRoleWithOIDC', 'AssumeRoleWithSAML']) {
      const answer = await http(
        `${bed.platform.endpoints.sts}/?Version=2015-04-01&Format=JSON&Action=${Action}`,
        {
          method: 'POST',
        },
      )
      assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [501, 'NotImplemented'])
    }
  })
})

describe('signatures', () => {
  test('that are forged, of keys unknown or disabled, or of another time are refused', async () => {
    const { platform } = bed
    const forged = { ...ann, accessKeySecret: 'x' }
    const session = await sessionOf(ann)
    await administered(platform, 'PUT', 'users/dora', {})
    const dora = await administered(platform, 'POST', 'users/dora/access-keys')
    await administered(platform, 'PUT', `access-keys/${dora.accessKeyId}`, { status: 'Inactive' })
    for (const [keys, status, code] of [
      [forged, 400, 'SignatureDoesNotMatch'],
      [{ ...ann, accessKeyId: 'LTAInone' }, 404, 'InvalidAccessKeyId.NotFound'],
      [dora, 400, 'InvalidAccessKeyId.Inactive'],
      [{ ...session, securityToken: `${session.securityToken}x` }, 400, 'InvalidSecurityToken.Malformed'],
      [{ ...session, securityToken: undefined }, 404, 'InvalidAccessKeyId.NotFound'],
      [{ ...ann, securityToken: session.securityToken }, 400, 'InvalidSecurityToken.Malformed'],
    ] as const) {
      const given = keys as Keys
      const acs3 = await refused(stsClient(platform, given).getCallerIdentity())
      assert.deepEqual([acs3.status, acs3.code], [status, code])
      const pop = await refused(popClient(platform, given).request('GetCallerIdentity'))
      assert.deepEqual([pop.status, pop.code], [status, code])
    }
    assert.equal(
      await codeOf(rpc({ Action: 'GetCallerIdentity' }, ann, -20 * 60_000)),
      'InvalidTimeStamp.Expired',
    )
    assert.equal(
      await codeOf(rpc({ Action: 'GetCallerIdentity' }, ann, 20 * 60_000)),
      'InvalidTimeStamp.Expired',
    )
  })

  test('of version 1.0 are read as the oldest SDK writes them', async () => {
    const Timestamp = new Date().toISOString()
    const answer = await rpc({ Action: 'GetCallerIdentity', Format: 'json', Timestamp }, ann)
    assert.deepEqual([answer.status, JSON.parse(answer.text).IdentityType], [200, 'RAMUser'])
  })

  test('belong to requests that are well formed', async () => {
    const { endpoints } = bed.platform
    const signed = { Action: 'GetCallerIdentity', Version: '2015-04-01', Format: 'JSON' }
    for (const [parameters, code] of [
      [{ ...signed, Action: 'GetNothing' }, 'InvalidAction.NotFound'],
      [{ ...signed, Version: '2015-04-02' }, 'InvalidVersion'],
      [{ ...signed, SignatureMethod: 'HMAC-SHA256' }, 'InvalidSignatureMethod'],
      [{ ...signed, Timestamp: 'now' }, 'InvalidTimeStamp.Format'],
    ] as const) {
      assert.equal(await codeOf(rpc(parameters, ann)), code)
    }
    const query = (text: string) => http(`${endpoints.sts}/?Format=JSON&Version=2015-04-01&${text}`)
    assert.equal(await codeOf(query('')), 'MissingAction')
    assert.equal(await codeOf(query('Action=GetCallerIdentity')), 'MissingAccessKeyId')
    assert.equal(await codeOf(query('Action=A&Action=B')), 'InvalidParameter')
    assert.equal(await codeOf(query('Action=%ff')), 'InvalidParameter')
    const elsewhere = await http(`${endpoints.sts}/elsewhere?Format=JSON`)
    assert.deepEqual([elsewhere.status, JSON.parse(elsewhere.text).Code], [404, 'InvalidAction.NotFound'])
    const large = await http(`${endpoints.sts}/?Format=JSON`, { method: 'POST', body: 'x'.repeat(300_000) })
    assert.deepEqual([large.status, JSON.parse(large.text).Code], [413, 'RequestEntityTooLarge'])
  })
})

/** A request that no SDK would send. */
function rpc(
  parameters: Record<string, string>,
  keys: Keys,
  skewMs = 0,
  { endpoints }: Platform = bed.platform,
) {
  const signed = signRpc({ method: 'GET', parameters: { Version: '2015-04-01', ...parameters } }, keys, {
    nowMs: Date.now() + skewMs,
    nonce: crypto.randomUUID(),
  })
  return http(`${endpoints.sts}/?${new URLSearchParams(signed)}`)
}

async function codeOf(answer: ReturnType<typeof http>): Promise<string> {
  const { text } = await answer
  return text.startsWith('{') ? JSON.parse(text).Code : (/<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? text)
}
