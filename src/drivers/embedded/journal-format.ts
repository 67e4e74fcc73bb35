/**
 * A segment of the journal is a file of frames: the length of an entry, its CRC-32 (both 32 bit, little endian), the entry.
 * What does not check ends the segment: it is what a crash left of an append.
 */
import { crc32 } from 'node:zlib'
import { type JournalEntry, journalEntryBytesMax } from '../../ports/journal.ts'

const HEADER_BYTES = 8
export const FRAME_BYTES_MAX = HEADER_BYTES + journalEntryBytesMax

export const frameBytes = (entry: Uint8Array): number => HEADER_BYTES + entry.length

/** Writes a frame to the start of `into`. */
export function encodeFrame(entry: Uint8Array, into: Buffer): void {
  into.writeUInt32LE(entry.length, 0)
  into.writeUInt32LE(crc32(entry), 4)
  into.set(entry, HEADER_BYTES)
}

/** Entries at the start of `bytes`, whose first is at `position`, and how much of it they take. */
export function decodeFrames(
  bytes: Buffer,
  { position, limit }: { position: number; limit: number },
): { entries: JournalEntry[]; takenBytes: number } {
  const entries: JournalEntry[] = []
  let at = 0
  while (entries.length < limit && at + HEADER_BYTES < bytes.length) {
    const length = bytes.readUInt32LE(at)
    const end = at + HEADER_BYTES + length
    if (length === 0 || length > journalEntryBytesMax || end > bytes.length) break
    const data = bytes.subarray(at + HEADER_BYTES, end)
    if (crc32(data) !== bytes.readUInt32LE(at + 4)) break
    entries.push({ position: position + at, data })
    at = end
  }
  return { entries, takenBytes: at }
}
