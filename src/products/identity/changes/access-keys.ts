import type { Directory } from '../directory.ts'
import { alreadyHasKeys, noSuchAccessKey } from '../errors.ts'
import { ACCESS_KEYS_OF_USER_MAX, type AccessKeyRecord } from '../records.ts'
import { requireUser } from './users.ts'

export function requireAccessKey(directory: Directory, accessKeyId: string): AccessKeyRecord {
  const key = directory.accessKey(accessKeyId)
  if (!key) throw noSuchAccessKey(accessKeyId)
  return key
}

export const createAccessKey = (directory: Directory, userName: string): Promise<AccessKeyRecord> =>
  directory.change((change) => {
    const user = requireUser(directory, userName)
    if (directory.keysOf(userName).length >= ACCESS_KEYS_OF_USER_MAX)
      throw alreadyHasKeys(userName, ACCESS_KEYS_OF_USER_MAX)
    const created: AccessKeyRecord = {
      accessKeyId: `LTAI${change.newSecret(20)}`,
      accessKeySecret: change.newSecret(30),
      userName: user.userName,
      status: 'Active',
      createdTime: change.time,
    }
    change.require('users', user)
    change.put('accessKeys', created, 'absent')
    return created
  })

export const setAccessKeyStatus = (
  directory: Directory,
  accessKeyId: string,
  status: AccessKeyRecord['status'],
): Promise<AccessKeyRecord> =>
  directory.change((change) => {
    const after = { ...requireAccessKey(directory, accessKeyId), status }
    change.put('accessKeys', after, 'present')
    return after
  })

export const deleteAccessKey = (directory: Directory, accessKeyId: string): Promise<void> =>
  directory.change((change) => change.remove('accessKeys', requireAccessKey(directory, accessKeyId)))
