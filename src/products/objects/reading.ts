/** What GetObject and HeadObject share: conditions, ranges and the headers an object is described by. */
import type { RecordStore } from '../../ports/records.ts'
import { type AccessContext, authorize } from './access.ts'
import type { BucketRecord } from './bucket.ts'
import { encryptionHeaders } from './encryption.ts'
import {
  hiddenByMarker,
  invalidArgument,
  invalidRange,
  invalidTargetType,
  markerHasNoContent,
  noSuchKey,
  noSuchVersion,
  notModified,
  preconditionFailed,
  symlinkTargetNotExist,
} from './errors.ts'
import { findMarker, findVersion } from './history.ts'
import { etagOf, findObject, type ObjectRecord, versionIdOf } from './object.ts'
import { restoreHeader } from './restore.ts'

type Headers = Readonly<Record<string, string | undefined>>

/** The version that is asked for, or the refusal that says why there is none. */
export async function requireVersion(
  records: RecordStore,
  bucket: BucketRecord,
  object: string,
  versionId: string | null,
): Promise<ObjectRecord> {
  const found = await findVersion(records, { bucket: bucket.name, object }, versionId ?? undefined)
  if (found?.value.deleteMarker) throw markerHasNoContent(versionIdOf(found.value))
  if (found) return found.value
  if (versionId !== null) throw noSuchVersion(object, versionId)
  const marker = await findMarker(records, bucket, object)
  throw marker ? hiddenByMarker(object, versionIdOf(marker)) : noSuchKey(object)
}

/**
 * Where a symlink leads, for those that may read that, too: whoever may write a link could else read everything. A link is
 * never followed twice.
 */
export async function followed(
  context: AccessContext,
  { symlinkTarget }: ObjectRecord,
): Promise<ObjectRecord | undefined> {
  if (symlinkTarget === undefined) return undefined
  const { records, bucket } = context
  const newest = { ...context, query: new URLSearchParams() }
  await authorize(newest, { action: 'oss:GetObject', grant: 'read', object: symlinkTarget })
  const target = await findObject(records, bucket.value.name, symlinkTarget)
  if (!target) throw symlinkTargetNotExist(symlinkTarget)
  if (target.value.symlinkTarget !== undefined) throw invalidTargetType(symlinkTarget)
  return target.value
}

/** Throws 304 or 412 when the reader's conditions do not hold. */
export function checkConditions(headers: Headers, object: ObjectRecord): void {
  const etag = etagOf(object)
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined && !names(ifMatch, etag)) throw preconditionFailed('If-Match')
  const changedMs = Math.floor(object.lastModifiedMs / 1000) * 1000
  const unmodifiedSince = dateOf(headers['if-unmodified-since'])
  if (unmodifiedSince !== undefined && changedMs > unmodifiedSince)
    throw preconditionFailed('If-Unmodified-Since')
  const ifNoneMatch = headers['if-none-match']
  const unchanged = { etag, 'last-modified': new Date(object.lastModifiedMs).toUTCString() }
  if (ifNoneMatch !== undefined) {
    if (names(ifNoneMatch, etag)) throw notModified(unchanged)
    return
  }
  const modifiedSince = dateOf(headers['if-modified-since'])
  if (modifiedSince !== undefined && changedMs <= modifiedSince) throw notModified(unchanged)
}

/** Clients send ETags with quotes and without. */
const names = (list: string, etag: string): boolean =>
  list.split(',').some((item) => {
    const given = item.trim().replaceAll('"', '')
    return given === '*' || given.toUpperCase() === etag.replaceAll('"', '')
  })

function dateOf(text: string | undefined): number | undefined {
  const dateMs = Date.parse(text ?? '')
  return Number.isNaN(dateMs) ? undefined : dateMs
}

/** Both ends included. */
export interface ByteRange {
  first: number
  last: number
}

/**
 * The part that is asked for; undefined is all of it. As the vendor does, a range that makes no sense gets the whole
 * object, unless the client asks for the standard's behaviour.
 */
export function rangeOf(headers: Headers, sizeBytes: number): ByteRange | undefined {
  const text = headers['range']
  if (text === undefined) return undefined
  const match = /^bytes=(\d*)-(\d*)$/.exec(text.trim())
  const range = match ? resolve(match[1]!, match[2]!, sizeBytes) : undefined
  if (range) return range
  if (match && headers['x-oss-range-behavior'] === 'standard') throw invalidRange(text, sizeBytes)
  return undefined
}

function resolve(from: string, to: string, sizeBytes: number): ByteRange | undefined {
  if (from === '' && to === '') return undefined
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from)
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  if (first > last || (from !== '' && to !== '' && Number(from) > Number(to))) return undefined
  return { first, last }
}

/** `target`: the object that has the bytes, where this one is a link to it. */
export function describe(
  object: ObjectRecord,
  bucket: BucketRecord,
  nowMs: number,
  target: ObjectRecord = object,
): Record<string, string> {
  const { md5, crc64, restore, tags = [] } = target
  return {
    ...object.headers,
    'content-length': String(target.sizeBytes),
    ...(md5 === undefined ? {} : { 'content-md5': Buffer.from(md5, 'hex').toString('base64') }),
    etag: etagOf(target),
    'last-modified': new Date(Math.max(object.lastModifiedMs, target.lastModifiedMs)).toUTCString(),
    'accept-ranges': 'bytes',
    'x-oss-object-type': object.type ?? 'Normal',
    'x-oss-storage-class': target.storageClass ?? 'Standard',
    ...(crc64 === undefined ? {} : { 'x-oss-hash-crc64ecma': crc64 }),
    ...(object.type === 'Appendable' ? { 'x-oss-next-append-position': String(object.sizeBytes) } : {}),
    ...(tags.length === 0 ? {} : { 'x-oss-tagging-count': String(tags.length) }),
    ...encryptionHeaders(target.encryption),
    ...restoreHeader(restore, nowMs),
    ...versionHeader(object, bucket),
  }
}

/** Which version this is, where the bucket has, or had, versions. */
export const versionHeader = (
  object: ObjectRecord | undefined,
  { versioning }: BucketRecord,
): Record<string, string> =>
  object === undefined || versioning === undefined ? {} : { 'x-oss-version-id': versionIdOf(object) }

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
]

export const RESPONSE_PARAMETERS: readonly string[] = OVERRIDES.map((name) => `response-${name}`)

/** `response-content-type=…` in the query: the reader says how the answer is to be labelled. */
export function overrides(query: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`)
    if (value === null) continue
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw invalidArgument(`response-${name}`, value)
    headers[name] = Buffer.from(value).toString('latin1')
  }
  return headers
}
