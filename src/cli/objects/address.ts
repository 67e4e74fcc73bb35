/** What is typed for a place in Object Storage: `oss://bucket/key`. A key is taken as it stands. */
import { UsageError } from '../errors.ts'

export interface Address {
  bucket: string
  /** Empty: the bucket itself, or all that is in it. */
  key: string
}

const SCHEME = 'oss://'

export const isAddress = (typed: string): boolean => typed.startsWith(SCHEME)

export const addressText = ({ bucket, key }: Address): string => `${SCHEME}${bucket}/${key}`

/** Throws `UsageError`. */
export function readAddress(typed: string): Address {
  const match = /^oss:\/\/([^/]+)(?:\/(.*))?$/s.exec(typed)
  if (!match) throw new UsageError(`${typed} is no place in Object Storage. It is written oss://BUCKET/KEY.`)
  return { bucket: match[1]!, key: match[2] ?? '' }
}

/** Of a single object. Throws `UsageError`. */
export function readObjectAddress(typed: string): Address {
  const address = readAddress(typed)
  if (address.key === '') throw new UsageError(`${typed} names no object. It is written oss://BUCKET/KEY.`)
  return address
}

/** Of a bucket. Throws `UsageError`. */
export function readBucketAddress(typed: string): string {
  const { bucket, key } = readAddress(typed)
  if (key !== '') throw new UsageError(`${typed} is more than a bucket. It is written oss://BUCKET.`)
  return bucket
}

/** The prefix of what is in a folder: `photos` and `photos/` are the same one, and never `photos-old`. */
export const folderOf = ({ bucket, key }: Address): Address => ({
  bucket,
  key: key === '' || key.endsWith('/') ? key : `${key}/`,
})

/** The part of a key behind its last slash. */
export const baseName = (key: string): string => key.slice(key.lastIndexOf('/') + 1)
