import { invalidArgument } from '../errors.ts'
import { contentsXml, listObjectsOf } from '../list-objects.ts'
import { encoderOf, textParameter } from '../listing.ts'
import { numberOf } from '../parameters.ts'
import { none, operation, xmlReply } from '../product.ts'

export const listObjectsV2 = operation({
  name: 'ListObjectsV2',
  route: 'GET /{bucket}?list-type=2',
  action: 'oss:ListObjects',
  body: none,
  parameters: ['continuation-token'],

  async handle({ path: { bucket }, query }, { records, accountId, clock }) {
    const prefix = textParameter(query, 'prefix')
    const startAfter = textParameter(query, 'start-after')
    const delimiter = textParameter(query, 'delimiter')
    const token = query.get('continuation-token') ?? ''
    const maxKeys = numberOf(query, 'max-keys', { min: 1, max: 1000, otherwise: 100 })
    const { encode, encodingType } = encoderOf(query)
    const after = token === '' ? startAfter : nameOf(token)
    const listing = await listObjectsOf(records, bucket, { prefix, delimiter, limit: maxKeys, after })
    const { items, commonPrefixes, isTruncated, last } = listing
    const lastName = last && ('item' in last ? last.item.key : last.commonPrefix)
    const owner = query.get('fetch-owner') === 'true' ? { ID: accountId, DisplayName: accountId } : undefined
    return xmlReply(200, 'ListBucketResult', {
      Name: bucket,
      Prefix: encode(prefix),
      StartAfter: startAfter === '' ? undefined : encode(startAfter),
      ContinuationToken: token === '' ? undefined : token,
      MaxKeys: maxKeys,
      Delimiter: encode(delimiter),
      EncodingType: encodingType,
      IsTruncated: String(isTruncated),
      NextContinuationToken: isTruncated && lastName !== undefined ? tokenOf(lastName) : undefined,
      KeyCount: items.length + commonPrefixes.length,
      Contents: items.map((item) => contentsXml(item, encode, clock.now(), owner)),
      CommonPrefixes: commonPrefixes.map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
    })
  },
})

/** A token says where the last page ended; it is opaque to clients. */
const tokenOf = (name: string): string => Buffer.from(name).toString('base64')

function nameOf(token: string): string {
  const name = Buffer.from(token, 'base64').toString()
  if (tokenOf(name) !== token || Buffer.byteLength(name) > 1023)
    throw invalidArgument('continuation-token', token)
  return name
}
