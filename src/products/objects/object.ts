/** Objects as records. An object is a record that names its bytes; what no record names is not there. */
import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import type { BucketAcl } from './bucket.ts'
import { invalidObjectName } from './errors.ts'
import { objectKey } from './keys.ts'
import type { StorageClass } from './storage-class.ts'

export type ObjectAcl = BucketAcl | 'default'
export type ObjectType = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink'

export interface ObjectRecord {
  /** Default: Normal. */
  type?: ObjectType
  /** The bytes, where they are one blob. */
  blobId?: string
  /** The bytes, where they are parts: records under `partsOf(partsId)`, in order. */
  partsId?: string
  sizeBytes: number
  /** Lower-case hex, of the bytes of a Normal object. */
  md5?: string
  /** Without quotes, where it is not the MD5. */
  etag?: string
  /** Decimal. */
  crc64?: string
  lastModifiedMs: number
  /** What a reader is sent back, by lower-case name: Content-Type, Cache-Control …, and `x-oss-meta-*`, byte for byte. */
  headers: Readonly<Record<string, string>>
  /** Default: as the bucket says. */
  acl?: ObjectAcl
  /** Default: Standard. */
  storageClass?: StorageClass
  /** When a lifecycle rule last moved it to another class. */
  transitionedMs?: number
  tags?: readonly Tag[]
  encryption?: Encryption
  restore?: Restore
  /** Key of the object in the same bucket that a symlink leads to. */
  symlinkTarget?: string
  /** Number of the next part of an Appendable object. */
  nextPart?: number
  /** Absent: the version without an id, which clients call `null`. */
  versionId?: string
  /** Rises with each version of a key, in buckets with versions. */
  sequence?: number
  /** When a newer version took its place. */
  noncurrentMs?: number
  /** This version says that the object is deleted. */
  deleteMarker?: true
}

export interface Tag {
  key: string
  value: string
}

export interface Encryption {
  algorithm: string
  dataAlgorithm?: string
  keyId?: string
}

/** A thawed copy of an archived object: from `readyMs` until `expiresMs`. */
export interface Restore {
  readyMs: number
  expiresMs: number
}

export interface PartRecord {
  number: number
  blobId: string
  sizeBytes: number
  /** Lower-case hex. */
  md5: string
  crc64: string
  lastModifiedMs: number
}

/** 1 to 1,023 bytes of UTF-8 that do not begin with a slash or a backslash. */
export function isObjectName(name: string): boolean {
  const sizeBytes = Buffer.byteLength(name)
  return sizeBytes >= 1 && sizeBytes <= 1023 && !/^[/\\]/.test(name) && name.isWellFormed()
}

export function requireObjectName(name: string): void {
  if (!isObjectName(name)) throw invalidObjectName(name)
}

export const etagOf = ({ etag, md5 = '' }: Pick<ObjectRecord, 'etag' | 'md5'>): string =>
  `"${etag ?? md5.toUpperCase()}"`

/** How clients call a version. */
export const versionIdOf = ({ versionId = NULL_VERSION }: Pick<ObjectRecord, 'versionId'>): string =>
  versionId
export const NULL_VERSION = 'null'

/** The version that readers see who name none; undefined also where that is a delete marker. */
export async function findObject(
  records: RecordStore,
  bucket: string,
  object: string,
): Promise<StoredRecord<ObjectRecord> | undefined> {
  requireObjectName(object)
  return records.get<ObjectRecord>(objectKey(bucket, object))
}
