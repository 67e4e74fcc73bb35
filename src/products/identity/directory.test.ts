import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ManualClock } from '../../lib/clock.ts'
import { ApiError } from '../../wire/api-error.ts'
import { attachPolicy, detachPolicy } from './changes/attachments.ts'
import {
  addUserToGroup,
  createGroup,
  deleteGroup,
  removeUserFromGroup,
  updateGroup,
} from './changes/groups.ts'
import {
  createPolicy,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  setDefaultPolicyVersion,
} from './changes/policies.ts'
import { createUser, deleteUser, updateUser } from './changes/users.ts'
import { Directory } from './directory.ts'
import { defaultVersionOf, VERSIONS_OF_POLICY_MAX } from './records.ts'

const opened = async (records = memoryRecordStore()) => ({
  records,
  directory: await Directory.open({
    records,
    clock: new ManualClock(Date.parse('2026-01-01T00:00:00Z')),
    randomBytes: (count) => Buffer.from(crypto.getRandomValues(new Uint8Array(count))),
  }),
})

const text = (action: string) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })

const name = fc.constantFrom('a', 'B', 'b', 'c')
const kind = fc.constantFrom('User', 'Group')
const version = fc.integer({ min: 1, max: 9 }).map((number) => `v${number}`)

/** A change that the RAM API can ask for. */
type Step = (directory: Directory) => Promise<unknown>
const change: fc.Arbitrary<Step> = fc.oneof(
  name.map(
    (userName): Step =>
      (directory) =>
        createUser(directory, { userName }),
  ),
  fc.tuple(name, name).map(
    ([from, to]): Step =>
      (directory) =>
        updateUser(directory, from, { newUserName: to }),
  ),
  name.map(
    (userName): Step =>
      (directory) =>
        deleteUser(directory, userName),
  ),
  name.map(
    (groupName): Step =>
      (directory) =>
        createGroup(directory, { groupName }),
  ),
  fc.tuple(name, name).map(
    ([from, to]): Step =>
      (directory) =>
        updateGroup(directory, from, { newGroupName: to }),
  ),
  name.map(
    (groupName): Step =>
      (directory) =>
        deleteGroup(directory, groupName),
  ),
  fc.record({ userName: name, groupName: name }).map(
    (one): Step =>
      (directory) =>
        addUserToGroup(directory, one),
  ),
  fc.record({ userName: name, groupName: name }).map(
    (one): Step =>
      (directory) =>
        removeUserFromGroup(directory, one),
  ),
  name.map(
    (policyName): Step =>
      (directory) =>
        createPolicy(directory, { policyName, policyDocument: text('x:1') }),
  ),
  fc.tuple(name, fc.boolean(), fc.boolean()).map(
    ([policyName, isDefault, rotates]): Step =>
      (directory) =>
        createPolicyVersion(directory, policyName, { policyDocument: text('x:2'), isDefault, rotates }),
  ),
  fc.tuple(name, version).map(
    (one): Step =>
      (directory) =>
        setDefaultPolicyVersion(directory, ...one),
  ),
  fc.tuple(name, version).map(
    (one): Step =>
      (directory) =>
        deletePolicyVersion(directory, ...one),
  ),
  fc.tuple(name, fc.boolean()).map(
    ([policyName, withVersions]): Step =>
      (directory) =>
        deletePolicy(directory, policyName, { withVersions }),
  ),
  fc.tuple(kind, name, name).map(
    ([kind, name, policyName]): Step =>
      (directory) =>
        attachPolicy(directory, { kind, name }, { policyType: 'Custom', policyName }),
  ),
  fc.tuple(kind, name, name).map(
    ([kind, name, policyName]): Step =>
      (directory) =>
        detachPolicy(directory, { kind, name }, { policyType: 'Custom', policyName }),
  ),
)

describe('the directory', () => {
  it('hangs together after any changes, is the same for one that opens it anew, and refuses with codes only', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 5, maxLength: 60 }), async (changes) => {
        const { records, directory } = await opened()
        for (const one of changes) {
          await one(directory).catch((error: unknown) => {
            if (!(error instanceof ApiError)) throw error
          })
        }
        const again = (await opened(records)).directory
        for (const kind of ['users', 'groups', 'policies'] as const) {
          const byName = (one: object, other: object) =>
            JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
          assert.deepEqual(again[kind]().sort(byName), directory[kind]().sort(byName))
        }
        for (const user of again.users()) {
          // Each throws where a group or a policy is named that there is not.
          again.policiesOf(user)
          for (const group of again.groupsOf(user)) assert.ok(again.membersOf(group).includes(user))
        }
        for (const policy of again.policies()) {
          assert.ok(policy.versions.length <= VERSIONS_OF_POLICY_MAX)
          assert.ok(defaultVersionOf(policy))
          const ids = policy.versions.map(({ versionId }) => Number(versionId.slice(1)))
          assert.deepEqual(
            ids,
            [...new Set(ids)].sort((one, other) => one - other),
          )
          assert.ok(ids.at(-1)! <= policy.versionsMade)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('reads policies that were kept before they had versions', async () => {
    const { records } = await opened()
    const old = { policyName: 'Old', policyDocument: text('x:1'), createdTime: '2026-01-01T00:00:00Z' }
    await records.commit([{ put: 'identity/policies/old', value: old }])
    const { directory } = await opened(records)
    assert.equal(directory.textOf({ policyType: 'Custom', policyName: 'OLD' }), old.policyDocument)
    const { version } = await createPolicyVersion(directory, 'old', {
      policyDocument: text('x:2'),
      isDefault: true,
      rotates: false,
    })
    assert.equal(version.versionId, 'v2')
    const again = (await opened(records)).directory
    assert.equal(again.textOf({ policyType: 'Custom', policyName: 'old' }), text('x:2'))
  })

  it('writes nothing of a change that is refused', async () => {
    const { records, directory } = await opened()
    await createUser(directory, { userName: 'ann' })
    await createUser(directory, { userName: 'bob' })
    const before = await records.list({ prefix: 'identity/', limit: 100 })
    await assert.rejects(updateUser(directory, 'ann', { newUserName: 'BOB', comments: 'x' }), {
      code: 'EntityAlreadyExists.User',
    })
    assert.deepEqual(await records.list({ prefix: 'identity/', limit: 100 }), before)
  })
})
