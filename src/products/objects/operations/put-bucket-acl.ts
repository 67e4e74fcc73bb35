import { changeBucket } from '../bucket.ts'
import { bucketAclOf } from '../bucket-acl.ts'
import { malformedXml } from '../errors.ts'
import { bytes, operation } from '../product.ts'
import { childOf, document, textOf } from '../xml.ts'

export const putBucketAcl = operation({
  name: 'PutBucketAcl',
  route: 'PUT /{bucket}?acl',
  body: bytes(64 * 1024),

  async handle({ path: { bucket }, headers, body }, { records }) {
    const acl = bucketAclOf(headers['x-oss-acl'] ?? grantOf(body))
    if (acl === undefined) throw malformedXml('there is no ACL')
    await changeBucket(records, bucket, (current) => ({ ...current, acl }))
    return { status: 200 }
  },
})

function grantOf(body: Buffer): string | undefined {
  if (body.length === 0) return undefined
  const list = childOf(document(body, 'AccessControlPolicy'), 'AccessControlList')
  return list && textOf(list, 'Grant')
}
