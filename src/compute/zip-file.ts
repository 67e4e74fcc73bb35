import { close, createReadStream, fstat, open, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import yauzl, { type RandomAccessReader, type ZipFile } from 'yauzl'
import { InvalidCodePackage } from '../ports/code-packages.ts'

export interface OpenZip {
  /** Closing it closes the file. */
  zip: ZipFile
  /** Fills the buffer from that position of the file; throws `InvalidCodePackage` where it ends before. */
  read(into: Buffer, position: number): void
}

/** File names are checked by who unpacks them, in the project's own words. */
const options = {
  lazyEntries: true,
  autoClose: false,
  validateEntrySizes: true,
  strictFileNames: false,
  decodeStrings: true,
}

/** The list of contents is read in pieces of a hundred bytes, one after the other: from memory, so many at a time. */
const aheadBytes = 64 * 1024

export const broken = (error: Error): InvalidCodePackage =>
  new InvalidCodePackage('notZip', `the package is not a good ZIP file: ${error.message}`)

/** A stream that is destroyed closes its file, whatever `autoClose` says. */
const keepOpen = (_fd: number, done?: (error: Error | null) => void): void => done?.(null)

/**
 * Opens a ZIP that is read without waiting, by the thread that asks: a package of many small files is a hundred thousand
 * reads of what has just been written and is in memory, and each would cost more on its way to another thread and back.
 */
export async function openZip(file: string): Promise<OpenZip> {
  const fd = await promisify(open)(file, 'r')
  const { size } = await promisify(fstat)(fd)
  // The library has a constructor, of which it says that one inherits from it.
  const reader = new (yauzl.RandomAccessReader as unknown as new () => RandomAccessReader)()
  const ahead = Buffer.alloc(aheadBytes)
  let aheadFrom = 0
  let aheadLength = 0
  /** Answers how much there was. */
  const readInto = (buffer: Buffer, offset: number, length: number, position: number): number => {
    if (length > aheadBytes) return readSync(fd, buffer, offset, length, position)
    if (position < aheadFrom || position + length > aheadFrom + aheadLength) {
      aheadFrom = position
      aheadLength = readSync(fd, ahead, 0, aheadBytes, position)
    }
    const from = position - aheadFrom
    return ahead.copy(buffer, offset, from, Math.min(from + length, aheadLength))
  }
  reader.read = (buffer, offset, length, position, callback) => {
    const done = callback as (error: Error | null, bytesRead?: number) => void
    let bytesRead: number
    try {
      bytesRead = readInto(buffer, offset, length, position)
    } catch (error) {
      return done(error as Error)
    }
    done(null, bytesRead)
  }
  reader._readStreamForRange = (start, end) =>
    createReadStream('', { fd, start, end: end - 1, autoClose: false, fs: { read, close: keepOpen } })
  reader.close = (callback) => close(fd, callback)
  return new Promise((resolve, reject) => {
    yauzl.fromRandomAccessReader(reader, size, options, (error, zip) => {
      if (error) return close(fd, () => reject(broken(error)))
      resolve({
        zip,
        read(into, position) {
          if (readInto(into, 0, into.length, position) < into.length)
            throw broken(new Error('the file ends too early'))
        },
      })
    })
  })
}
