import { BUCKETS, type BucketRecord } from '../bucket.ts'
import { notImplemented } from '../errors.ts'
import { numberOf } from '../parameters.ts'
import { none, serviceOperation, xmlReply } from '../product.ts'
import { isoTime } from '../times.ts'

export const listBuckets = serviceOperation({
  name: 'ListBuckets',
  route: 'GET /',
  body: none,

  async handle({ query, headers }, { records, accountId, region, host }) {
    for (const name of ['tag-key', 'tag-value', 'tagging']) if (query.has(name)) throw notImplemented(name)
    if (headers['x-oss-resource-group-id'] !== undefined) throw notImplemented('x-oss-resource-group-id')
    const prefix = query.get('prefix') ?? ''
    const marker = query.get('marker') ?? ''
    const maxKeys = numberOf(query, 'max-keys', { min: 1, max: 1000, otherwise: 100 })
    const listed = await records.list<BucketRecord>({
      prefix: BUCKETS + prefix,
      ...(marker === '' ? {} : { after: BUCKETS + marker }),
      limit: maxKeys + 1,
    })
    const buckets = listed.slice(0, maxKeys).map(({ value }) => value)
    const isTruncated = listed.length > maxKeys
    return xmlReply(200, 'ListAllMyBucketsResult', {
      Owner: { ID: accountId, DisplayName: accountId },
      Prefix: prefix,
      Marker: marker,
      MaxKeys: maxKeys,
      IsTruncated: String(isTruncated),
      NextMarker: isTruncated ? buckets.at(-1)?.name : undefined,
      Buckets: {
        // Clients use these endpoints: they must lead back to us.
        Bucket: buckets.map(({ name, createdMs, storageClass }) => ({
          CreationDate: isoTime(createdMs),
          ExtranetEndpoint: host,
          IntranetEndpoint: host,
          Location: `oss-${region}`,
          Name: name,
          Region: region,
          StorageClass: storageClass ?? 'Standard',
        })),
      },
    })
  },
})
