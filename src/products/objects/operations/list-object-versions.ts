import { invalidArgument } from '../errors.ts'
import { listVersionsOf } from '../list-versions.ts'
import { encoderOf, textParameter } from '../listing.ts'
import { etagOf, versionIdOf } from '../object.ts'
import { numberOf } from '../parameters.ts'
import { none, operation, xmlReply } from '../product.ts'
import { restoreHeader } from '../restore.ts'
import { isoTime } from '../times.ts'

export const listObjectVersions = operation({
  name: 'ListObjectVersions',
  route: 'GET /{bucket}?versions',
  body: none,

  async handle({ path: { bucket }, query }, { records, accountId, clock }) {
    const prefix = textParameter(query, 'prefix')
    const delimiter = textParameter(query, 'delimiter')
    const keyMarker = textParameter(query, 'key-marker')
    const versionIdMarker = query.get('version-id-marker') ?? ''
    if (versionIdMarker !== '' && keyMarker === '')
      throw invalidArgument('version-id-marker', versionIdMarker)
    const limit = numberOf(query, 'max-keys', { min: 1, max: 1000, otherwise: 100 })
    const { encode, encodingType } = encoderOf(query)
    const asked = { prefix, delimiter, limit, keyMarker, versionIdMarker }
    const { items, commonPrefixes, isTruncated, last } = await listVersionsOf(records, bucket, asked)
    const next =
      !isTruncated || last === undefined
        ? { key: '', versionId: '' }
        : 'item' in last
          ? { key: last.item.key, versionId: versionIdOf(last.item.object) }
          : { key: last.commonPrefix, versionId: '' }
    const owner = { ID: accountId, DisplayName: accountId }
    return xmlReply(200, 'ListVersionsResult', {
      Name: bucket,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker),
      VersionIdMarker: versionIdMarker,
      MaxKeys: limit,
      Delimiter: encode(delimiter),
      EncodingType: encodingType,
      IsTruncated: String(isTruncated),
      // Python's client looks for them also where there is no next page.
      NextKeyMarker: encode(next.key),
      NextVersionIdMarker: next.versionId,
      Version: items
        .filter(({ object }) => !object.deleteMarker)
        .map(({ key, object, isLatest }) => ({
          Key: encode(key),
          VersionId: versionIdOf(object),
          IsLatest: String(isLatest),
          LastModified: isoTime(object.lastModifiedMs),
          ETag: etagOf(object),
          Type: object.type ?? 'Normal',
          Size: object.sizeBytes,
          StorageClass: object.storageClass ?? 'Standard',
          RestoreInfo: restoreHeader(object.restore, clock.now())['x-oss-restore'],
          Owner: owner,
        })),
      DeleteMarker: items
        .filter(({ object }) => object.deleteMarker)
        .map(({ key, object, isLatest }) => ({
          Key: encode(key),
          VersionId: versionIdOf(object),
          IsLatest: String(isLatest),
          LastModified: isoTime(object.lastModifiedMs),
          Owner: owner,
        })),
      CommonPrefixes: commonPrefixes.map((commonPrefix) => ({ Prefix: encode(commonPrefix) })),
    })
  },
})
