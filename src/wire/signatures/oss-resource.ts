/** What OSS signatures are about besides the request: which bucket and key it names. That is the server's to decide. */
import { decodePercent } from '../../lib/signing/percent.ts'

/** No bucket: the service itself (listing buckets). No object: the bucket itself. */
export type OssResource = { bucket?: undefined; object?: undefined } | { bucket: string; object?: string }

/** The headers as text in one encoding; OSS clients send UTF-8 or, when told to, Latin-1. */
export type HeaderEncoding = 'utf8' | 'latin1'

export function headersIn(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  encoding: HeaderEncoding,
): Map<string, string> {
  const read = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue
    read.set(name, (encoding === 'utf8' ? textOfHeader(value) : value).trim())
  }
  return read
}

/** Node reads one character per byte; most clients mean UTF-8. */
export const textOfHeader = (value: string): string =>
  NON_ASCII.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value

/** The encodings that read these headers differently: both only where a header is not ASCII. */
export const encodingsOf = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): readonly HeaderEncoding[] =>
  Object.values(headers).some((value) => typeof value === 'string' && NON_ASCII.test(value))
    ? ['utf8', 'latin1']
    : ['utf8']

export interface ResourceCandidates {
  method: string
  rawPath: string
  /** The Host header. */
  host: string | undefined
  /** Buckets that a name of the user's own may stand for. */
  knownBuckets: readonly string[]
}

/**
 * The places a request may mean, likeliest first. Clients put the bucket into the host, the path, both, or nowhere but
 * the signature; the first candidate whose signature verifies is the one meant.
 */
export function* ossResources({
  rawPath,
  host,
  knownBuckets,
}: Omit<ResourceCandidates, 'method'>): Generator<OssResource> {
  const path = decodePercent(rawPath.replace(/^\//, ''))
  if (path === undefined) return
  const label = bucketLabelOf(host)
  if (label !== undefined) yield path === '' ? { bucket: label } : { bucket: label, object: path }
  const slash = path.indexOf('/')
  const first = slash < 0 ? path : path.slice(0, slash)
  if (first !== '') {
    const rest = slash < 0 ? '' : path.slice(slash + 1)
    yield rest === '' ? { bucket: first } : { bucket: first, object: rest }
  }
  if (path === '') yield {}
  for (const bucket of knownBuckets) {
    if (bucket !== label) yield path === '' ? { bucket } : { bucket, object: path }
  }
}

/** The first label of a host of several that is no IP address: `b` of `b.oss-cn-hangzhou.aliyuncs.com`. */
function bucketLabelOf(host: string | undefined): string | undefined {
  const name = host?.replace(/:\d+$/, '') ?? ''
  if (name.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(name)) return undefined
  const dot = name.indexOf('.')
  return dot > 0 ? name.slice(0, dot) : undefined
}

const NON_ASCII = /[\x80-\xff]/
