/**
 * A blob's file: the content, then a CRC-32 for every chunk of it, then a trailer of fixed size.
 *
 *     content | crc32 of chunk 0 | crc32 of chunk 1 | … | trailer
 *
 * The checksums of the whole are known only when the content has passed, hence a trailer and not a header. Those of the
 * chunks let any range be verified without reading the rest; each damaged chunk is found before a byte of it is handed out.
 */
import { crc32 } from 'node:zlib'
import type { BlobInfo } from '../../ports/blobs.ts'

export const CHUNK_BYTES = 64 * 1024
export const CRC_BYTES = 4
export const TRAILER_BYTES = 80

const MAGIC = Buffer.from('HANSHUB1')
const MAGIC_AT = 0
const SIZE_AT = 8
const CHUNK_AT = 16
const CRC64_AT = 20
const MD5_AT = 28
const SHA256_AT = 44
const TRAILER_CRC_AT = 76

export type BlobContent = Omit<BlobInfo, 'blobId'>

export function encodeTrailer({ sizeBytes, crc64, md5, sha256 }: BlobContent): Buffer {
  const trailer = Buffer.alloc(TRAILER_BYTES)
  MAGIC.copy(trailer, MAGIC_AT)
  trailer.writeBigUInt64LE(BigInt(sizeBytes), SIZE_AT)
  trailer.writeUInt32LE(CHUNK_BYTES, CHUNK_AT)
  trailer.writeBigUInt64LE(BigInt(crc64), CRC64_AT)
  trailer.write(md5, MD5_AT, 'hex')
  trailer.write(sha256, SHA256_AT, 'hex')
  trailer.writeUInt32LE(crc32(trailer.subarray(0, TRAILER_CRC_AT)), TRAILER_CRC_AT)
  return trailer
}

/** Undefined when this is not a trailer as it was written, or not of a file of this size. */
export function decodeTrailer(trailer: Buffer, fileBytes: number): BlobContent | undefined {
  if (trailer.length !== TRAILER_BYTES || !trailer.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  if (trailer.readUInt32LE(TRAILER_CRC_AT) !== crc32(trailer.subarray(0, TRAILER_CRC_AT))) return undefined
  const sizeBytes = Number(trailer.readBigUInt64LE(SIZE_AT))
  if (trailer.readUInt32LE(CHUNK_AT) !== CHUNK_BYTES || fileBytes !== fileBytesOf(sizeBytes)) return undefined
  return {
    sizeBytes,
    crc64: trailer.readBigUInt64LE(CRC64_AT).toString(),
    md5: trailer.toString('hex', MD5_AT, SHA256_AT),
    sha256: trailer.toString('hex', SHA256_AT, TRAILER_CRC_AT),
  }
}

export const fileBytesOf = (sizeBytes: number): number =>
  sizeBytes + Math.ceil(sizeBytes / CHUNK_BYTES) * CRC_BYTES + TRAILER_BYTES
