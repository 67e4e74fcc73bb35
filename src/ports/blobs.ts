import type { Readable } from 'node:stream'

/**
 * BlobStore: bytes by id, streamed, checksummed when written and again when read.
 * A blob is whole or absent: a write that fails, is cut off or is aborted leaves nothing.
 * Ids are chosen by the store; a blob never changes once written.
 */
export interface BlobStore {
  /** Consumes `source` to its end. Durable when it answers. Throws `BlobTooLarge` past `sizeBytesMax`. */
  write(source: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<BlobInfo>
  /**
   * Throws `NoSuchBlob` at once, and `BlobCorrupt` where it finds at the beginning of what is asked for that the bytes are not
   * those written; where it finds it later the stream fails with that before it ends. A wrong byte is never handed out.
   * The caller reads the stream to its end or destroys it.
   */
  read(blobId: string, range?: ByteRange): Promise<Readable>
  stat(blobId: string): Promise<BlobInfo | undefined>
  /** Removing what is not there is no error. */
  remove(blobId: string): Promise<void>
  /** Every blob id, in no order: for sweeping those that no record names. */
  list(): AsyncIterable<string>
  close(): Promise<void>
}

/** As `slice` counts: `end` is not part of it. Lies within the blob; what HTTP allows beyond that is the product's to resolve. */
export interface ByteRange {
  start: number
  end: number
}

export interface WriteOptions {
  signal?: AbortSignal
  sizeBytesMax?: number
}

export interface BlobInfo {
  blobId: string
  sizeBytes: number
  /** Lower-case hex. */
  sha256: string
  /** Lower-case hex. */
  md5: string
  /** CRC-64/ECMA-182 as a decimal string, as Alibaba's products print it. */
  crc64: string
}

export class NoSuchBlob extends Error {
  constructor(blobId: string) {
    super(`there is no blob '${blobId}'`)
    this.name = 'NoSuchBlob'
  }
}

export class BlobCorrupt extends Error {
  constructor(blobId: string) {
    super(`the bytes of blob '${blobId}' are not those that were written`)
    this.name = 'BlobCorrupt'
  }
}

export class BlobTooLarge extends Error {
  readonly sizeBytesMax: number

  constructor(sizeBytesMax: number) {
    super(`the content is larger than ${sizeBytesMax} bytes`)
    this.name = 'BlobTooLarge'
    this.sizeBytesMax = sizeBytesMax
  }
}

/** A range outside the blob is a mistake of the caller, who can know the size. */
export function checkRange({ start, end }: ByteRange, sizeBytes: number): void {
  if (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    0 <= start &&
    start <= end &&
    end <= sizeBytes
  )
    return
  throw new RangeError(`the range ${start}–${end} is not within a blob of ${sizeBytes} bytes`)
}
