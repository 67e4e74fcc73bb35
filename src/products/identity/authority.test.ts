import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { createAccessKey, deleteAccessKey, setAccessKeyStatus } from './changes/access-keys.ts'
import { attachPolicy } from './changes/attachments.ts'
import { addUserToGroup, createGroup } from './changes/groups.ts'
import { deletePolicy, putPolicy } from './changes/policies.ts'
import { deleteRoleWithAll, putRole } from './changes/roles.ts'
import { deleteUserWithAll, putUser } from './changes/users.ts'
import { type Identity, identity as openIdentity } from './identity.ts'
import { verdictOf } from './policy/evaluate.ts'
import { parsePolicy } from './policy/policy.ts'
import { sessionForService, trustsService } from './service-roles.ts'

const accountId = '1234567890123456'
const resource = `acs:fc:cn-hangzhou:${accountId}:functions/f`

async function opened({
  records = memoryRecordStore(),
  unknownRolesUnrestricted = false,
}: {
  records?: RecordStore
  unknownRolesUnrestricted?: boolean
} = {}) {
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'))
  const identity = await openIdentity({ records, clock, accountId, unknownRolesUnrestricted })
  return { records, clock, identity, directory: identity.directory }
}

const statement = (Effect: string, Action: string, more: object = {}) => ({
  Effect,
  Action,
  Resource: '*',
  ...more,
})
const document = (...statements: object[]) => JSON.stringify({ Version: '1', Statement: statements })
const trusting = (principal: object) =>
  document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal })
const custom = (policyName: string) => ({ policyType: 'Custom', policyName }) as const
const system = (policyName: string) => ({ policyType: 'System', policyName }) as const

function whoHas(identity: Identity, accessKeyId: string, token?: string): Principal {
  const answer = identity.secretOf(accessKeyId, token)
  assert.equal(answer.is, 'known')
  assert.ok(answer.is === 'known' && answer.principal)
  return answer.principal
}

describe('a user', () => {
  it('may do nothing without a policy, what it says with one, and nothing again without it', async () => {
    const { identity, directory } = await opened()
    await putUser(directory, 'ann', [])
    const { accessKeyId } = await createAccessKey(directory, 'ann')
    const may = () => identity.mayDo(whoHas(identity, accessKeyId), { action: 'fc:InvokeFunction', resource })
    assert.equal(may(), false)
    await putUser(directory, 'ann', [system('AliyunFCInvocationAccess')])
    assert.equal(may(), true)
    await putPolicy(directory, 'no', document(statement('Deny', 'fc:*')))
    await putUser(directory, 'ann', [system('AliyunFCInvocationAccess'), custom('no')])
    assert.equal(may(), false)
    const verdictOn = (action: string) =>
      identity.verdictOn(whoHas(identity, accessKeyId), { action, resource })
    assert.deepEqual(['fc:InvokeFunction', 'oss:GetObject'].map(verdictOn), ['explicitDeny', 'implicitDeny'])
    await putPolicy(directory, 'no', document(statement('Deny', 'oss:*')))
    assert.equal(may(), true, 'a changed policy counts at once')
    await putUser(directory, 'ann', [])
    assert.equal(may(), false)
  })

  it('is known by keys that are active, whose secrets are the ones that were given', async () => {
    const { identity, directory } = await opened()
    await putUser(directory, 'ann', [])
    const { accessKeyId, accessKeySecret } = await createAccessKey(directory, 'ann')
    const known = {
      is: 'known',
      accountId,
      accessKeySecret,
      allows: { to: 'actAsUser', userName: 'ann' },
      principal: { is: 'user', userName: 'ann', userId: directory.user('Ann')!.userId, accessKeyId },
    }
    assert.deepEqual(identity.secretOf(accessKeyId, undefined), known)
    assert.deepEqual(identity.secretOf(accessKeyId, 'token'), { is: 'invalidToken' })
    await setAccessKeyStatus(directory, accessKeyId, 'Inactive')
    assert.deepEqual(identity.secretOf(accessKeyId, undefined), { is: 'unknownAccessKey', disabled: true })
    await setAccessKeyStatus(directory, accessKeyId, 'Active')
    assert.deepEqual(identity.secretOf(accessKeyId, undefined), known)
    await deleteUserWithAll(directory, 'ann')
    assert.deepEqual(identity.secretOf(accessKeyId, undefined), { is: 'unknownAccessKey' })
  })

  it('is asked anew for each request where a condition is about it', async () => {
    const { identity, directory, clock } = await opened()
    const until = { DateLessThan: { 'acs:CurrentTime': '2026-01-02T00:00:00Z' } }
    const from = { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }
    await putPolicy(
      directory,
      'some',
      document(
        statement('Allow', 'fc:Get*'),
        statement('Allow', 'fc:Put*', { Condition: { ...until, ...from } }),
      ),
    )
    await putUser(directory, 'ann', [custom('some')])
    const principal = whoHas(identity, (await createAccessKey(directory, 'ann')).accessKeyId)
    let asked = 0
    const may = (action: string, address: string) =>
      identity.mayDo(principal, {
        action,
        resource,
        conditions() {
          asked++
          return { 'acs:SourceIp': address }
        },
      })
    assert.equal(may('fc:PutIt', '10.1.1.1'), true)
    assert.equal(may('fc:PutIt', '11.1.1.1'), false)
    assert.equal(asked, 2)
    clock.advance(24 * 3_600_000)
    assert.equal(may('fc:PutIt', '10.1.1.1'), false)
    asked = 0
    assert.equal(may('fc:GetIt', '11.1.1.1'), true)
    assert.equal(asked, 0, 'where none is, conditions are not even looked up')
  })
})

