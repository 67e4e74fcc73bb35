import { PACKED_BYTES_MAX } from '../../code.ts'
import { tempBucketTokenDocument } from '../../operations/temp-bucket-token.ts'
import { jsonReply, none, operation } from '../../vocabulary.ts'
import { requireService } from '../change-service.ts'
import { locateLatest } from '../names.ts'

/** Of API 2016-08-15 only: where to upload code that is too large for a request. */
export const tempCodeBucketToken = operation({
  name: 'TempCodeBucketToken',
  route: 'GET /2016-08-15/services/{service}/tempCodeBucketToken',
  body: none,

  /** The SDK puts the object under `{accountId}/{service}/`, and fetches it from there. */
  async handle({ path }, context) {
    const { accountId, temporaryCredentials } = context
    const serviceName = locateLatest(path.service)
    await requireService(context, serviceName)
    const grant = await temporaryCredentials.issue(accountId, serviceName)
    return jsonReply(200, { ...tempBucketTokenDocument(grant), codeSizeLimit: PACKED_BYTES_MAX })
  },
})
