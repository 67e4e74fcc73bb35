import { z } from 'zod'
import { createAccessKey, deleteAccessKey, setAccessKeyStatus } from '../changes/access-keys.ts'
import { deleteUserWithAll, putUser, requireUser } from '../changes/users.ts'
import { USER_NAME, userArn } from '../names.ts'
import { type AccessKeyRecord, PUT_ATTACHED_MAX, type UserRecord } from '../records.ts'
import { checkName, json, jsonReply, none, operation, policyRef, policyRefs } from './vocabulary.ts'

const input = z.strictObject({ policies: policyRefs(PUT_ATTACHED_MAX).default([]) })

export const userOperations = [
  operation({
    name: 'PutUser',
    route: 'PUT /hanshu/identity/users/{userName}',
    body: json(input),

    async handle({ path: { userName }, body: { policies } }, { directory, accountId }) {
      checkName('user', USER_NAME, userName)
      const user = await putUser(directory, userName, policies)
      return jsonReply(200, userDocument(user, directory.keysOf(userName), accountId))
    },
  }),

  operation({
    name: 'GetUser',
    route: 'GET /hanshu/identity/users/{userName}',
    body: none,

    async handle({ path: { userName } }, { directory, accountId }) {
      const user = requireUser(directory, userName)
      return jsonReply(200, userDocument(user, directory.keysOf(userName), accountId))
    },
  }),

  operation({
    name: 'ListUsers',
    route: 'GET /hanshu/identity/users',
    body: none,

    async handle(_, { directory }) {
      return jsonReply(200, {
        users: directory.users().map(({ userName, userId }) => ({ userName, userId })),
      })
    },
  }),

  operation({
    name: 'DeleteUser',
    route: 'DELETE /hanshu/identity/users/{userName}',
    body: none,

    async handle({ path: { userName } }, { directory }) {
      await deleteUserWithAll(directory, userName)
      return { status: 204 }
    },
  }),

  operation({
    name: 'CreateAccessKey',
    route: 'POST /hanshu/identity/users/{userName}/access-keys',
    body: none,

    /** The only answer that ever has the secret. */
    async handle({ path: { userName } }, { directory }) {
      return jsonReply(200, await createAccessKey(directory, userName))
    },
  }),

  operation({
    name: 'UpdateAccessKey',
    route: 'PUT /hanshu/identity/access-keys/{accessKeyId}',
    body: json(z.strictObject({ status: z.enum(['Active', 'Inactive']) })),

    async handle({ path: { accessKeyId }, body: { status } }, { directory }) {
      return jsonReply(200, withoutSecret(await setAccessKeyStatus(directory, accessKeyId, status)))
    },
  }),

  operation({
    name: 'DeleteAccessKey',
    route: 'DELETE /hanshu/identity/access-keys/{accessKeyId}',
    body: none,

    async handle({ path: { accessKeyId } }, { directory }) {
      await deleteAccessKey(directory, accessKeyId)
      return { status: 204 }
    },
  }),
]

const userDocument = (user: UserRecord, keys: readonly AccessKeyRecord[], accountId: string) => ({
  ...user,
  policies: user.policies.map(policyRef),
  arn: userArn(accountId, user.userName),
  accessKeys: keys.map(withoutSecret),
})

const withoutSecret = ({ accessKeySecret: _, ...rest }: AccessKeyRecord) => rest
