import { jsonReply, none, operation } from '../vocabulary.ts'

/** Of API 2016-08-15, but `s deploy` still asks it where to upload code, whatever the version of the rest. */
export const tempBucketToken = operation({
  name: 'TempBucketToken',
  route: 'GET /2016-08-15/tempBucketToken',
  body: none,

  async handle(_, { accountId, temporaryCredentials }) {
    const grant = await temporaryCredentials.issue(accountId)
    return jsonReply(200, {
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
  },
})
