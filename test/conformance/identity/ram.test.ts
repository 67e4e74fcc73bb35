/** Resource Access Management, through the vendor's SDK (ACS3) and its generic RPC client (signature version 1.0). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fc3Client } from '../../clients.fixture.ts'
import { startPlatform } from '../../platform.fixture.ts'
import { assertRefused as assertFunctionsRefused, request, sharedPlatform } from '../conformance.fixture.ts'
import {
  administered,
  type Keys,
  role as putRole,
  user as putUser,
  refused,
  stsClient,
  stsModels,
  system,
} from './identity.fixture.ts'
import { ramClient, ramPopClient, sdkOperations } from './ram.fixture.ts'

const bed = sharedPlatform()
const ram = (operation: string, request: object = {}, keys: Keys = bed.platform) =>
  ramClient(bed.platform, keys)(operation, request)

const policyText = (...statements: object[]) => JSON.stringify({ Version: '1', Statement: statements })
const allowing = (action: string | string[], resource: string | string[] = '*') => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
})
const trusting = (principal: object) =>
  policyText({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal })

async function assertRefused(
  promise: Promise<unknown>,
  status: number,
  code: string,
  message?: RegExp,
): Promise<void> {
  const answer = await refused(promise)
  assert.deepEqual([answer.status, answer.code], [status, code], answer.message)
  if (message) assert.match(answer.message, message)
}

async function newUser(userName: string, ...statements: object[]): Promise<Keys> {
  await ram('CreateUser', { userName })
  if (statements.length > 0) {
    await ram('CreatePolicy', { policyName: `of-${userName}`, policyDocument: policyText(...statements) })
    await ram('AttachPolicyToUser', { userName, policyType: 'Custom', policyName: `of-${userName}` })
  }
  const { accessKey } = await ram('CreateAccessKey', { userName })
  return { accessKeyId: accessKey.accessKeyId, accessKeySecret: accessKey.accessKeySecret }
}

const listFunctions = (keys: Keys) =>
  fc3Client({ ...bed.platform, ...keys }, { ...keys }).listFunctions(request('ListFunctions'))

describe('users', () => {
  test('are created, shown, changed and deleted', async () => {
    const profile = {
      displayName: '小安',
      mobilePhone: '86-18600008888',
      email: 'an@example.com',
      comments: 'one of us',
    }
    const { user } = await ram('CreateUser', { userName: 'an', ...profile })
    assert.match(user.userId, /^2\d{17}$/)
    assert.match(user.createDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual({ ...profile, ...user }, { ...user })
    await assertRefused(ram('CreateUser', { userName: 'AN' }), 409, 'EntityAlreadyExists.User')
    const changed = (
      await ram('UpdateUser', { userName: 'an', newUserName: 'annie', newComments: '', newEmail: 'a@b.c' })
    ).user
    assert.deepEqual(
      [changed.userName, changed.userId, changed.email, changed.comments, changed.displayName],
      ['annie', user.userId, 'a@b.c', '', '小安'],
    )
    assert.equal((await ram('GetUser', { userName: 'annie' })).user.userId, user.userId)
    await assertRefused(
      ram('GetUser', { userName: 'an' }),
      404,
      'EntityNotExist.User',
      /^The user does not exist/,
    )
    await ram('DeleteUser', { userName: 'annie' })
    await assertRefused(ram('DeleteUser', { userName: 'annie' }), 404, 'EntityNotExist.User')
  })

  test('are listed in pages that have each of them once', async () => {
    const names = Array.from({ length: 7 }, (_, at) => `paged-${at}`)
    for (const userName of names) await ram('CreateUser', { userName })
    const seen: string[] = []
    let marker: string | undefined
    do {
      const page = await ram('ListUsers', { maxItems: 3, ...(marker ? { marker } : {}) })
      assert.ok(page.users.user.length <= 3)
      seen.push(...page.users.user.map(({ userName }: { userName: string }) => userName))
      assert.equal(page.isTruncated, page.marker !== undefined)
      // What goes between two pages leaves no gap.
      if (!marker && page.isTruncated) await ram('DeleteUser', { userName: seen.pop() })
      marker = page.marker
    } while (marker)
    assert.equal(new Set(seen).size, seen.length)
    assert.equal(seen.filter((name) => name.startsWith('paged-')).length >= 6, true)
    for (const [fields, code] of [
      [{ maxItems: 0 }, 'InvalidParameter.MaxItems.Range'],
      [{ maxItems: 1001 }, 'InvalidParameter.MaxItems.Range'],
      [{ marker: '?' }, 'InvalidParameter.Marker'],
    ] as const) {
      await assertRefused(ram('ListUsers', fields), 400, code)
    }
  })

  test('have at most two keys, whose secrets are shown once, and which end when they are told to', async () => {
    const keys = await newUser('keyed', allowing('fc:ListFunctions'))
    assert.equal((await listFunctions(keys)).statusCode, 200)
    const { accessKey } = await ram('CreateAccessKey', { userName: 'keyed' })
    await assertRefused(ram('CreateAccessKey', { userName: 'keyed' }), 409, 'LimitExceeded.User.AccessKey')
    const shown = await ram('ListAccessKeys', { userName: 'keyed' })
    assert.deepEqual(
      shown.accessKeys.accessKey.map((one: Record<string, string>) => [one['accessKeyId'], one['status']]),
      [
        [keys.accessKeyId, 'Active'],
        [accessKey.accessKeyId, 'Active'],
      ],
    )
    assert.ok(!JSON.stringify(shown).includes(keys.accessKeySecret))
    const lastUsed = async (userAccessKeyId: string) =>
      (await ram('GetAccessKeyLastUsed', { userName: 'keyed', userAccessKeyId })).accessKeyLastUsed
        .lastUsedDate
    assert.match(await lastUsed(keys.accessKeyId), /^\d{4}-\d\d-\d\dT/)
    assert.equal(await lastUsed(accessKey.accessKeyId), '')

    const ofKeyed = { userName: 'keyed', userAccessKeyId: keys.accessKeyId }
    await ram('UpdateAccessKey', { ...ofKeyed, status: 'Inactive' })
    await assertFunctionsRefused(listFunctions(keys), 403, 'InvalidAccessKeyID')
    await ram('UpdateAccessKey', { ...ofKeyed, status: 'Active' })
    assert.equal((await listFunctions(keys)).statusCode, 200)
    await assertRefused(ram('DeleteUser', { userName: 'keyed' }), 409, 'DeleteConflict.User.AccessKey')
    await ram('DeleteAccessKey', ofKeyed)
    await assert.rejects(listFunctions(keys))
    await assertRefused(ram('DeleteAccessKey', ofKeyed), 404, 'EntityNotExist.User.AccessKey')
    await assertRefused(
      ram('UpdateAccessKey', { userName: 'keyed', userAccessKeyId: accessKey.accessKeyId, status: 'Off' }),
      400,
      'InvalidParameter.Status',
    )
    await ram('CreateUser', { userName: 'keyless' })
    await assertRefused(
      ram('DeleteAccessKey', { userName: 'keyless', userAccessKeyId: accessKey.accessKeyId }),
      404,
      'EntityNotExist.User.AccessKey',
    )
  })

  test('keep keys, groups and policies under another name', async () => {
    const keys = await newUser('before', allowing('fc:ListFunctions'))
    await ram('CreateGroup', { groupName: 'moving' })
    await ram('AddUserToGroup', { userName: 'before', groupName: 'moving' })
    await ram('UpdateUser', { userName: 'before', newUserName: 'after' })
    assert.equal((await listFunctions(keys)).statusCode, 200)
    assert.match((await stsClient(bed.platform, keys).getCallerIdentity()).body.arn, /:user\/after$/)
    // Somebody else who is called so now has nothing of it.
    await ram('CreateUser', { userName: 'before' })
    const { policies } = await ram('ListPoliciesForUser', { userName: 'before' })
    assert.deepEqual(policies.policy, [])
    const { users } = await ram('ListUsersForGroup', { groupName: 'moving' })
    assert.deepEqual(
      users.user.map(({ userName }: { userName: string }) => userName),
      ['after'],
    )
  })
})

describe('groups', () => {
  test('give their members what their policies say, in every product, from the next request on', async () => {
    const { platform } = bed
    const keys = await newUser('member')
    await ram('CreateGroup', { groupName: 'dev', comments: 'who builds' })
    await assertRefused(ram('CreateGroup', { groupName: 'DEV' }), 409, 'EntityAlreadyExists.Group')
    await assertFunctionsRefused(listFunctions(keys), 403, 'AccessDenied')
    await ram('AttachPolicyToGroup', {
      groupName: 'dev',
      policyType: 'System',
      policyName: 'AliyunFCReadOnlyAccess',
    })
    await assertFunctionsRefused(listFunctions(keys), 403, 'AccessDenied')
    await ram('AddUserToGroup', { userName: 'member', groupName: 'dev' })
    assert.equal((await listFunctions(keys)).statusCode, 200)
    await assertRefused(
      ram('AddUserToGroup', { userName: 'member', groupName: 'dev' }),
      409,
      'EntityAlreadyExists.User.Group',
    )
    // A Deny of the group counts against an Allow of the user, and is there under the group's new name.
    await ram('CreatePolicy', {
      policyName: 'no-listing',
      policyDocument: policyText({ Effect: 'Deny', Action: 'fc:List*', Resource: '*' }),
    })
    await ram('AttachPolicyToGroup', { groupName: 'dev', policyType: 'Custom', policyName: 'no-listing' })
    await administered(platform, 'PUT', 'users/member', { policies: [system('AdministratorAccess')] })
    await ram('UpdateGroup', { groupName: 'dev', newGroupName: 'builders' })
    await assertFunctionsRefused(listFunctions(keys), 403, 'AccessDenied')
    assert.deepEqual(
      (await ram('ListGroupsForUser', { userName: 'member' })).groups.group.map(
        ({ groupName }: { groupName: string }) => groupName,
      ),
      ['builders'],
    )

    const membership = { userName: 'member', groupName: 'builders' }
    await assertRefused(ram('DeleteUser', { userName: 'member' }), 409, 'DeleteConflict.User.Group')
    await assertRefused(ram('DeleteGroup', { groupName: 'builders' }), 409, 'DeleteConflict.Group.User')
    await ram('RemoveUserFromGroup', membership)
    assert.equal((await listFunctions(keys)).statusCode, 200)
    await assertRefused(ram('RemoveUserFromGroup', membership), 404, 'EntityNotExist.User.Group')
    await assertRefused(ram('DeleteGroup', { groupName: 'builders' }), 409, 'DeleteConflict.Group.Policy')
    const detach = { groupName: 'builders', policyType: 'Custom', policyName: 'no-listing' }
    await ram('DetachPolicyFromGroup', detach)
    await assertRefused(ram('DetachPolicyFromGroup', detach), 404, 'EntityNotExist.Group.Policy')
    await ram('DetachPolicyFromGroup', {
      groupName: 'builders',
      policyType: 'System',
      policyName: 'AliyunFCReadOnlyAccess',
    })
    assert.ok(
      (await ram('ListGroups')).groups.group.some(
        ({ groupName }: { groupName: string }) => groupName === 'builders',
      ),
    )
    await ram('DeleteGroup', { groupName: 'builders' })
    await assertRefused(ram('GetGroup', { groupName: 'builders' }), 404, 'EntityNotExist.Group')
  })

  test('are at most ten for one user', async () => {
    await ram('CreateUser', { userName: 'joiner' })
    for (let at = 0; at <= 10; at++) {
      await ram('CreateGroup', { groupName: `club.${at}` })
      const joined = ram('AddUserToGroup', { userName: 'joiner', groupName: `club.${at}` })
      if (at < 10) await joined
      else await assertRefused(joined, 409, 'LimitExceeded.User.Group')
    }
  })
})

describe('policies', () => {
  test('count in the version that is the default, of at most five', async () => {
    const policyName = 'versioned'
    const keys = await newUser('versed')
    const version = (action: string, more: object = {}) =>
      ram('CreatePolicyVersion', { policyName, policyDocument: policyText(allowing(action)), ...more })
    const { policy } = await ram('CreatePolicy', {
      policyName,
      policyDocument: policyText(allowing('oss:*')),
      description: 'for tests',
    })
    assert.deepEqual(
      [policy.defaultVersion, policy.policyType, policy.description],
      ['v1', 'Custom', 'for tests'],
    )
    await ram('AttachPolicyToUser', { userName: 'versed', policyType: 'Custom', policyName })
    const second = await version('fc:List*')
    assert.deepEqual([second.policyVersion.versionId, second.policyVersion.isDefaultVersion], ['v2', false])
    await assertFunctionsRefused(listFunctions(keys), 403, 'AccessDenied')
    await ram('SetDefaultPolicyVersion', { policyName, versionId: 'v2' })
    assert.equal((await listFunctions(keys)).statusCode, 200)
    await version('oss:*', { setAsDefault: true })
    await assertFunctionsRefused(listFunctions(keys), 403, 'AccessDenied')

    for (let at = 4; at <= 5; at++) await version('oss:*')
    await assertRefused(version('oss:*'), 409, 'LimitExceeded.Policy.Version')
    await ram('SetDefaultPolicyVersion', { policyName, versionId: 'v1' })
    await version('fc:*', { rotateStrategy: 'DeleteOldestNonDefaultVersionWhenLimitExceeded' })
    const listed = (await ram('ListPolicyVersions', { policyName, policyType: 'Custom' })).policyVersions
    assert.deepEqual(
      listed.policyVersion.map((one: Record<string, unknown>) => [one['versionId'], one['isDefaultVersion']]),
      [
        ['v1', true],
        ['v3', false],
        ['v4', false],
        ['v5', false],
        ['v6', false],
      ],
    )
    const got = await ram('GetPolicyVersion', { policyName, policyType: 'Custom', versionId: 'v6' })
    assert.equal(got.policyVersion.policyDocument, policyText(allowing('fc:*')))
    await assertRefused(
      ram('DeletePolicyVersion', { policyName, versionId: 'v1' }),
      409,
      'DeleteConflict.Policy.Version.Default',
    )
    await assertRefused(
      ram('GetPolicyVersion', { policyName, policyType: 'Custom', versionId: 'v2' }),
      404,
      'EntityNotExist.Policy.Version',
    )
    await assertRefused(
      ram('DeletePolicyVersion', { policyName, versionId: '2' }),
      400,
      'InvalidParameter.VersionId.Format',
    )

    await assertRefused(ram('DeletePolicy', { policyName }), 409, 'DeleteConflict.Policy.User')
    await ram('DetachPolicyFromUser', { userName: 'versed', policyType: 'Custom', policyName })
    await assertRefused(ram('DeletePolicy', { policyName }), 409, 'DeleteConflict.Policy.Version')
    await ram('DeletePolicyVersion', { policyName, versionId: 'v6' })
    await ram('DeletePolicy', { policyName, cascadingDelete: true })
    await assertRefused(ram('GetPolicy', { policyName, policyType: 'Custom' }), 404, 'EntityNotExist.Policy')
  })

  test('are listed by type with how often they are attached, and tell to whom', async () => {
    const { platform } = bed
    const policyName = 'shared'
    await ram('CreatePolicy', { policyName, policyDocument: policyText(allowing('oss:*')) })
    await ram('CreateUser', { userName: 'sharer' })
    await ram('CreateGroup', { groupName: 'sharers' })
    await ram('CreateRole', {
      roleName: 'sharing',
      assumeRolePolicyDocument: trusting({ Service: ['fc.aliyuncs.com'] }),
    })
    const ref = { policyType: 'Custom', policyName: 'SHARED' }
    await ram('AttachPolicyToUser', { ...ref, userName: 'sharer' })
    await ram('AttachPolicyToGroup', { ...ref, groupName: 'sharers' })
    await ram('AttachPolicyToRole', { ...ref, roleName: 'sharing' })
    for (const [operation, holder, code] of [
      ['AttachPolicyToUser', { userName: 'sharer' }, 'EntityAlreadyExists.User.Policy'],
      ['AttachPolicyToGroup', { groupName: 'sharers' }, 'EntityAlreadyExists.Group.Policy'],
      ['AttachPolicyToRole', { roleName: 'sharing' }, 'EntityAlreadyExists.Role.Policy'],
    ] as const) {
      await assertRefused(ram(operation, { ...ref, ...holder }), 409, code)
    }
    const entities = await ram('ListEntitiesForPolicy', ref)
    assert.equal(entities.users.user[0].userName, 'sharer')
    assert.equal(entities.groups.group[0].groupName, 'sharers')
    assert.equal(entities.roles.role[0].arn, `acs:ram::${platform.accountId}:role/sharing`)
    assert.match(entities.roles.role[0].attachDate, /^\d{4}-/)
    const listed = (await ram('ListPolicies', { policyType: 'Custom', maxItems: 1000 })).policies.policy
    const one = listed.find((policy: Record<string, unknown>) => policy['policyName'] === policyName)
    assert.equal(one.attachmentCount, 3)
    const forRole = (await ram('ListPoliciesForRole', { roleName: 'sharing' })).policies.policy
    assert.deepEqual([forRole[0].policyName, forRole[0].defaultVersion], [policyName, 'v1'])
    await assertRefused(ram('DeleteRole', { roleName: 'sharing' }), 409, 'DeleteConflict.Role.Policy')

    const ofTheSystem = (await ram('ListPolicies', { policyType: 'System' })).policies.policy
    assert.ok(ofTheSystem.every((policy: Record<string, unknown>) => policy['policyType'] === 'System'))
    const admin = await ram('GetPolicy', { policyType: 'System', policyName: 'AdministratorAccess' })
    assert.deepEqual(JSON.parse(admin.defaultPolicyVersion.policyDocument).Statement[0].Action, ['*'])
    assert.ok((await ram('ListPolicies', { maxItems: 1000 })).policies.policy.length > ofTheSystem.length)
  })

  test('are refused when they are not understood, or too many', async () => {
    for (const [fields, code] of [
      [{ policyDocument: '{' }, 'MalformedPolicyDocument'],
      [{ policyDocument: policyText({ Effect: 'Allow' }) }, 'MalformedPolicyDocument'],
      [{ policyDocument: `{"x":"${'x'.repeat(6144)}"}` }, 'InvalidParameter.PolicyDocument.Length'],
      [{ description: 'x'.repeat(1025) }, 'InvalidParameter.Description.Length'],
      [{ policyName: 'a_b' }, 'InvalidParameter.PolicyName.InvalidChars'],
      [{ policyName: 'a'.repeat(129) }, 'InvalidParameter.PolicyName.Length'],
      [{ policyName: undefined }, 'MissingPolicyName'],
    ] as const) {
      const whole = {
        policyName: 'wrong',
        policyDocument: policyText(allowing('oss:*')),
        ...(fields as object),
      }
      await assertRefused(ram('CreatePolicy', whole), 400, code)
    }
    await ram('CreateUser', { userName: 'laden' })
    const attach = (policyName: string, policyType = 'Custom') =>
      ram('AttachPolicyToUser', { userName: 'laden', policyType, policyName })
    for (let at = 0; at < 11; at++) {
      await ram('CreatePolicy', { policyName: `load-${at}`, policyDocument: policyText(allowing('oss:*')) })
      if (at < 10) await attach(`load-${at}`)
      else await assertRefused(attach(`load-${at}`), 409, 'LimitExceeded.User.Policy')
    }
    await attach('AliyunOSSFullAccess', 'System')
    await assertRefused(attach('None', 'System'), 404, 'EntityNotExist.Policy')
    await assertRefused(attach('load-1', 'Own'), 400, 'InvalidParameter.PolicyType')
    await assertRefused(
      ram('DetachPolicyFromUser', { userName: 'laden', policyType: 'Custom', policyName: 'load-10' }),
      404,
      'EntityNotExist.User.Policy',
    )
  })
})

describe('roles', () => {
  test('are created, assumed for as long as they say, changed and deleted', async () => {
    const { platform } = bed
    const keys = await newUser('actor', allowing('sts:AssumeRole'))
    const { role } = await ram('CreateRole', {
      roleName: 'Night.Shift',
      assumeRolePolicyDocument: trusting({ RAM: [`acs:ram::${platform.accountId}:user/actor`] }),
      maxSessionDuration: 7200,
      description: 'after dark',
    })
    assert.equal(role.arn, `acs:ram::${platform.accountId}:role/Night.Shift`)
    const assume = (durationSeconds: number) =>
      stsClient(platform, keys).assumeRole(
        new stsModels.AssumeRoleRequest({ roleArn: role.arn, roleSessionName: 'shift', durationSeconds }),
      )
    await ram('AttachPolicyToRole', {
      roleName: 'night.shift',
      policyType: 'System',
      policyName: 'AliyunFCReadOnlyAccess',
    })
    const { accessKeyId, accessKeySecret, securityToken } = (await assume(7200)).body.credentials
    const session = { accessKeyId, accessKeySecret, securityToken }
    assert.equal((await listFunctions(session)).statusCode, 200)
    await ram('UpdateRole', { roleName: 'Night.Shift', newMaxSessionDuration: 3600 })
    await assertRefused(assume(7200), 400, 'InvalidParameter.DurationSeconds')
    await ram('UpdateRole', {
      roleName: 'Night.Shift',
      newAssumeRolePolicyDocument: trusting({ Service: ['oss.aliyuncs.com'] }),
    })
    await assertRefused(assume(3600), 403, 'NoPermission')
    const got = (await ram('GetRole', { roleName: 'Night.Shift' })).role
    assert.deepEqual([got.maxSessionDuration, got.description], [3600, 'after dark'])
    await ram('DetachPolicyFromRole', {
      roleName: 'Night.Shift',
      policyType: 'System',
      policyName: 'AliyunFCReadOnlyAccess',
    })
    await ram('DeleteRole', { roleName: 'Night.Shift' })
    await assertFunctionsRefused(listFunctions(session), 403, 'InvalidSecurityToken')
    await assertRefused(ram('GetRole', { roleName: 'Night.Shift' }), 404, 'EntityNotExist.Role')
  })

  test('are refused with a trust or a duration that is none', async () => {
    const whole = {
      roleName: 'wrong',
      assumeRolePolicyDocument: trusting({ Service: ['fc.aliyuncs.com'] }),
    }
    for (const [fields, status, code] of [
      [{ assumeRolePolicyDocument: policyText(allowing('oss:*')) }, 400, 'MalformedPolicyDocument'],
      [{ maxSessionDuration: 3599 }, 400, 'InvalidParameter.MaxSessionDuration.Range'],
      [{ maxSessionDuration: 43_201 }, 400, 'InvalidParameter.MaxSessionDuration.Range'],
      [{ roleName: 'a_b' }, 400, 'InvalidParameter.RoleName.InvalidChars'],
    ] as const) {
      await assertRefused(ram('CreateRole', { ...whole, ...fields }), status, code)
    }
    await ram('CreateRole', whole)
    await assertRefused(ram('CreateRole', whole), 409, 'EntityAlreadyExists.Role')
    assert.ok(
      (await ram('ListRoles', { maxItems: 1000 })).roles.role.some(
        ({ roleName }: { roleName: string }) => roleName === 'wrong',
      ),
    )
  })
})

describe('sub-accounts', () => {
  test('may call RAM only as their policies say', async () => {
    const { accountId } = bed.platform
    const at = (name: string) => `acs:ram:*:${accountId}:${name}`
    const nobody = await newUser('nobody')
    for (const [operation, fields] of [
      ['ListUsers', {}],
      ['GetUser', { userName: 'none' }],
      ['CreateUser', { userName: 'mine' }],
      ['CreateAccessKey', { userName: 'nobody' }],
      ['AttachPolicyToUser', { userName: 'nobody', policyType: 'System', policyName: 'AdministratorAccess' }],
    ] as const) {
      await assertRefused(ram(operation, fields, nobody), 403, 'NoPermission', /not authorized/)
    }
    const keys = await newUser(
      'steward',
      allowing(['ram:*User', 'ram:*AccessKey*'], at('user/temp-*')),
      allowing('ram:AttachPolicyToUser', [at('user/temp-*'), at('policy/of-*')]),
      allowing('ram:ListAccessKeys', at('user/steward')),
      { Effect: 'Deny', Action: 'ram:GetUser', Resource: at('user/temp-secret') },
    )
    const by = (operation: string, fields: object = {}) => ram(operation, fields, keys)
    await by('CreateUser', { userName: 'temp-1' })
    await by('CreateUser', { userName: 'temp-secret' })
    await assertRefused(by('CreateUser', { userName: 'other' }), 403, 'NoPermission')
    await assertRefused(by('DeleteUser', { userName: 'nobody' }), 403, 'NoPermission')
    // Names have no case, policies have: it is the user that is meant, however it is written.
    await assertRefused(by('GetUser', { userName: 'temp-SECRET' }), 403, 'NoPermission')
    assert.equal((await by('GetUser', { userName: 'temp-1' })).user.userName, 'temp-1')
    await assertRefused(by('UpdateUser', { userName: 'temp-1', newUserName: 'boss' }), 403, 'NoPermission')
    const attach = (policyType: string, policyName: string) =>
      by('AttachPolicyToUser', { userName: 'temp-1', policyType, policyName })
    await attach('Custom', 'of-steward')
    await assertRefused(attach('System', 'AdministratorAccess'), 403, 'NoPermission')
    await by('CreateAccessKey', { userName: 'temp-1' })
    assert.equal((await by('ListAccessKeys')).accessKeys.accessKey[0].accessKeyId, keys.accessKeyId)
    await assertRefused(
      by('DeleteAccessKey', { userName: 'temp-1', userAccessKeyId: keys.accessKeyId }),
      404,
      'EntityNotExist.User.AccessKey',
    )
    await assertRefused(
      ram('ListUsers', {}, { ...keys, accessKeySecret: 'forged' }),
      400,
      'SignatureDoesNotMatch',
    )
  })

  test('and RAM by the account are one with the administration', async () => {
    const { platform } = bed
    const keys = await putUser(platform, 'elder', [allowing('fc:List*')], ['AliyunOSSReadOnlyAccess'])
    const { policies } = await ram('ListPoliciesForUser', { userName: 'elder' })
    assert.equal(policies.policy.length, 2)
    const mine = policies.policy.find((one: Record<string, string>) => one['policyType'] === 'Custom')
    await ram('DetachPolicyFromUser', { ...mine, userName: 'elder' })
    await assertFunctionsRefused(listFunctions(keys), 403, 'AccessDenied')
    await administered(platform, 'PUT', `policies/${mine.policyName}`, {
      policyDocument: JSON.parse(policyText(allowing('fc:*'))),
    })
    const { policy } = await ram('GetPolicy', mine)
    assert.equal(policy.defaultVersion, 'v2')
    await putRole(platform, 'elders', { trusts: { Service: ['fc.aliyuncs.com'] } })
    assert.equal((await ram('GetRole', { roleName: 'elders' })).role.maxSessionDuration, 3600)
    await administered(platform, 'DELETE', 'users/elder')
    await assertRefused(ram('GetUser', { userName: 'elder' }), 404, 'EntityNotExist.User')
  })
})

describe('the API', () => {
  test('answers the oldest SDK, and XML where it is asked for', async () => {
    const client = ramPopClient(bed.platform, bed.platform)
    const { User } = await client.request('CreateUser', { UserName: 'popular', DisplayName: '大 & 小' })
    assert.equal(User.DisplayName, '大 & 小')
    const { IsTruncated } = await client.request('ListUsers', { MaxItems: 1 })
    assert.equal(IsTruncated, true)
    await assertRefused(client.request('GetUser', { UserName: 'nowhere' }), 404, 'EntityNotExist.User')
    await assertRefused(
      client.request('GetUser', { UserName: 'a b' }),
      400,
      'InvalidParameter.UserName.InvalidChars',
    )
  })

  test('knows every operation of the SDK, and says of those that are not built that they are not', async () => {
    assert.ok(sdkOperations.length > 60)
    const notBuilt: string[] = []
    for (const operation of sdkOperations) {
      const error = await ramPopClient(bed.platform, bed.platform)
        .request(operation, {})
        .then(
          () => undefined,
          (thrown) => thrown,
        )
      assert.notEqual(error?.code, 'InvalidAction.NotFound', operation)
      if (error?.code === 'NotImplemented') notBuilt.push(operation)
    }
    assert.equal(notBuilt.length, 22)
    const tagged = ram('CreateRole', {
      roleName: 'tagged',
      assumeRolePolicyDocument: trusting({ Service: ['fc.aliyuncs.com'] }),
      tag: [{ key: 'a', value: 'b' }],
    })
    await assertRefused(tagged, 501, 'NotImplemented')
  })

  test('keeps everything over the death of the platform', async () => {
    const first = await startPlatform()
    try {
      const call = ramClient(first, first)
      await call('CreateUser', { userName: 'kept', comments: 'still here' })
      const { accessKey } = await call('CreateAccessKey', { userName: 'kept' })
      await call('CreateGroup', { groupName: 'lasting' })
      await call('AttachPolicyToGroup', {
        groupName: 'lasting',
        policyType: 'System',
        policyName: 'AliyunRAMReadOnlyAccess',
      })
      await call('AddUserToGroup', { userName: 'kept', groupName: 'lasting' })
      await first.kill()
      const again = await startPlatform({ dataDir: first.dataDir })
      try {
        const own = ramClient(again, accessKey)
        const { user } = await own('GetUser', { userName: 'kept' })
        assert.equal(user.comments, 'still here')
        await assertRefused(own('DeleteUser', { userName: 'kept' }), 403, 'NoPermission')
      } finally {
        await again.stop()
      }
    } finally {
      await first.remove()
    }
  })
})
