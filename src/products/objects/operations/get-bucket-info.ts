import { encryptionXml } from '../encryption.ts'
import type { Encryption } from '../object.ts'
import { none, operation, xmlReply } from '../product.ts'
import { findSetting } from '../settings.ts'
import { isoTime } from '../times.ts'

export const getBucketInfo = operation({
  name: 'GetBucketInfo',
  route: 'GET /{bucket}?bucketInfo',
  body: none,

  async handle({ path: { bucket: name } }, { records, accountId, bucket, region, host }) {
    const { createdMs, acl, storageClass, redundancy, versioning, isAccelerated, logging } = bucket.value
    const encryption = await findSetting<Encryption>(records, name, 'encryption')
    return xmlReply(200, 'BucketInfo', {
      Bucket: {
        AccessMonitor: 'Disabled',
        BlockPublicAccess: 'false',
        CreationDate: isoTime(createdMs),
        CrossRegionReplication: 'Disabled',
        DataRedundancyType: redundancy ?? 'LRS',
        ExtranetEndpoint: host,
        IntranetEndpoint: host,
        Location: `oss-${region}`,
        Name: name,
        StorageClass: storageClass ?? 'Standard',
        TransferAcceleration: isAccelerated ? 'Enabled' : 'Disabled',
        Versioning: versioning,
        Owner: { ID: accountId, DisplayName: accountId },
        AccessControlList: { Grant: acl ?? 'private' },
        ServerSideEncryptionRule: encryption ? encryptionXml(encryption) : { SSEAlgorithm: 'None' },
        BucketPolicy: { LogBucket: logging?.targetBucket ?? '', LogPrefix: logging?.targetPrefix ?? '' },
      },
    })
  },
})
