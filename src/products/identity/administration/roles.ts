import { z } from 'zod'
import { deleteRoleWithAll, putRole, requireRole } from '../changes/roles.ts'
import { ROLE_NAME, roleArn } from '../names.ts'
import { TRUST_LENGTH_MAX } from '../policy/policy.ts'
import { PUT_ATTACHED_MAX, type RoleRecord } from '../records.ts'
import { policyText } from './policies.ts'
import { checkName, json, jsonReply, none, operation, policyRef, policyRefs } from './vocabulary.ts'

/** A session lasts an hour unless the role says more, and never longer than half a day. */
const input = z.strictObject({
  assumeRolePolicyDocument: z.unknown(),
  maxSessionDurationSeconds: z.int().min(3600).max(43_200).default(3600),
  policies: policyRefs(PUT_ATTACHED_MAX).default([]),
})

export const roleOperations = [
  operation({
    name: 'PutRole',
    route: 'PUT /hanshu/identity/roles/{roleName}',
    body: json(input),

    async handle({ path: { roleName }, body }, { directory, accountId }) {
      checkName('role', ROLE_NAME, roleName)
      const { maxSessionDurationSeconds, policies } = body
      const role = await putRole(directory, roleName, {
        assumeRolePolicyDocument: policyText(body.assumeRolePolicyDocument, 'trust', TRUST_LENGTH_MAX),
        maxSessionDurationSeconds,
        policies,
      })
      return jsonReply(200, roleDocument(role, accountId))
    },
  }),

  operation({
    name: 'GetRole',
    route: 'GET /hanshu/identity/roles/{roleName}',
    body: none,

    async handle({ path: { roleName } }, { directory, accountId }) {
      return jsonReply(200, roleDocument(requireRole(directory, roleName), accountId))
    },
  }),

  operation({
    name: 'ListRoles',
    route: 'GET /hanshu/identity/roles',
    body: none,

    async handle(_, { directory }) {
      return jsonReply(200, {
        roles: directory.roles().map(({ roleName, roleId }) => ({ roleName, roleId })),
      })
    },
  }),

  operation({
    name: 'DeleteRole',
    route: 'DELETE /hanshu/identity/roles/{roleName}',
    body: none,

    async handle({ path: { roleName } }, { directory }) {
      await deleteRoleWithAll(directory, roleName)
      return { status: 204 }
    },
  }),
]

const roleDocument = (role: RoleRecord, accountId: string) => ({
  ...role,
  policies: role.policies.map(policyRef),
  arn: roleArn(accountId, role.roleName),
})
