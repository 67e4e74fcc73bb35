import {
  createAccessKey,
  deleteAccessKey,
  requireAccessKey,
  setAccessKeyStatus,
} from '../../changes/access-keys.ts'
import { requireUser } from '../../changes/users.ts'
import type { Directory } from '../../directory.ts'
import { noSuchAccessKey } from '../../errors.ts'
import { type AccessKeyRecord, folded } from '../../records.ts'
import { accessKeyDocument } from '../documents.ts'
import { incorrect } from '../errors.ts'
import { nameIn, required } from '../parameters.ts'
import { userResource } from '../resources.ts'
import {
  type Handle,
  missingParameter,
  operation,
  type Parameters,
  type RamOperation,
  type RpcCall,
} from '../vocabulary.ts'

/** A user that names nobody means itself. */
const userNameIn = (parameters: Parameters, { principal }: Pick<RpcCall, 'principal'>): string => {
  if (parameters.get('UserName')) return nameIn(parameters, 'UserName')
  if (principal?.is === 'user') return principal.userName
  throw missingParameter('UserName')
}

const ofUser = (name: string, handle: Handle): RamOperation =>
  operation(
    name,
    (parameters, directory, call) => [userResource(directory, userNameIn(parameters, call))],
    handle,
  )

export const accessKeyOperations = [
  /** The only answer that ever has the secret. */
  ofUser('CreateAccessKey', async (parameters, directory, around) => {
    const key = await createAccessKey(directory, userNameIn(parameters, around))
    return { AccessKey: { ...accessKeyDocument(key), AccessKeySecret: key.accessKeySecret } }
  }),

  ofUser('ListAccessKeys', async (parameters, directory, around) => {
    const { userName } = requireUser(directory, userNameIn(parameters, around))
    return { AccessKeys: { AccessKey: directory.keysOf(userName).map(accessKeyDocument) } }
  }),

  ofUser('UpdateAccessKey', async (parameters, directory, around) => {
    const { accessKeyId } = keyOf(directory, userNameIn(parameters, around), parameters)
    const status = required(parameters, 'Status')
    if (status !== 'Active' && status !== 'Inactive') throw incorrect('Status')
    await setAccessKeyStatus(directory, accessKeyId, status)
    return {}
  }),

  ofUser('DeleteAccessKey', async (parameters, directory, around) => {
    const { accessKeyId } = keyOf(directory, userNameIn(parameters, around), parameters)
    await deleteAccessKey(directory, accessKeyId)
    return {}
  }),

  ofUser('GetAccessKeyLastUsed', async (parameters, directory, around) => {
    const { accessKeyId } = keyOf(directory, userNameIn(parameters, around), parameters)
    return { AccessKeyLastUsed: { LastUsedDate: await around.lastUses.of(accessKeyId) } }
  }),
]

/** A permission for one user is none for the keys of another. */
function keyOf(directory: Directory, userName: string, parameters: Parameters): AccessKeyRecord {
  const user = requireUser(directory, userName)
  const key = requireAccessKey(directory, required(parameters, 'UserAccessKeyId').slice(0, 128))
  if (folded(key.userName) !== folded(user.userName)) throw noSuchAccessKey(key.accessKeyId)
  return key
}
