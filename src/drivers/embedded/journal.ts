import {
  closeSync,
  fdatasync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { checkJournalEntry, type Journal, JournalFull } from '../../ports/journal.ts'
import { decodeFrames, encodeFrame, FRAME_BYTES_MAX, frameBytes } from './journal-format.ts'
import { syncFolder } from './sqlite-database.ts'

export interface FileJournalOptions {
  dir: string
  clock: Clock
  log: Logger
  /** A segment is a file; room is given back by whole segments. */
  segmentBytesMax?: number
  /** Of all segments. */
  bytesMax?: number
}

/** A file, named by the position of its first entry: a position is that and a number of bytes. */
interface Segment {
  position: number
  sizeBytes: number
  /** While it is written, or not yet on the disk. */
  descriptor: number | undefined
}

/** What the end of the machine may cost. */
const flushAfterMs = 100
const readBytes = 512 * 1024
const suffix = '.journal'
const syncData = promisify(fdatasync)

/**
 * A journal in a folder of files. An append is one write(2), made at once: from then on the entry is the operating
 * system's, whatever becomes of this process. `docs/decisions/0008` has the measurements and what was not chosen.
 */
export async function fileJournal({
  dir,
  clock,
  log,
  bytesMax = 256 * 1024 * 1024,
  segmentBytesMax = 16 * 1024 * 1024,
}: FileJournalOptions): Promise<Journal> {
  if (segmentBytesMax * 2 > bytesMax) throw new RangeError('a journal has room for two segments at least')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const segments = openSegments(dir, log)
  const frame = Buffer.allocUnsafe(FRAME_BYTES_MAX)
  const endOf = ({ position, sizeBytes }: Segment): number => position + sizeBytes
  const fileOf = ({ position }: Segment): string =>
    join(dir, `${String(position).padStart(16, '0')}${suffix}`)
  const last = segments.at(-1)
  let end = last ? endOf(last) : 0
  let durable = end
  let totalBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  /** The segment that is written; the last one. */
  let current: Segment | undefined
  let isNew = false
  let syncing: Promise<void> | undefined
  let cancelFlush: (() => void) | undefined
  let isOpen = true

  function checkOpen(): void {
    if (!isOpen) throw new Error('the journal is closed')
  }

  function segmentFor(sizeBytes: number): Segment {
    if (current && current.sizeBytes + sizeBytes <= segmentBytesMax) return current
    const last = segments.at(-1)
    const isEmpty = last?.position === end // it has only kept the position
    const segment = isEmpty ? last : { position: end, sizeBytes: 0, descriptor: undefined }
    segment.descriptor ??= openSync(fileOf(segment), 'a', 0o600)
    if (!isEmpty) segments.push(segment)
    isNew = true
    current = segment
    return segment
  }

  /** A part of a frame was written: the disk is full. Without it the segment is whole again; else it is left as it is. */
  function takeBack(segment: Segment, sizeBytes: number): void {
    try {
      ftruncateSync(segment.descriptor!, segment.sizeBytes)
    } catch (error) {
      log.warn({ err: error, file: fileOf(segment) }, 'a part of an entry stays at the end of a journal file')
      current = undefined
      end += sizeBytes
    }
  }

  function flushLater(): void {
    cancelFlush ??= clock.after(flushAfterMs, () => {
      cancelFlush = undefined
      flush().catch((error: unknown) =>
        log.error({ err: error, dir }, 'the journal could not be made durable'),
      )
    })
  }

  /** One sync at a time; it takes all that is there when it begins. */
  async function sync(): Promise<void> {
    const through = end
    const written = current
    const dirty = segments.filter(({ descriptor }) => descriptor !== undefined)
    if (isNew) {
      syncFolder(dir)
      isNew = false
    }
    for (const segment of dirty) {
      await syncData(segment.descriptor!)
      // What is not written any more when the sync begins is complete.
      if (segment !== written) closeSegment(segment)
    }
    durable = Math.max(durable, through)
  }

  function closeSegment(segment: Segment): void {
    if (segment.descriptor === undefined) return
    closeSync(segment.descriptor)
    segment.descriptor = undefined
    if (segment === current) current = undefined
  }

  async function flush(): Promise<void> {
    const wanted = end
    while (durable < wanted) {
      syncing ??= sync().finally(() => {
        syncing = undefined
      })
      await syncing
    }
  }

  async function read(from: number, { limit }: { limit: number }): ReturnType<Journal['read']> {
    checkOpen()
    const segment = segments.find((candidate) => endOf(candidate) > from)
    if (!segment) return { entries: [], next: Math.max(from, end) }
    const position = Math.max(from, segment.position)
    const bytes = await readPart(fileOf(segment), {
      start: position - segment.position,
      length: Math.min(endOf(segment) - position, readBytes),
    })
    const { entries, takenBytes } = decodeFrames(bytes, { position, limit })
    if (entries.length > 0) return { entries, next: position + takenBytes }
    const lostBytes = endOf(segment) - position
    log.error({ file: fileOf(segment), lostBytes }, 'a journal file is damaged; the rest of it is skipped')
    // What is appended from now on must not be behind the damage.
    if (segment === current) current = undefined
    return read(endOf(segment), { limit })
  }

  return {
    get end() {
      return end
    },

    append(entry) {
      checkOpen()
      checkJournalEntry(entry)
      const sizeBytes = frameBytes(entry)
      if (totalBytes + sizeBytes > bytesMax) throw new JournalFull(bytesMax)
      const segment = segmentFor(sizeBytes)
      encodeFrame(entry, frame)
      const written = writeSync(segment.descriptor!, frame, 0, sizeBytes)
      if (written !== sizeBytes) {
        takeBack(segment, written)
        throw Object.assign(new Error(`ENOSPC: no space left on device, write '${fileOf(segment)}'`), {
          code: 'ENOSPC',
        })
      }
      segment.sizeBytes += sizeBytes
      totalBytes += sizeBytes
      end += sizeBytes
      flushLater()
      return end
    },

    flush() {
      checkOpen()
      return flush()
    },

    read,

    async trim(before) {
      checkOpen()
      const isDone = (segment: Segment) => endOf(segment) <= before
      while (syncing) await syncing.catch(() => {}) // whoever started it is told
      // Room is given back by whole files. The last stays, since it says how far positions are; an empty one does, too.
      const last = segments.at(-1)
      const isLarge = last !== undefined && last.sizeBytes > (last === current ? segmentBytesMax / 2 : 0)
      if (isLarge && isDone(last)) {
        current = undefined
        segmentFor(0)
      }
      for (const segment of segments.slice(0, -1).filter(isDone)) {
        segments.splice(segments.indexOf(segment), 1)
        totalBytes -= segment.sizeBytes
        closeSegment(segment)
        rmSync(fileOf(segment), { force: true })
      }
    },

    skipTo(position) {
      checkOpen()
      if (position <= end) return
      current = undefined
      end = position
      segmentFor(0)
    },

    async close() {
      if (!isOpen) return
      isOpen = false
      cancelFlush?.()
      try {
        await flush()
      } finally {
        for (const segment of segments) closeSegment(segment)
      }
    },
  }
}

/** The segments that are there, each up to its last whole entry. */
function openSegments(dir: string, log: Logger): Segment[] {
  const names = readdirSync(dir).filter((name) => /^\d{16}\.journal$/.test(name))
  return names.sort().flatMap((name, at) => {
    const file = join(dir, name)
    const bytes = readFileSync(file)
    const position = Number(name.slice(0, -suffix.length))
    const { takenBytes } = decodeFrames(bytes, { position, limit: Number.POSITIVE_INFINITY })
    if (takenBytes < bytes.length) {
      log.warn({ file, cutBytes: bytes.length - takenBytes }, 'an entry that a crash broke off was cut off')
      truncateSync(file, takenBytes)
    }
    if (takenBytes > 0 || at === names.length - 1)
      return [{ position, sizeBytes: takenBytes, descriptor: undefined }]
    rmSync(file)
    return []
  })
}

async function readPart(file: string, { start, length }: { start: number; length: number }): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  const handle = await open(file, 'r')
  try {
    let read = 0
    while (read < length) {
      const { bytesRead } = await handle.read(bytes, read, length - read, start + read)
      if (bytesRead === 0) break
      read += bytesRead
    }
    return bytes.subarray(0, read)
  } finally {
    await handle.close()
  }
}
