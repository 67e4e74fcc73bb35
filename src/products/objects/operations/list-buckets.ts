import { invalidArgument } from '../errors.ts'
import { BUCKETS, type BucketRecord } from '../object.ts'
import { none, operation, xmlReply } from '../product.ts'

export const listBuckets = operation({
  name: 'ListBuckets',
  route: 'GET /',
  body: none,

  async handle({ query }, { records, accountId, region, host }) {
    const prefix = query.get('prefix') ?? ''
    const marker = query.get('marker') ?? ''
    const maxKeys = maxKeysOf(query.get('max-keys'))
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
        Bucket: buckets.map(({ name, createdMs }) => ({
          CreationDate: new Date(createdMs).toISOString().replace(/\.\d{3}Z$/, '.000Z'),
          ExtranetEndpoint: host,
          IntranetEndpoint: host,
          Location: `oss-${region}`,
          Name: name,
          Region: region,
          StorageClass: 'Standard',
        })),
      },
    })
  },
})

function maxKeysOf(text: string | null): number {
  if (text === null || text === '') return 100
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 1000) throw invalidArgument('max-keys', text)
  return count
}
