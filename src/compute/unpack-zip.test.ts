import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { lstat, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { ZipFile } from 'yazl'
import { InvalidCodePackage } from '../ports/code-packages.ts'
import { unpackZip } from './unpack-zip.ts'

const limits = { packedBytesMax: 1e9, unpackedBytesMax: 10_000_000, entriesMax: 1000 }
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hanshu-unpack-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function zipOf(add: (zip: ZipFile) => void): Promise<string> {
  const zip = new ZipFile()
  add(zip)
  zip.end()
  const file = join(dir, 'package.zip')
  await pipeline(zip.outputStream, createWriteStream(file))
  return file
}

const into = () => mkdtemp(join(dir, 'out-'))

/** A ZIP with one stored file under a name that no honest library writes. */
function rawZip(name: string, content: Buffer, { mode = 0o100644 }: { mode?: number } = {}): Buffer {
  const nameBytes = Buffer.from(name)
  const crc = crc32(content)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(20, 4)
  local.writeUInt32LE(crc, 14)
  local.writeUInt32LE(content.length, 18)
  local.writeUInt32LE(content.length, 22)
  local.writeUInt16LE(nameBytes.length, 26)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(0x031e, 4)
  central.writeUInt16LE(20, 6)
  central.writeUInt32LE(crc, 16)
  central.writeUInt32LE(content.length, 20)
  central.writeUInt32LE(content.length, 24)
  central.writeUInt16LE(nameBytes.length, 28)
  central.writeUInt32LE((mode << 16) >>> 0, 38)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length + nameBytes.length, 12)
  end.writeUInt32LE(local.length + nameBytes.length + content.length, 16)
  return Buffer.concat([local, nameBytes, content, central, nameBytes, end])
}

function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

test('files, folders, exec bits and inner links arrive as packed', async () => {
  const file = await zipOf((zip) => {
    zip.addBuffer(Buffer.from('run'), 'bootstrap', { mode: 0o100755 })
    zip.addBuffer(Buffer.from('code'), 'lib/你好.js', { mode: 0o100644 })
    zip.addEmptyDirectory('empty/')
    zip.addBuffer(Buffer.from('../lib/你好.js'), 'bin/link', { mode: 0o120777 })
  })
  const folder = await into()
  await unpackZip(file, folder, limits)
  assert.equal((await lstat(join(folder, 'bootstrap'))).mode & 0o777, 0o755)
  assert.equal((await lstat(join(folder, 'lib/你好.js'))).mode & 0o777, 0o644)
  assert.equal((await lstat(join(folder, 'empty'))).isDirectory(), true)
  assert.equal(await readlink(join(folder, 'bin/link')), '../lib/你好.js')
  assert.equal(await readFile(join(folder, 'bin/link'), 'utf8'), 'code')
})

for (const name of [
  '../escape',
  'a/../../escape',
  '/etc/passwd',
  '..\\escape',
  'C:/windows',
  'a/\\..\\../x',
]) {
  test(`a file named '${name}' is refused`, async () => {
    const file = join(dir, 'evil.zip')
    await writeFile(file, rawZip(name, Buffer.from('x')))
    await assert.rejects(unpackZip(file, await into(), limits), (error) => {
      assert.ok(error instanceof InvalidCodePackage, String(error))
      assert.equal(error.reason, 'unsafePath')
      return true
    })
  })
}

for (const target of ['/etc/passwd', '../outside', 'x/../../outside']) {
  test(`a link to '${target}' is refused`, async () => {
    const file = join(dir, 'link.zip')
    await writeFile(file, rawZip('link', Buffer.from(target), { mode: 0o120777 }))
    await assert.rejects(unpackZip(file, await into(), limits), { reason: 'unsafePath' })
  })
}

test('a device or a pipe in a package is refused', async () => {
  const file = join(dir, 'fifo.zip')
  await writeFile(file, rawZip('fifo', Buffer.from(''), { mode: 0o010644 }))
  await assert.rejects(unpackZip(file, await into(), limits), { reason: 'unsupportedEntry' })
})

test('a package that expands past the limit is refused while it expands', async () => {
  const file = await zipOf((zip) => zip.addBuffer(Buffer.alloc(20_000_000), 'zeros'))
  await assert.rejects(unpackZip(file, await into(), limits), { reason: 'tooLarge' })
})

test('a package that says less than it holds is refused as soon as that shows', async () => {
  const good = await readFile(await zipOf((zip) => zip.addBuffer(Buffer.alloc(5_000_000), 'zeros')))
  // The size in the central directory, where it is believed.
  good.writeUInt32LE(10, good.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24)
  const file = join(dir, 'liar.zip')
  await writeFile(file, good)
  const folder = await into()
  await assert.rejects(unpackZip(file, folder, limits), { reason: 'notZip' })
  const written = await lstat(join(folder, 'zeros')).then(
    ({ size }) => size,
    () => 0,
  )
  assert.equal(written, 0)
})

test('a folder with the name of a file is refused', async () => {
  const file = await zipOf((zip) => {
    zip.addBuffer(Buffer.from('a'), 'x')
    zip.addEmptyDirectory('x/')
  })
  await assert.rejects(unpackZip(file, await into(), limits), { reason: 'unsafePath' })
})

test('a package with too many entries is refused', async () => {
  const file = await zipOf((zip) => {
    for (let n = 0; n < 20; n++) zip.addBuffer(Buffer.from(''), `f${n}`)
  })
  await assert.rejects(unpackZip(file, await into(), { ...limits, entriesMax: 19 }), {
    reason: 'tooManyEntries',
  })
})

test('a file that is also a folder is refused', async () => {
  const file = await zipOf((zip) => {
    zip.addBuffer(Buffer.from('a'), 'x')
    zip.addBuffer(Buffer.from('b'), 'x/y')
  })
  await assert.rejects(unpackZip(file, await into(), limits), InvalidCodePackage)
})

test('whatever happens to the bytes of a package, it is unpacked or refused, never anything else', async () => {
  const good = await readFile(
    await zipOf((zip) => {
      zip.addBuffer(Buffer.from('exports.handler = 1'.repeat(50)), 'index.js')
      zip.addBuffer(Buffer.from('data'), 'lib/data.txt')
    }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: good.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      fc.nat({ max: good.length }),
      async (at, change, length) => {
        const bytes = Buffer.from(good)
        bytes[at]! ^= change
        const file = join(dir, 'mutated.zip')
        await writeFile(file, change % 3 === 0 ? bytes.subarray(0, length) : bytes)
        await unpackZip(file, await into(), limits).catch((error: unknown) =>
          assert.ok(error instanceof InvalidCodePackage, String(error)),
        )
      },
    ),
    { numRuns: 150 },
  )
})

test('a package whose names make more folders than it may have entries is refused', async () => {
  const deep = (top: string) => `${top}/${'d/'.repeat(600)}file`
  const file = await zipOf((zip) => {
    for (const top of ['a', 'b']) zip.addBuffer(Buffer.from('x'), deep(top))
  })
  await assert.rejects(
    unpackZip(file, await into(), limits),
    (error: InvalidCodePackage) => error.reason === 'tooManyEntries',
  )
})
