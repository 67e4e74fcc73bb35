/** Object Storage as a product: what `main/` gives to a listener of its own and to that of Function Compute. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { MalformedXml } from '../../lib/xml-reader.ts'
import { AnnouncementsFull } from '../../ports/announcements.ts'
import { BlobCorrupt, type BlobStore } from '../../ports/blobs.ts'
import type { ImageProcessor } from '../../ports/images.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge } from '../../wire/body.ts'
import { NoSuchRoute, type Product, type RequestHead } from '../../wire/product-server.ts'
import type { ReachOf } from '../../wire/reach.ts'
import { MalformedPath } from '../../wire/routes.ts'
import { isOssV1, isOssV1Url } from '../../wire/signatures/oss-v1.ts'
import { isOssV4, isOssV4Url } from '../../wire/signatures/oss-v4.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { objectsAuthentication, type RequestFacts } from './authentication.ts'
import type { PartLeases } from './content.ts'
import {
  contentDamaged,
  entityTooLarge,
  incompleteBody,
  invalidObjectName,
  malformedXml,
  notImplemented,
  slowDown,
} from './errors.ts'
import { wordImageFailure } from './images/refusals.ts'
import { type AccessLogSink, Noted } from './logged.ts'
import { MirrorSlots } from './mirror-slots.ts'
import type { AccessPolicies, ObjectListeners } from './needs.ts'
import { operations } from './operations/index.ts'
import { verifyFormBy } from './post-policy.ts'
import { type ObjectsContext, renderError } from './product.ts'

export interface ObjectsProductOptions {
  records: RecordStore
  blobs: BlobStore
  clock: Clock
  ids: IdSource
  lookup: SecretLookup
  region: string
  policies: AccessPolicies
  listeners: ObjectListeners
  images: ImageProcessor
  /** Where upload callbacks may go. */
  reachOf: ReachOf
  accessLogs: AccessLogSink
  /** Shared with whatever else removes objects. */
  leases: PartLeases
  /** Default: 5 GiB, the vendor's limit of one PutObject. */
  sizeBytesMax?: number
  /** Default: 100 KiB, the vendor's limit. */
  partBytesMin?: number
}

const FIVE_GIB = 5 * 1024 ** 3

export function objectsProduct({
  records,
  blobs,
  clock,
  ids,
  lookup,
  region,
  policies,
  listeners,
  images,
  reachOf,
  accessLogs,
  leases,
  sizeBytesMax = FIVE_GIB,
  partBytesMin = 100 * 1024,
}: ObjectsProductOptions): Product<ObjectsContext> {
  const mirrors = new MirrorSlots()
  return {
    name: 'objects',
    operations,
    newRequestId: () => ids.uuid().replaceAll('-', '').slice(0, 24).toUpperCase(),
    authenticate: objectsAuthentication({ lookup, clock, records }),
    contextFor: (call, { facts }) => ({
      ...call,
      records,
      blobs,
      clock,
      ids,
      region,
      policies,
      listeners,
      images,
      reachOf,
      accessLogs,
      mirrors,
      noted: new Noted(),
      worded: wordFailure,
      leases,
      sizeBytesMax,
      partBytesMin,
      verifyForm: verifyFormBy({ lookup, clock }),
      ...(facts as RequestFacts),
    }),
    renderError,
    wordFailure,
    commonHeaders: (requestId) => ({ server: 'AliyunOSS', 'x-oss-request-id': requestId }),
  }
}

function wordFailure(failure: unknown): ApiError | undefined {
  if (failure instanceof NoSuchRoute) return notImplemented('this method and path')
  if (failure instanceof BodyTooLarge) return entityTooLarge(failure.bytesMax)
  if (failure instanceof BodyCutOff) return incompleteBody()
  if (failure instanceof MalformedXml) return malformedXml(failure.message)
  if (failure instanceof AnnouncementsFull) return slowDown(failure.message)
  if (failure instanceof BlobCorrupt) return contentDamaged()
  if (failure instanceof MalformedPath) return invalidObjectName('')
  return wordImageFailure(failure)
}

/** Whether a request that came to another product's port is meant for Object Storage: code upload goes to the same address. */
export function isObjectStorageRequest({
  headers,
  rawQuery,
}: Pick<RequestHead, 'headers' | 'rawQuery'>): boolean {
  const { authorization, host = '' } = headers
  if (authorization !== undefined)
    return isOssV1(authorization) || isOssV4(authorization) || authorization.startsWith('OSS2 ')
  if (/(^|\.)oss-[a-z0-9-]+\./i.test(host)) return true
  if (!/OSSAccessKeyId=|x-oss-credential=/.test(rawQuery)) return false
  const query = new URLSearchParams(rawQuery)
  return isOssV1Url(query) || isOssV4Url(query)
}
