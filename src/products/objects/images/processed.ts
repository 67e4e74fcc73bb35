/** An object as an image that was made of it, or as what is known of the image. */
import { buffer } from 'node:stream/consumers'
import { NoSuchBlob } from '../../../ports/blobs.ts'
import type { ImageFacts, ImageFormat, ImageOutcome } from '../../../ports/images.ts'
import { authorize } from '../access.ts'
import { openContent } from '../content.ts'
import { imageTooLarge, invalidProcess, noSuchKey, notImplemented } from '../errors.ts'
import type { ObjectRecord } from '../object.ts'
import type { BucketContext, Reply } from '../product.ts'
import { checkConditions, describe, followed, overrides, requireVersion } from '../reading.ts'
import { requireReadable } from '../restore.ts'
import type { Headers } from '../writing.ts'
import { type Processing, processingOf } from './actions.ts'
import { type Action, type ProcessText, readProcessText } from './process-text.ts'
import { refusalError } from './refusals.ts'
import { actionsOfStyle, requireStyle } from './styles.ts'

/** The vendor's limit of an image that is processed. */
export const IMAGE_BYTES_MAX = 20 * 1024 * 1024

/** How often a reader may find that the object was replaced between its record and its bytes. */
const REPLACED_MAX = 5

export const PROCESS_PARAMETER = 'x-oss-process'

const CONTENT_TYPES: Readonly<Record<ImageFormat, string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  avif: 'image/avif',
}

export interface Processed {
  contentType: string
  bytes: Uint8Array
}

interface Readable {
  version: ObjectRecord
  /** The object that has the bytes. */
  found: ObjectRecord
}

export async function serveProcessed(
  context: BucketContext,
  object: string,
  { headers, query }: { headers: Headers; query: URLSearchParams },
): Promise<Reply> {
  const { wanted, saveAs } = readProcessText(query.get(PROCESS_PARAMETER) ?? '')
  if (saveAs) throw invalidProcess('sys/saveas goes with POST')
  // The vendor processes the newest version all the same, which nobody has asked for.
  if (query.has('versionId')) throw notImplemented('versionId')
  const { version, found } = await readable(context, object)
  checkConditions(headers, found)
  const { contentType, bytes } = await processImage(context, object, wanted)
  return {
    status: 200,
    headers: {
      ...headersOf(describe(version, context.bucket.value, context.clock.now(), found)),
      'content-type': contentType,
      'content-length': String(bytes.length),
      ...overrides(query),
    },
    body: bytes,
  }
}

/** What is about the bytes of the source is not about those of the answer; the ETag, as the vendor has it, stays. */
const OF_THE_SOURCE = ['content-md5', 'content-encoding', 'accept-ranges', 'x-oss-hash-crc64ecma']

const headersOf = (described: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(described).filter(([name]) => !OF_THE_SOURCE.includes(name)))

/** The caller was found to have the right to read the object; that of the watermarks is looked at here. */
export async function processImage(
  context: BucketContext,
  object: string,
  wanted: ProcessText['wanted'],
): Promise<Processed> {
  const processing = processingOf(await actionsOf(context, wanted))
  const { want, steps, autoOrient, output, overlays } = processing
  const sizes = await checkedSizes(context, object, processing)
  const outcome = await context.images.run(
    async () => ({
      source: await bytesOf(context, object),
      // One after the other: a job holds little more than one of them beside what it has.
      overlays: await inTurn(overlays, (overlay) => bytesOf(context, overlay)),
      plan: { want, steps, autoOrient, output },
    }),
    context.signal,
  )
  return answerOf(outcome, sizes.source)
}

async function actionsOf(
  { records, bucket }: BucketContext,
  wanted: ProcessText['wanted'],
): Promise<readonly Action[]> {
  if (wanted.is === 'actions') return wanted.actions
  return actionsOfStyle((await requireStyle(records, bucket.value.name, wanted.name)).content)
}

/** Refuses before anything is read or waited for. */
async function checkedSizes(
  context: BucketContext,
  object: string,
  { overlays }: Processing,
): Promise<{ source: number }> {
  const { found } = await readable(context, object)
  for (const overlay of overlays) {
    const newest = { ...context, query: new URLSearchParams() }
    await authorize(newest, { action: 'oss:GetObject', grant: 'read', object: overlay })
    await readable(context, overlay)
  }
  return { source: found.sizeBytes }
}

/** The newest version, with bytes that may be read and are not too many. */
async function readable(context: BucketContext, object: string): Promise<Readable> {
  const { records, bucket, clock } = context
  const version = await requireVersion(records, bucket.value, object, null)
  const found = (await followed(context, version)) ?? version
  requireReadable(found, clock.now())
  if (found.sizeBytes > IMAGE_BYTES_MAX) throw imageTooLarge()
  return { version, found }
}

async function bytesOf(context: BucketContext, object: string): Promise<Uint8Array> {
  for (let replaced = 0; replaced < REPLACED_MAX; replaced++) {
    const { found } = await readable(context, object)
    try {
      return await buffer(await openContent(context, found))
    } catch (error) {
      if (!(error instanceof NoSuchBlob)) throw error
    }
  }
  throw noSuchKey(object)
}

async function inTurn<From, To>(all: readonly From[], one: (item: From) => Promise<To>): Promise<To[]> {
  const done: To[] = []
  for (const item of all) done.push(await one(item))
  return done
}

function answerOf(outcome: ImageOutcome, sizeBytes: number): Processed {
  switch (outcome.is) {
    case 'image':
      return { contentType: CONTENT_TYPES[outcome.format], bytes: outcome.bytes }
    case 'facts':
      return json(factsDocument(outcome.facts, sizeBytes))
    case 'hue':
      return json({ RGB: `0x${outcome.rgb}` })
    case 'refused':
      throw refusalError(outcome)
  }
}

const json = (document: unknown): Processed => ({
  contentType: 'application/json',
  bytes: Buffer.from(JSON.stringify(document)),
})

/** Every value is a text, in an object of its own; names are in the order of the alphabet. */
function factsDocument(
  { format, width, height, frames, density, exif }: ImageFacts,
  sizeBytes: number,
): Record<string, { value: string }> {
  const known: Record<string, string> = {
    ResolutionUnit: density === undefined ? '1' : '2',
    XResolution: density === undefined ? '1/1' : `${density}/1`,
    YResolution: density === undefined ? '1/1' : `${density}/1`,
    ...exif,
    FileSize: String(sizeBytes),
    Format: format,
    FrameCount: String(frames),
    ImageHeight: String(height),
    ImageWidth: String(width),
  }
  const names = Object.keys(known).sort()
  return Object.fromEntries(names.map((name) => [name, { value: known[name]! }]))
}

/** For those who are told of an upload; undefined where it is no image, or none that is looked at. */
export async function imageFacts(context: BucketContext, object: string): Promise<ImageFacts | undefined> {
  const version = await requireVersion(context.records, context.bucket.value, object, null)
  if (version.sizeBytes > IMAGE_BYTES_MAX || version.sizeBytes === 0) return undefined
  const outcome = await context.images.run(
    async () => ({
      source: await bytesOf(context, object),
      overlays: [],
      plan: { want: 'facts', steps: [], autoOrient: false, output: { interlaced: false } },
    }),
    context.signal,
  )
  return outcome.is === 'facts' ? outcome.facts : undefined
}
