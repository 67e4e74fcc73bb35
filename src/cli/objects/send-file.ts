/** From a file, or from what comes in by a pipe, into an object. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Crc64, crc64Decimal } from '../../lib/checksums.ts'
import { CommandFailed } from '../errors.ts'
import { watched } from '../transfer-progress.ts'
import { type Address, addressText } from './address.ts'
import type { Ask } from './client.ts'
import { fileProblem } from './local-files.ts'
import { checkCrc64, goesInParts, type Moving, PARTS_MAX, partBytesFor } from './moving.ts'
import { type SentPart, sendInParts } from './multipart.ts'

export interface LocalFile {
  path: string
  sizeBytes: number
}

export async function sendFile(file: LocalFile, target: Address, moving: Moving): Promise<void> {
  const { path, sizeBytes } = file
  if (!goesInParts(sizeBytes, moving.partBytes)) {
    await sendSpan({ path, start: 0, sizeBytes }, { method: 'PUT', ...target }, moving)
  } else {
    const parts = spansOf(file, partBytesFor(sizeBytes, moving.partBytes))
    await sendInParts(moving, target, parts, (span, query) =>
      sendSpan(span, { method: 'PUT', ...target, query }, moving),
    )
  }
  const after = await stat(path).catch((error: Error) => {
    throw fileProblem(error, path)
  })
  if (after.size !== sizeBytes)
    throw new CommandFailed(`${path} changed while it was sent: what arrived is not all of it. Try again.`)
}

interface Span {
  path: string
  start: number
  sizeBytes: number
}

function* spansOf({ path, sizeBytes }: LocalFile, partBytes: number): Generator<Span & { number: number }> {
  let number = 0
  for (let start = 0; start < sizeBytes; start += partBytes)
    yield { number: ++number, path, start, sizeBytes: Math.min(partBytes, sizeBytes - start) }
}

async function sendSpan(
  { path, start, sizeBytes }: Span,
  ask: Ask & { bucket: string; key: string },
  { storage, progress }: Moving,
): Promise<SentPart> {
  const crc64 = new Crc64()
  const counter = watched((bytes) => {
    crc64.update(bytes)
    progress.moved(bytes.length)
  })
  const headers = { 'content-length': String(sizeBytes) }
  if (sizeBytes === 0)
    return arrived(await storage.headersOf({ ...ask, headers, body: Buffer.alloc(0) }), ask, {
      crc64,
      sizeBytes,
    })
  const file = createReadStream(path, { start, end: start + sizeBytes - 1, highWaterMark: 256 * 1024 })
  file.once('error', (error) => counter.destroy(fileProblem(error, path)))
  let readBytes = 0
  file.on('data', (chunk) => {
    readBytes += chunk.length
  })
  file.once('end', () => {
    // Short of what was announced, the platform would wait for the rest for ever.
    if (readBytes < sizeBytes)
      counter.destroy(new CommandFailed(`${path} changed while it was sent. Try again.`))
  })
  try {
    const answer = await storage.headersOf({ ...ask, headers, body: file.pipe(counter) })
    return arrived(answer, ask, { crc64, sizeBytes })
  } finally {
    file.destroy()
    counter.destroy()
  }
}

function arrived(
  headers: Record<string, unknown>,
  address: Address,
  { crc64, sizeBytes }: { crc64: Crc64; sizeBytes: number },
): SentPart {
  const sum = crc64.decimal()
  checkCrc64(addressText(address), sum, headers['x-oss-hash-crc64ecma'])
  return { etag: String(headers['etag']).replaceAll('"', ''), crc64: sum, sizeBytes }
}

/** Of unknown length: parts are held in memory, as many as are on their way at a time. */
export async function sendStream(input: Readable, target: Address, moving: Moving): Promise<void> {
  const { storage, progress } = moving
  const pieces = piecesOf(input, moving.partBytes)
  const first = await pieces.next()
  const bytes = first.done ? Buffer.alloc(0) : first.value
  const send = async (body: Buffer, ask: Omit<Ask, 'method'>): Promise<SentPart> => {
    const headers = await storage.headersOf({ method: 'PUT', ...ask, body })
    const crc64 = crc64Decimal(body)
    checkCrc64(addressText(target), crc64, headers['x-oss-hash-crc64ecma'])
    progress.moved(body.length)
    return { etag: String(headers.etag).replaceAll('"', ''), crc64, sizeBytes: body.length }
  }
  if (bytes.length < moving.partBytes) {
    await send(bytes, target)
    return
  }
  async function* parts() {
    yield { number: 1, bytes }
    let number = 1
    for await (const piece of pieces) {
      if (++number > PARTS_MAX)
        throw new CommandFailed(
          `More came in than ${PARTS_MAX} parts of ${moving.partBytes / 1024 / 1024} MB hold. Say --part-size with more.`,
        )
      yield { number, bytes: piece }
    }
  }
  await sendInParts(moving, target, parts(), (part, query) => send(part.bytes, { ...target, query }))
}

/** Of `sizeBytes` each but for the last; of an empty input none. */
async function* piecesOf(input: Readable, sizeBytes: number): AsyncGenerator<Buffer, undefined> {
  let held: Buffer[] = []
  let heldBytes = 0
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let rest = chunk
    while (heldBytes + rest.length >= sizeBytes) {
      const taken = sizeBytes - heldBytes
      yield Buffer.concat([...held, rest.subarray(0, taken)], sizeBytes)
      rest = rest.subarray(taken)
      held = []
      heldBytes = 0
    }
    if (rest.length > 0) held.push(rest)
    heldBytes += rest.length
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes)
  return undefined
}
