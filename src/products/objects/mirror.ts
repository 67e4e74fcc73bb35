/**
 * Mirrors: an object that is not there is asked for where it comes from, answered, and kept. What is answered is kept
 * before its last bytes are sent, so who has read it finds it there.
 */
import { PassThrough, Readable } from 'node:stream'
import { ApiError } from '../../wire/api-error.ts'
import { announcing } from './announcing.ts'
import { discardContent } from './content.ts'
import { contentTypeOf } from './content-types.ts'
import { mirrorFailed } from './errors.ts'
import { addVersion } from './history.ts'
import { askOrigin, inTime, type OriginAnswer } from './mirror-request.ts'
import type { BucketContext, Reply } from './product.ts'
import { encodedPath, passedQuery, type RoutedRequest } from './routed-request.ts'
import type { MirrorHeaders, MirrorRedirect } from './routing-rules.ts'
import { naming, traitsOf } from './writing.ts'

/** Told from mirror to mirror on one platform, so that those that lead to each other end. */
const HOPS_HEADER = 'x-hanshu-mirror-hops'
const HOPS_MAX = 3

export interface MirroredRequest extends RoutedRequest {
  /** What the object is called at the origin. */
  path: string
  /** What is answered where the origin has it neither. */
  notThere(): Promise<Reply>
}

export async function mirrored(
  context: BucketContext,
  redirect: MirrorRedirect,
  request: MirroredRequest,
): Promise<Reply> {
  const { mirrors, head, log, clock, signal, reachOf } = context
  const { path, headers } = request
  const hops = Number(headers[HOPS_HEADER] ?? 0)
  // A name with dots for folders would lead out of the folder of the origin.
  if (hops >= HOPS_MAX || path.split('/').some((part) => part === '.' || part === '..'))
    return request.notThere()
  const passesQuery = redirect.mirrorPassesQuery ?? redirect.passesQuery ?? false
  const url = new URL(redirect.url + encodedPath(path) + (passesQuery ? passedQuery(head.rawQuery) : ''))
  if (!mirrors.take()) throw mirrorFailed('Mirror request is rejected by QoS')
  /** Whoever sends the bytes on holds the place until they are sent. */
  let isHandedOn = false
  const handOn = (): (() => void) => {
    isHandedOn = true
    return () => mirrors.release()
  }
  try {
    const answer = await askOrigin(url, {
      reach: reachOf(redirect.madeBy),
      headers: { ...passedHeaders(headers, redirect.headers), [HOPS_HEADER]: String(hops + 1) },
      follows: redirect.follows ?? true,
      clock,
      signal,
    }).catch((error: unknown) => {
      // Whoever asks is not told what there is at an address and what not.
      log.info({ err: error, bucket: context.bucket.value.name, origin: url.host }, 'a mirror failed')
      throw mirrorFailed('Mirroring failed, please check your mirror configuration')
    })
    const { status, body } = answer
    if (status === 200) return await kept(context, redirect, request, { url, answer }, handOn)
    body.destroy()
    if (status === 404) return await request.notThere()
    const { location } = answer.headers
    if (status >= 300 && status <= 399 && location !== undefined) return { status, headers: { location } }
    throw mirrorFailed(`Error status : ${status} from mirror host, should return 200 OK`)
  } finally {
    if (!isHandedOn) mirrors.release()
  }
}

async function kept(
  context: BucketContext,
  redirect: MirrorRedirect,
  { object, query, read }: MirroredRequest,
  origin: { url: URL; answer: OriginAnswer },
  handOn: () => () => void,
): Promise<Reply> {
  const { clock, log, sizeBytesMax } = context
  const { body, headers } = origin.answer
  const { 'content-length': length, 'content-md5': md5 } = headers
  if (length !== undefined && Number(length) > sizeBytesMax) {
    body.destroy()
    throw mirrorFailed('The object of the mirror host is too large')
  }
  const store = (bytes: AsyncIterable<Uint8Array>) => keep(context, redirect, object, bytes, origin)
  // What the answer depends on all bytes for is kept first.
  if ((redirect.checksMd5 && md5 !== undefined) || query.has('x-oss-process')) {
    try {
      await store(inTime(body, clock))
    } catch (error) {
      if (error instanceof ApiError) throw error
      log.info({ err: error, origin: origin.url.host }, 'a mirror broke off')
      throw mirrorFailed('Read body from mirror host failed, please check your mirror host')
    }
    return read(object)
  }
  const stream = Readable.from(answeredAndKept(inTime(body, clock), store, log), { objectMode: false })
  const release = handOn()
  stream.once('close', () => {
    body.destroy()
    release()
  })
  const described = keptHeaders(object, origin)
  return {
    status: 200,
    headers: length === undefined ? described : { ...described, 'content-length': length },
    body: stream,
  }
}

