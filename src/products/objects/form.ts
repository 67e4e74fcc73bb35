/** Reading a multipart/form-data body: small fields, then one file that streams to where it is kept. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import { type BlobInfo, type BlobStore, BlobTooLarge } from '../../ports/blobs.ts'
import { entityTooLarge, incompleteBody, invalidRequest } from './errors.ts'
import type { SizeRange } from './post-policy.ts'
import { type Pacing, paced, trafficLimitOf } from './traffic.ts'

/** The vendor's limit of a form without its file is 4 KB for the policy; callbacks and metadata need room beside it. */
const FIELD_BYTES_MAX = 64 * 1024
const FIELDS_MAX = 200

/** What the parser says of a file that says nothing: its name says more. */
const PARSERS_OWN = 'text/plain'

export interface Form {
  /** By lower-case name. */
  fields: Map<string, string>
  blob: BlobInfo & { contentType: string | undefined }
}

/**
 * The form with its file as a blob. `check` is asked before a byte of the file is kept, with the fields so far: those
 * behind the file do not count, as the vendor has it.
 */
export async function readForm(
  body: IncomingMessage,
  headers: Readonly<Record<string, string | undefined>>,
  {
    blobs,
    signal,
    sizeBytesMax,
    clock,
  }: { blobs: BlobStore; sizeBytesMax: number } & Omit<Pacing, 'bytesPerSecond'>,
  check: (fields: Map<string, string>, fileName: string) => Promise<SizeRange>,
  checkSize: (range: SizeRange, sizeBytes: number) => void,
): Promise<Form> {
  const type = headers['content-type'] ?? ''
  if (!/^multipart\/form-data\b.*\bboundary=/i.test(type))
    throw invalidRequest('The body of a POST is multipart/form-data with a boundary.')
  const fields = new Map<string, string>()
  let kept: Promise<Form> | undefined
  let busboy: ReturnType<typeof Busboy>
  try {
    busboy = Busboy({
      headers: headers as BusboyHeaders,
      limits: {
        fieldSize: FIELD_BYTES_MAX,
        fields: FIELDS_MAX,
        files: 1,
        parts: FIELDS_MAX + 1,
        headerPairs: 50,
      },
    })
  } catch {
    throw invalidRequest('The boundary of the form is not valid.')
  }
  busboy.on('field', (name, value, _nameTruncated, valueTruncated) => {
    if (kept) return
    if (valueTruncated) busboy.destroy(invalidRequest(`The field ${name} is too long.`))
    else fields.set(name.toLowerCase(), value)
  })
  busboy.on('fieldsLimit', () => busboy.destroy(invalidRequest('The form has too many fields.')))
  busboy.on('file', (name, file: Readable, fileName, _encoding, mimeType) => {
    // Whoever reads the file hears of it; a file that is not read breaks off unheard, and may.
    file.on('error', () => {})
    if (name.toLowerCase() !== 'file') {
      busboy.destroy(invalidRequest(`The form has a file in the field ${name}.`))
      file.resume()
      return
    }
    kept = keep(file, fileName ?? '', mimeType)
    // Whoever waits for the whole form hears of it; the rest of the file is not kept.
    kept.catch((error: unknown) => {
      file.resume()
      busboy.destroy(error as Error)
    })
  })

  async function keep(file: Readable, fileName: string, mimeType: string): Promise<Form> {
    const range = await check(fields, fileName)
    const bytesPerSecond = trafficLimitOf(Object.fromEntries(fields))
    let blob: BlobInfo
    try {
      blob = await blobs.write(paced(file, { bytesPerSecond, clock, signal }), {
        signal,
        sizeBytesMax: Math.min(range.max, sizeBytesMax),
      })
    } catch (error) {
      if (error instanceof BlobTooLarge) throw entityTooLarge(error.sizeBytesMax)
      throw error
    }
    try {
      checkSize(range, blob.sizeBytes)
    } catch (error) {
      await blobs.remove(blob.blobId)
      throw error
    }
    return { fields, blob: { ...blob, contentType: mimeType === PARSERS_OWN ? undefined : mimeType } }
  }

  let refusal: unknown
  const ended = new Promise<void>((resolve) => {
    busboy.once('finish', resolve)
    // More than one may come, of which the first says why.
    busboy.on('error', (error: unknown) => {
      refusal ??= error
      resolve()
    })
    body.once('aborted', () => {
      refusal ??= incompleteBody()
      busboy.destroy(incompleteBody())
      resolve()
    })
  })
  body.pipe(busboy)
  await ended
  body.unpipe(busboy)
  if (refusal === undefined && kept) return kept
  // Bytes that were kept already are nobody's now.
  await kept?.then(({ blob }) => blobs.remove(blob.blobId)).catch(() => {})
  if (refusal === undefined) throw invalidRequest('The form has no field named file.')
  throw refusal instanceof Error && refusal.name === 'ApiError' ? refusal : invalidRequest(String(refusal))
}

/** Fields as a policy sees them: the key is that of the object. */
export const formFields = (
  fields: ReadonlyMap<string, string>,
  { key }: { key: string },
): Map<string, string> => new Map([...fields, ['key', key]])
