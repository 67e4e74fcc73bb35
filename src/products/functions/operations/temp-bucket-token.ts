import type { UploadGrant } from '../needs.ts'
import { jsonReply, none, operation } from '../vocabulary.ts'

/** Of API 2016-08-15, but `s deploy` still asks it where to upload code, whatever the version of the rest. */
export const tempBucketToken = operation({
  name: 'TempBucketToken',
  route: 'GET /2016-08-15/tempBucketToken',
  body: none,

  async handle(_, { accountId, temporaryCredentials }) {
    return jsonReply(200, tempBucketTokenDocument(await temporaryCredentials.issue(accountId)))
  },
})

export const tempBucketTokenDocument = (grant: UploadGrant) => ({
  credentials: {
    AccessKeyId: grant.accessKeyId,
    AccessKeySecret: grant.accessKeySecret,
    SecurityToken: grant.securityToken,
    Expiration: grant.expiration,
  },
  ossRegion: grant.ossRegion,
  ossBucket: grant.ossBucket,
  objectName: grant.objectName,
})