describe('a role', () => {
  const fcRole = { assumeRolePolicyDocument: trusting({ Service: 'fc.aliyuncs.com' }) }
  const role = (more: object = {}) => ({ ...fcRole, maxSessionDurationSeconds: 3600, policies: [], ...more })
  const asked = (clock: ManualClock, roleName: string) => ({
    roleArn: `acs:ram::${accountId}:role/${roleName}`,
    service: 'fc.aliyuncs.com',
    sessionName: 's',
    durationMs: 3_600_000,
    clock,
  })

  it('gives its sessions what it may, as long as it is there', async () => {
    const { identity, directory, clock } = await opened()
    await putRole(directory, 'writer', role({ policies: [system('AliyunOSSFullAccess')] }))
    const session = sessionForService(identity, asked(clock, 'Writer'))!
    const { accessKeyId, securityToken } = session
    const principal = whoHas(identity, accessKeyId, securityToken)
    const object = 'acs:oss:*:1:b/k'
    assert.equal(identity.mayDo(principal, { action: 'oss:PutObject', resource: object }), true)
    assert.equal(identity.mayDo(principal, { action: 'fc:InvokeFunction', resource }), false)
    await putRole(directory, 'writer', role())
    assert.equal(identity.mayDo(principal, { action: 'oss:PutObject', resource: object }), false)
    await deleteRoleWithAll(directory, 'writer')
    assert.deepEqual(identity.secretOf(accessKeyId, securityToken), { is: 'invalidToken' })
    await putRole(directory, 'writer', role({ policies: [system('AdministratorAccess')] }))
    assert.deepEqual(
      identity.secretOf(accessKeyId, securityToken),
      { is: 'invalidToken' },
      'a role of the same name is another',
    )
  })

  it('that does not trust the service, or does not exist, has no session', async () => {
    const { identity, directory, clock } = await opened()
    await putRole(
      directory,
      'other',
      role({ assumeRolePolicyDocument: trusting({ Service: 'oss.aliyuncs.com' }) }),
    )
    for (const name of ['other', 'unknown']) {
      assert.equal(trustsService(identity, asked(clock, name)), false, name)
      assert.equal(sessionForService(identity, asked(clock, name)), undefined, name)
    }
  })

  it('that nobody created may do everything where the platform says so, until somebody creates it', async () => {
    const { identity, directory, clock } = await opened({ unknownRolesUnrestricted: true })
    const { accessKeyId, securityToken } = sessionForService(identity, asked(clock, 'later'))!
    const may = () =>
      identity.mayDo(whoHas(identity, accessKeyId, securityToken), { action: 'fc:InvokeFunction', resource })
    assert.equal(may(), true)
    await putRole(directory, 'later', role())
    assert.equal(may(), false)
    await deleteRoleWithAll(directory, 'later')
    assert.equal(may(), true)
  })

  it('gives a session with a policy of its own no more than both allow', async () => {
    const { identity, directory } = await opened()
    await putRole(directory, 'r', role({ policies: [system('AliyunOSSFullAccess')] }))
    const { roleId } = directory.role('r')!
    const { accessKeyId, securityToken } = identity.issue({
      allows: {
        to: 'actAsRole',
        roleArn: `acs:ram::${accountId}:role/r`,
        roleId,
        sessionName: 's',
        sessionPolicy: document(statement('Allow', 'oss:Get*'), statement('Allow', 'fc:*')),
      },
      durationMs: 1000,
    })
    const principal = whoHas(identity, accessKeyId, securityToken)
    const may = (action: string) => identity.mayDo(principal, { action, resource: 'acs:oss:*:1:b/k' })
    assert.deepEqual(['oss:GetObject', 'oss:PutObject', 'fc:Get'].map(may), [true, false, false])
  })
})

