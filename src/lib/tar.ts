/** Archives as tar writes them (POSIX.1-1988 "ustar"; sizes beyond 8 GiB as GNU tar has them): plain files only. */
import { createHash, type Hash } from 'node:crypto'

const BLOCK_BYTES = 512
const MAGIC = 'ustar\x0000'
const SIZE_AT = 124
const SIZE_OCTAL_MAX = 8 ** 11 - 1

/** Two empty blocks. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK_BYTES)

export interface TarFile {
  /** With `/` between its parts, none of which is empty, `.` or `..`. */
  name: string
  sizeBytes: number
  modifiedMs: number
}

/** What comes before the content of a file. Its owner alone may read it. */
export function tarHeader({ name, sizeBytes, modifiedMs }: TarFile): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  const [prefix, rest] = splitName(name)
  header.write(rest, 0)
  header.write('0000600\0' + '0000000\0' + '0000000\0', 100)
  writeSize(header, sizeBytes)
  header.write(`${octal(Math.max(0, Math.floor(modifiedMs / 1000)), 11)}\0`, 136)
  header.write('0', 156)
  header.write(MAGIC, 257, 'latin1')
  header.write(prefix, 345)
  header.write(`${octal(checksumOf(header), 6)}\0 `, 148)
  return header
}

/** What comes after it: up to the next whole block. */
export const tarPadding = (sizeBytes: number): Buffer => Buffer.alloc(-sizeBytes & (BLOCK_BYTES - 1))

export interface TarEntry {
  name: string
  sizeBytes: number
  /** Of all bytes of the archive before this file's header, lower-case hex. */
  sha256Before: string
  /** To be read to its end before the next entry is asked for. */
  content: AsyncIterable<Buffer>
}

/** Throws `MalformedTar` for what is no archive, is cut off, or holds anything but plain files under plain names. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = byteReader(source)
  for (;;) {
    const before = bytes.hash.copy()
    const header = await bytes.take(BLOCK_BYTES)
    if (header.every((byte) => byte === 0)) return
    const { name, sizeBytes } = readHeader(header)
    yield { name, sizeBytes, sha256Before: before.digest('hex'), content: bytes.stream(sizeBytes) }
    await bytes.take(tarPadding(sizeBytes).length)
  }
}

export class MalformedTar extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedTar'
  }
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

function splitName(name: string): [prefix: string, rest: string] {
  if (!isPlainName(name)) throw new Error(`'${name}' is no name for a file in an archive`)
  if (Buffer.byteLength(name) <= 100) return ['', name]
  for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
    const parts: [string, string] = [name.slice(0, slash), name.slice(slash + 1)]
    if (Buffer.byteLength(parts[0]) <= 155 && Buffer.byteLength(parts[1]) <= 100) return parts
  }
  throw new Error(`'${name}' is too long for an archive`)
}

const isPlainName = (name: string): boolean =>
  !name.includes('\0') && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes <= SIZE_OCTAL_MAX) header.write(`${octal(sizeBytes, 11)}\0`, SIZE_AT)
  else {
    header[SIZE_AT] = 0x80
    header.writeBigUInt64BE(BigInt(sizeBytes), SIZE_AT + 4)
  }
}

function readHeader(header: Buffer): { name: string; sizeBytes: number } {
  const isWhole = Number.parseInt(header.toString('latin1', 148, 155), 8) === checksumOf(header)
  if (!isWhole || header.toString('latin1', 257, 262) !== 'ustar')
    throw new MalformedTar('it is no archive, or damaged')
  const text = (start: number, end: number) => header.toString('utf8', start, end).replace(/\0.*$/s, '')
  const prefix = text(345, 500)
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
  const type = text(156, 157)
  if ((type !== '0' && type !== '') || !isPlainName(name)) throw new MalformedTar(`it holds '${name}', which is no plain file`) // biome-ignore format: one line
  const isBinary = header[SIZE_AT] === 0x80
  const sizeBytes = isBinary
    ? Number(header.readBigUInt64BE(SIZE_AT + 4))
    : Number.parseInt(text(SIZE_AT, 136), 8)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    throw new MalformedTar(`it says no size of '${name}'`)
  return { name, sizeBytes }
}

/** Of a header whose own checksum is taken for blanks. */
function checksumOf(header: Buffer): number {
  let sum = 0
  for (let at = 0; at < BLOCK_BYTES; at++) sum += at >= 148 && at < 156 ? 0x20 : header[at]!
  return sum
}

function byteReader(source: AsyncIterable<Uint8Array>) {
  const pieces = source[Symbol.asyncIterator]()
  const hash: Hash = createHash('sha256')
  let piece: Buffer = Buffer.alloc(0)

  /** Some of the next bytes, as many as there are at hand. */
  async function some(max: number): Promise<Buffer> {
    while (piece.length === 0) {
      const next = await pieces.next()
      if (next.done) throw new MalformedTar('it is cut off')
      piece = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length)
    }
    const taken = piece.subarray(0, max)
    piece = piece.subarray(taken.length)
    hash.update(taken)
    return taken
  }

  async function* stream(sizeBytes: number): AsyncGenerator<Buffer> {
    for (let left = sizeBytes; left > 0; ) {
      const taken = await some(left)
      left -= taken.length
      yield taken
    }
  }

  return {
    hash,
    stream,
    async take(count: number): Promise<Buffer> {
      const taken: Buffer[] = []
      for await (const part of stream(count)) taken.push(part)
      return Buffer.concat(taken)
    },
  }
}
