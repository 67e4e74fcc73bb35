/** What a PutObject asks for beside its bytes, and what of it is not offered. */
import type { BlobInfo } from '../../ports/blobs.ts'
import {
  contentSha256Mismatch,
  entityTooLarge,
  invalidArgument,
  invalidDigest,
  missingContentLength,
  notImplemented,
} from './errors.ts'

type Headers = Readonly<Record<string, string | undefined>>

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
export function keptHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'application/octet-stream' }
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

/** Headers that would change what is stored, each with the value that asks for nothing. */
const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  'x-oss-copy-source': [],
  'x-oss-callback': [],
  'x-oss-callback-var': [],
  'x-oss-tagging': [],
  'x-oss-server-side-encryption': [],
  'x-oss-server-side-encryption-key-id': [],
  'x-oss-object-acl': ['default', 'private'],
  'x-oss-storage-class': ['Standard'],
  'x-oss-traffic-limit': [],
  'x-oss-process': [],
}

export function refuseWhatIsNotOffered(headers: Headers): void {
  for (const [name, harmless] of Object.entries(NOT_OFFERED)) {
    const value = headers[name]
    if (value !== undefined && !harmless.includes(value)) throw notImplemented(name)
  }
}

/** Says no before the first byte where the head already tells. */
export function checkLength(headers: Headers, sizeBytesMax: number): void {
  const length = headers['content-length']
  if (length === undefined && headers['transfer-encoding'] === undefined) throw missingContentLength()
  if (length !== undefined && Number(length) > sizeBytesMax) throw entityTooLarge(sizeBytesMax)
}

/** Refuses a Content-MD5 that is none, before the body is read. */
export function checkDigestForm(headers: Headers): void {
  const md5 = headers['content-md5']
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw invalidDigest({ ClientMD5: md5 })
}

/** Compares what was received with what the client said it sent. */
export function checkDigests(headers: Headers, { md5, sha256 }: BlobInfo): void {
  const given = headers['content-md5']
  const received = Buffer.from(md5, 'hex')
  if (given !== undefined && !Buffer.from(given, 'base64').equals(received)) {
    throw invalidDigest({ ClientMD5: given, ServerMD5: received.toString('base64') })
  }
  const payload = headers['x-oss-content-sha256']
  if (payload !== undefined && /^[0-9a-f]{64}$/i.test(payload) && payload.toLowerCase() !== sha256) {
    throw contentSha256Mismatch()
  }
}
