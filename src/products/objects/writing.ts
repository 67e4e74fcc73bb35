/** What those that write objects ask for beside the bytes, and how the bytes are received. */
import type { IncomingMessage } from 'node:http'
import { type BlobInfo, type BlobStore, BlobTooLarge } from '../../ports/blobs.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { StoredBucket } from './bucket.ts'
import { contentTypeOf } from './content-types.ts'
import { encryptionOf } from './encryption.ts'
import {
  contentSha256Mismatch,
  entityTooLarge,
  incompleteBody,
  invalidArgument,
  invalidDigest,
  missingContentLength,
  notImplemented,
} from './errors.ts'
import type { ObjectAcl, ObjectRecord } from './object.ts'
import { findSetting } from './settings.ts'
import { isStorageClass, type StorageClass } from './storage-class.ts'
import { tagsOfHeader } from './tags.ts'
import { type Pacing, paced, trafficLimitOf } from './traffic.ts'

export type Headers = Readonly<Record<string, string | undefined>>

const KEPT = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
]

/** The vendor's limit of all user metadata of an object. */
const META_BYTES_MAX = 8 * 1024

/** The headers that are kept with the object and sent to its readers. */
export function keptHeaders(headers: Headers, object: string): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': contentTypeOf(object) }
  let metaBytes = 0
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    if (KEPT.includes(name)) kept[name] = value
    if (!name.startsWith('x-oss-meta-')) continue
    kept[name] = value
    metaBytes += name.length + value.length
    if (metaBytes > META_BYTES_MAX) throw invalidArgument('x-oss-meta-', `more than ${META_BYTES_MAX} bytes`)
  }
  return kept
}

/** What a writer may say of a new object, and what its bucket says where it does not. */
export async function traitsOf(
  headers: Headers,
  { records, bucket }: { records: RecordStore; bucket: StoredBucket },
): Promise<Pick<ObjectRecord, 'acl' | 'storageClass' | 'tags' | 'encryption'>> {
  const acl = objectAclOf(headers)
  const storageClass = storageClassOf(headers) ?? bucket.value.storageClass
  const tags = headers['x-oss-tagging'] === undefined ? undefined : tagsOfHeader(headers['x-oss-tagging'])
  const encryption = encryptionOf(headers) ?? (await findSetting(records, bucket.value.name, 'encryption'))
  return {
    ...(acl === undefined || acl === 'default' ? {} : { acl }),
    ...(storageClass === undefined || storageClass === 'Standard' ? {} : { storageClass }),
    ...(tags === undefined || tags.length === 0 ? {} : { tags }),
    ...(encryption === undefined ? {} : { encryption }),
  }
}

export function objectAclOf(headers: Headers): ObjectAcl | undefined {
  const acl = headers['x-oss-object-acl']
  if (acl === undefined) return undefined
  if (acl === 'default' || acl === 'private' || acl === 'public-read' || acl === 'public-read-write')
    return acl
  throw invalidArgument('x-oss-object-acl', acl)
}

export function storageClassOf(headers: Headers): StorageClass | undefined {
  const text = headers['x-oss-storage-class']
  if (text === undefined) return undefined
  if (!isStorageClass(text)) throw invalidArgument('x-oss-storage-class', text)
  return text
}

/** Headers, and fields of forms, that would change what happens and are not built. */
const NOT_OFFERED = ['x-oss-persistent-headers', 'x-oss-process']

export function refuseWhatIsNotOffered(headers: Headers): void {
  for (const name of NOT_OFFERED) if (headers[name] !== undefined) throw notImplemented(name)
}

/** Says no before the first byte where the head already tells. */
function checkLength(headers: Headers, sizeBytesMax: number): void {
  const length = headers['content-length']
  if (length === undefined && headers['transfer-encoding'] === undefined) throw missingContentLength()
  if (length !== undefined && Number(length) > sizeBytesMax) throw entityTooLarge(sizeBytesMax)
}

/** Says no to a body before it is read, where its head already tells. */
export function checkHead(headers: Headers, sizeBytesMax: number): void {
  checkLength(headers, sizeBytesMax)
  const md5 = headers['content-md5']
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw invalidDigest({ ClientMD5: md5 })
}

/** Compares what was received with what the client said it sent. */
export function checkDigests(headers: Headers, { md5, sha256 }: { md5: string; sha256?: string }): void {
  const given = headers['content-md5']
  const received = Buffer.from(md5, 'hex')
  if (given !== undefined && !Buffer.from(given, 'base64').equals(received)) {
    throw invalidDigest({ ClientMD5: given, ServerMD5: received.toString('base64') })
  }
  const payload = headers['x-oss-content-sha256']
  if (sha256 !== undefined && payload !== undefined && /^[0-9a-f]{64}$/i.test(payload)) {
    if (payload.toLowerCase() !== sha256) throw contentSha256Mismatch()
  }
}

/** Writes the body as a blob and checks it. Whoever calls removes the blob when no record will name it. */
export async function receive(
  body: IncomingMessage,
  headers: Headers,
  {
    blobs,
    sizeBytesMax,
    ...pacing
  }: { blobs: BlobStore; sizeBytesMax: number } & Omit<Pacing, 'bytesPerSecond'>,
  query?: URLSearchParams,
): Promise<BlobInfo> {
  const { signal } = pacing
  const bytesPerSecond = trafficLimitOf(headers, query)
  let blob: BlobInfo
  try {
    // Not `body` itself: giving up on it would hang up on the client before it hears why.
    const bytes = body.iterator({ destroyOnReturn: false })
    blob = await blobs.write(paced(bytes, { ...pacing, bytesPerSecond }), { signal, sizeBytesMax })
  } catch (error) {
    if (error instanceof BlobTooLarge) throw entityTooLarge(sizeBytesMax)
    if (!body.complete) throw incompleteBody()
    throw error
  }
  try {
    checkDigests(headers, blob)
  } catch (error) {
    await blobs.remove(blob.blobId)
    throw error
  }
  return blob
}

/** Runs what makes a record name the blob; when it fails, nothing of the blob is left. */
export async function naming<T>(blobs: BlobStore, blobId: string, name: () => Promise<T>): Promise<T> {
  try {
    return await name()
  } catch (error) {
    await blobs.remove(blobId)
    throw error
  }
}
