/** The content of one entry of a ZIP: counted as it is inflated, and checked against what the list of contents says. */
import { PassThrough, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import type { Entry, ZipFile, ZipFileOptions } from 'yauzl'
import { InvalidCodePackage } from '../ports/code-packages.ts'
import { broken, type OpenZip } from './zip-file.ts'

/** Packages have thousands of small files: streams for each cost ten times what is in them. Inflated in well under 1 ms. */
const smallBytesMax = 64 * 1024

const localHeadBytes = 30
const localHeadSignature = 0x04034b50

export const isSmall = ({ compressedSize, uncompressedSize }: Entry): boolean =>
  compressedSize <= smallBytesMax && uncompressedSize <= smallBytesMax

const largerThanItSays = ({ fileName }: Entry) => broken(new Error(`'${fileName}' is larger than it says`))
const changed = ({ fileName }: Entry) =>
  broken(new Error(`'${fileName}' is not what it was when it was packed`))

function checkMethod({ compressionMethod, fileName }: Entry): void {
  if (compressionMethod !== 0 && compressionMethod !== 8)
    throw new InvalidCodePackage('unsupportedEntry', `'${fileName}' is compressed by an unknown method`)
}

/** All at once, of an entry whose sizes were looked at. Throws `InvalidCodePackage`, or what `count` throws. */
export function smallContent({ read }: OpenZip, entry: Entry, count: (sizeBytes: number) => void): Buffer {
  checkMethod(entry)
  const head = Buffer.alloc(localHeadBytes)
  read(head, entry.relativeOffsetOfLocalHeader)
  if (head.readUInt32LE(0) !== localHeadSignature)
    throw broken(new Error(`'${entry.fileName}' is not where it is said to be`))
  const packed = Buffer.alloc(entry.compressedSize)
  const nameAndMore = head.readUInt16LE(26) + head.readUInt16LE(28)
  read(packed, entry.relativeOffsetOfLocalHeader + localHeadBytes + nameAndMore)
  const content = entry.compressionMethod === 0 ? packed : inflated(packed, entry)
  if (content.length > entry.uncompressedSize) throw largerThanItSays(entry)
  count(content.length)
  if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32) throw changed(entry)
  return content
}

function inflated(packed: Buffer, entry: Entry): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw largerThanItSays(entry)
    throw broken(error as Error)
  }
}

/**
 * The content of an entry of any size, inflated here and not by the library: every stream that can fail is then part of one pipeline from
 * the moment it exists, so that no broken package raises an error that nobody listens to.
 */
export function streamContent(
  zip: ZipFile,
  entry: Entry,
  count: (sizeBytes: number) => void,
  to: Writable,
): Promise<void> {
  checkMethod(entry)
  let sizeBytes = 0
  let crc = 0
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length
      if (sizeBytes > entry.uncompressedSize) throw largerThanItSays(entry)
      count(chunk.length)
      crc = crc32(chunk, crc)
      yield chunk
    }
    if (sizeBytes !== entry.uncompressedSize || crc !== entry.crc32) {
      throw changed(entry)
    }
  }
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, { decodeFileData: false } as ZipFileOptions, (error, raw) => {
      if (error) return reject(broken(error))
      const inflated = entry.compressionMethod === 0 ? new PassThrough() : createInflateRaw()
      pipeline(raw, inflated, counted, to).then(resolve, reject)
    })
  })
}