describe('a token', () => {
  it('has room for the largest policy of a session', async () => {
    const { identity, directory } = await opened()
    await putRole(directory, 'r', {
      assumeRolePolicyDocument: trusting({ RAM: '*' }),
      maxSessionDurationSeconds: 3600,
      policies: [],
    })
    // Quotes are what grows most on the way into a token.
    const sessionPolicy = document({ ...statement('Allow', '*'), Sid: '"'.repeat(950) })
    assert.ok(sessionPolicy.length > 1950 && sessionPolicy.length <= 2048)
    const { accessKeyId, securityToken } = identity.issue({
      allows: {
        to: 'actAsRole',
        roleArn: `acs:ram::${accountId}:role/r`,
        roleId: directory.role('r')!.roleId,
        sessionName: 's'.repeat(64),
        sourceIdentity: 'i'.repeat(64),
        sessionPolicy,
      },
      durationMs: 1000,
    })
    assert.equal(identity.secretOf(accessKeyId, securityToken).is, 'known')
  })
})

describe('a user in groups', () => {
  it('may do exactly what its policies and those of its groups allow together', async () => {
    const policyNames = ['p0', 'p1', 'p2', 'p3']
    const some = fc.subarray(policyNames)
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            effect: fc.constantFrom('Allow', 'Deny'),
            action: fc.constantFrom('x:A', 'x:B', 'x:*'),
          }),
          {
            minLength: 4,
            maxLength: 4,
          },
        ),
        some,
        fc.array(fc.record({ has: some, isJoined: fc.boolean() }), { maxLength: 3 }),
        async (texts, own, groups) => {
          const { identity, directory } = await opened()
          for (const [at, { effect, action }] of texts.entries())
            await putPolicy(directory, `p${at}`, document(statement(effect, action)))
          await putUser(directory, 'ann', own.map(custom))
          for (const [at, { has, isJoined }] of groups.entries()) {
            const groupName = `g${at}`
            await createGroup(directory, { groupName })
            if (isJoined) await addUserToGroup(directory, { userName: 'ann', groupName })
            for (const one of has)
              await attachPolicy(directory, { kind: 'Group', name: groupName }, custom(one))
          }
          const { accessKeyId } = await createAccessKey(directory, 'ann')
          const principal = whoHas(identity, accessKeyId)
          const counting = [...own, ...groups.flatMap(({ has, isJoined }) => (isJoined ? has : []))]
          const reference = counting.map((one) => {
            const { effect, action } = texts[Number(one.slice(1))]!
            return parsePolicy(document(statement(effect, action)), 'access')
          })
          for (const action of ['x:A', 'x:B', 'y:A']) {
            assert.equal(
              identity.verdictOn(principal, { action, resource }),
              verdictOf(reference, { action, resource, context: () => ({}) }),
            )
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('the directory', () => {
  it('refuses what does not fit together', async () => {
    const { directory } = await opened()
    const code = (wanted: string) => (error: unknown) => (error as { code: string }).code === wanted
    await assert.rejects(putUser(directory, 'ann', [custom('none')]), code('EntityNotExist.Policy'))
    await assert.rejects(createAccessKey(directory, 'ann'), code('EntityNotExist.User'))
    await assert.rejects(deleteRoleWithAll(directory, 'r'), code('EntityNotExist.Role'))
    await assert.rejects(deleteAccessKey(directory, 'LTAI'), code('EntityNotExist.User.AccessKey'))
    await putPolicy(directory, 'p', document(statement('Allow', '*')))
    await putUser(directory, 'ann', [custom('P')])
    await assert.rejects(
      deletePolicy(directory, 'p', { withVersions: true }),
      code('DeleteConflict.Policy.User'),
    )
    await createAccessKey(directory, 'ann')
    await createAccessKey(directory, 'ANN')
    await assert.rejects(createAccessKey(directory, 'ann'), code('LimitExceeded.User.AccessKey'))
  })

  it('is what a plain map says after any changes, also for one that opens it anew', async () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const action = fc.constantFrom('x:One', 'x:Two')
    const change = fc.oneof(
      fc.record({
        do: fc.constant('putPolicy' as const),
        name,
        action,
        effect: fc.constantFrom('Allow', 'Deny'),
      }),
      fc.record({ do: fc.constant('deletePolicy' as const), name }),
      fc.record({
        do: fc.constant('putUser' as const),
        name,
        policies: fc.uniqueArray(name, { maxLength: 3 }),
      }),
      fc.record({ do: fc.constant('deleteUser' as const), name }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 15 }), async (changes) => {
        const { records, directory } = await opened()
        const policies = new Map<string, string>()
        const users = new Map<string, readonly string[]>()
        for (const one of changes) {
          const attached = [...users.values()].flat().includes(one.name)
          switch (one.do) {
            case 'putPolicy': {
              const text = document(statement(one.effect, one.action))
              policies.set(one.name, text)
              await putPolicy(directory, one.name, text)
              break
            }
            case 'deletePolicy': {
              const should = policies.has(one.name) && !attached
              await deletePolicy(directory, one.name, { withVersions: true }).then(
                () => assert.ok(should),
                () => assert.ok(!should),
              )
              if (should) policies.delete(one.name)
              break
            }
            case 'putUser': {
              const should = one.policies.every((policy) => policies.has(policy))
              await putUser(directory, one.name, one.policies.map(custom)).then(
                () => assert.ok(should),
                () => assert.ok(!should),
              )
              if (should) users.set(one.name, one.policies)
              break
            }
            case 'deleteUser':
              await deleteUserWithAll(directory, one.name).then(
                () => assert.ok(users.has(one.name)),
                () => assert.ok(!users.has(one.name)),
              )
              users.delete(one.name)
          }
        }
        const again = (await opened({ records })).identity
        for (const userName of ['a', 'b', 'c']) {
          const user = again.directory.user(userName)
          assert.equal(user !== undefined, users.has(userName))
          if (!user) continue
          const { accessKeyId } = await createAccessKey(again.directory, userName)
          const principal = whoHas(again, accessKeyId)
          const reference = users.get(userName)!.map((policy) => parsePolicy(policies.get(policy)!, 'access'))
          for (const asked of ['x:One', 'x:Two', 'x:One']) {
            assert.equal(
              again.mayDo(principal, { action: asked, resource }),
              verdictOf(reference, { action: asked, resource, context: () => ({}) }) === 'allow',
            )
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  it('makes changes that come at once one after the other', async () => {
    const { directory } = await opened()
    await Promise.all(Array.from({ length: 20 }, (_, at) => putUser(directory, `u${at % 5}`, [])))
    assert.equal(directory.users().length, 5)
  })
})