/** Sends the bytes on, and the last of them when they are kept. When they cannot be kept, the reader has them all the same. */
async function* answeredAndKept(
  source: AsyncIterable<Uint8Array>,
  store: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  log: BucketContext['log'],
): AsyncGenerator<Uint8Array> {
  const copy = new PassThrough()
  // Its reader hears of it.
  copy.on('error', () => {})
  let failure: unknown
  const storing = store(copy).catch((error: unknown) => {
    failure = error
    copy.destroy()
  })
  let held: Uint8Array | undefined
  let isWhole = false
  try {
    for await (const chunk of source) {
      if (held) yield held
      held = chunk
      if (!copy.destroyed && !copy.write(chunk)) await drained(copy)
    }
    isWhole = true
    copy.end()
    await storing
    if (failure !== undefined)
      log.warn({ err: failure }, 'a mirrored object was answered and could not be kept')
    if (held) yield held
  } finally {
    if (!isWhole) copy.destroy(new Error('the origin or the reader went away'))
    await storing
  }
}

/** Resolves when there is room, or never will be. */
const drained = (stream: PassThrough): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })

async function keep(
  context: BucketContext,
  { checksMd5 }: MirrorRedirect,
  object: string,
  bytes: AsyncIterable<Uint8Array>,
  origin: { url: URL; answer: OriginAnswer },
): Promise<void> {
  const { blobs, clock, bucket, signal, sizeBytesMax } = context
  const { blobId, sizeBytes, md5, crc64 } = await blobs.write(bytes, { signal, sizeBytesMax })
  const { removed } = await naming(blobs, blobId, async () => {
    const expected = origin.answer.headers['content-md5']
    if (
      checksMd5 &&
      expected !== undefined &&
      !Buffer.from(md5, 'hex').equals(Buffer.from(String(expected), 'base64'))
    )
      throw mirrorFailed('MD5 in header() is not equal to MD5 calculated')
    const traits = await traitsOf({}, context)
    const headers = keptHeaders(object, origin)
    const place = { bucket: bucket.value.name, object }
    return addVersion(announcing(context, 'ObjectCreated:PutObject'), place, (current) => {
      // What somebody has put there meanwhile is what is wanted.
      if (current) throw mirrorFailed('The object you specified already exists and can not be overwritten')
      return { blobId, sizeBytes, md5, crc64, lastModifiedMs: clock.now(), headers, ...traits }
    })
  })
  await discardContent(context, removed)
}

const KEPT = ['content-encoding', 'content-disposition', 'content-language', 'cache-control', 'expires']

/** The vendor's list, without Access-Control-Allow-Origin, which is for the bucket's CORS rules to say. */
function keptHeaders(
  object: string,
  { url, answer }: { url: URL; answer: OriginAnswer },
): Record<string, string> {
  const { headers } = answer
  const kept: Record<string, string> = {
    'content-type': headers['content-type'] ?? contentTypeOf(object),
    // Without its query, in which there may be keys.
    'x-oss-tag': encodeURIComponent(`MIRROR=${url.origin}${url.pathname}`),
  }
  for (const name of KEPT) {
    const value = headers[name]
    if (typeof value === 'string') kept[name] = value
  }
  return kept
}

/** Of the connection, of the request's body, or of who signed it: never the origin's business. */
const NEVER_PASSED =
  /^(?:authorization2?|connection|content-length|date|expect|host|keep-alive|oss-.*|proxy-.*|range|te|trailer|transfer-encoding|upgrade|x-drs-.*|x-oss-.*)$/

export function passedHeaders(
  sent: Readonly<Record<string, string | undefined>>,
  rule: MirrorHeaders | undefined,
): Record<string, string> {
  const passed: Record<string, string> = {}
  if (!rule) return passed
  for (const [name, value] of Object.entries(sent)) {
    if (value === undefined || NEVER_PASSED.test(name) || rule.remove.includes(name)) continue
    if (rule.passAll || rule.pass.includes(name)) passed[name] = value
  }
  for (const { key, value } of rule.set) passed[key] = value
  return passed
}
