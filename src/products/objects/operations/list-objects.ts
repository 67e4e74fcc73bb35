import { authorize } from '../access.ts'
import { contentsXml, listObjectsOf } from '../list-objects.ts'
import { encoderOf, textParameter } from '../listing.ts'
import { numberOf } from '../parameters.ts'
import { none, operation, xmlReply } from '../product.ts'
import { serveFirstPage } from '../site.ts'

export const listObjects = operation({
  name: 'ListObjects',
  route: 'GET /{bucket}',
  body: none,
  grant: 'anyone',

  async handle({ path: { bucket }, query, headers }, context) {
    // Who did not sign, and meets a bucket that is a web site, came to see its first page.
    const page = await serveFirstPage(context, { headers, query })
    if (page) return page
    await authorize(context, { action: 'oss:ListObjects', grant: 'owner', object: undefined })
    const { records, accountId, clock } = context
    const prefix = textParameter(query, 'prefix')
    const marker = textParameter(query, 'marker')
    const delimiter = textParameter(query, 'delimiter')
    const maxKeys = numberOf(query, 'max-keys', { min: 1, max: 1000, otherwise: 100 })
    const { encode, encodingType } = encoderOf(query)
    const listing = await listObjectsOf(records, bucket, { prefix, delimiter, limit: maxKeys, after: marker })
    const { items, commonPrefixes, isTruncated, last } = listing
    const lastName = last && ('item' in last ? last.item.key : last.commonPrefix)
    const owner = { ID: accountId, DisplayName: accountId }
    return xmlReply(200, 'ListBucketResult', {
      Name: bucket,
      Prefix: encode(prefix),
      Marker: encode(marker),
      MaxKeys: maxKeys,
      Delimiter: encode(delimiter),
      EncodingType: encodingType,
      IsTruncated: String(isTruncated),
      NextMarker: isTruncated && lastName !== undefined ? encode(lastName) : undefined,
      Contents: items.map((item) => contentsXml(item, encode, clock.now(), owner)),
      CommonPrefixes: commonPrefixes.map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
    })
  },
})
