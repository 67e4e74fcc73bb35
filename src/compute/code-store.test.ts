import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, test } from 'node:test'
import { ZipFile } from 'yazl'
import { memoryBlobStore } from '../drivers/memory/blobs.ts'
import { InvalidCodePackage } from '../ports/code-packages.ts'
import type { CodeReference, FunctionRevision } from '../ports/invocation.ts'
import { codeStore } from './code-store.ts'

const limits = { packedBytesMax: 1e6, unpackedBytesMax: 1e6, entriesMax: 100 }
let dir: string
let blobs = memoryBlobStore()

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hanshu-code-'))
  blobs = memoryBlobStore()
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const open = () => codeStore({ blobs, dir })

async function zipOf(files: Record<string, string>, links: Record<string, string> = {}): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name)
  for (const [name, target] of Object.entries(links))
    zip.addBuffer(Buffer.from(target), name, { mode: 0o120777 })
  zip.end()
  return buffer(zip.outputStream)
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

let keys = 0
const revision = (code: CodeReference, layers: CodeReference[] = []) =>
  ({ key: `k${keys++}`, code, layers }) as unknown as FunctionRevision

test('keeps a package as it was uploaded, and its files ready to be used', async () => {
  const store = await open()
  const zip = await zipOf({ 'index.js': 'code', 'lib/a.js': 'a' })
  const code = await store.store(stream(zip), limits)
  assert.equal(code.sizeBytes, zip.length)
  assert.ok((await buffer(await store.open(code))).equals(zip))
  const known = revision(code)
  const { codeSource, optSource } = await store.materialize(known)
  assert.equal(await readFile(join(codeSource, 'lib/a.js'), 'utf8'), 'a')
  assert.equal(optSource, undefined)
  // At once from now on: this is on the path of a cold start.
  assert.ok(!(store.materialize(known) instanceof Promise))
})

test('files that were lost are unpacked again from the blob, once for all who ask', async () => {
  const code = await (await open()).store(stream(await zipOf({ 'index.js': 'code' })), limits)
  await rm(join(dir, 'unpacked'), { recursive: true })
  let reads = 0
  const read = blobs.read.bind(blobs)
  const store = await codeStore({
    blobs: {
      ...blobs,
      read: (...args) => {
        reads++
        return read(...args)
      },
    },
    dir,
  })
  const found = await Promise.all([1, 2, 3].map(() => store.materialize(revision(code))))
  for (const { codeSource } of found)
    assert.equal(await readFile(join(codeSource, 'index.js'), 'utf8'), 'code')
  assert.equal(reads, 1)
})

test('a package that is refused leaves nothing, neither a blob nor a file', async () => {
  const store = await open()
  const refused: [Buffer, object][] = [
    [Buffer.from('no zip at all'), {}],
    [await zipOf({ a: 'x'.repeat(5000) }), { packedBytesMax: 10 }],
    [await zipOf({ a: 'x'.repeat(5000) }), { unpackedBytesMax: 4999 }],
    [await zipOf({ a: '', b: '', c: '' }), { entriesMax: 2 }],
  ]
  for (const [zip, fields] of refused)
    await assert.rejects(store.store(stream(zip), { ...limits, ...fields }), InvalidCodePackage)
  assert.deepEqual(await readdir(join(dir, 'spool')), [])
  assert.deepEqual(await readdir(join(dir, 'unpacked')), [])
})

test('an upload that breaks off leaves nothing', async () => {
  const store = await open()
  async function* broken() {
    yield Buffer.from('PK')
    throw new Error('the connection was lost')
  }
  await assert.rejects(store.store(broken(), limits), /connection was lost/)
  assert.deepEqual(await readdir(join(dir, 'spool')), [])
})

test('of layers the first wins, folder by folder, and links stay links', async () => {
  const store = await open()
  const put = async (files: Record<string, string>, links = {}) =>
    store.store(stream(await zipOf(files, links)), limits)
  const code = await put({ 'index.js': '' })
  const upper = await put({ 'lib/a': 'upper', only: 'upper' }, { link: 'lib/a' })
  const lower = await put({ 'lib/a': 'lower', 'lib/b': 'lower', link: 'a file' })
  const { optSource } = await store.materialize(revision(code, [upper, lower]))
  assert.equal(await readFile(join(optSource!, 'lib/a'), 'utf8'), 'upper')
  assert.equal(await readFile(join(optSource!, 'lib/b'), 'utf8'), 'lower')
  assert.equal(await readFile(join(optSource!, 'only'), 'utf8'), 'upper')
  assert.ok((await lstat(join(optSource!, 'link'))).isSymbolicLink())
  assert.equal(await readlink(join(optSource!, 'link')), 'lib/a')
  // One layer needs no merging.
  const single = await store.materialize(revision(code, [lower]))
  assert.equal(await readFile(join(single.optSource!, 'lib/a'), 'utf8'), 'lower')
})

test('what was thrown away is gone from disk and from memory', async () => {
  const store = await open()
  const code = await store.store(stream(await zipOf({ 'index.js': 'code' })), limits)
  const known = revision(code)
  const { codeSource } = await store.materialize(known)
  await store.discard(code)
  await assert.rejects(lstat(codeSource), { code: 'ENOENT' })
  await assert.rejects(Promise.resolve(store.materialize(known)))
  assert.deepEqual(await readdir(join(dir, 'spool')), [])
})

test('what an earlier platform was in the middle of is removed at the start', async () => {
  await mkdir(join(dir, 'spool/half'), { recursive: true })
  await writeFile(join(dir, 'spool/half.zip'), 'half')
  await open()
  assert.deepEqual(await readdir(join(dir, 'spool')), [])
})

test('merged layers go with the first of them that is thrown away', async () => {
  const store = await open()
  const [code, one, two] = await Promise.all(
    ['code', 'one', 'two'].map(async (name) => store.store(stream(await zipOf({ [name]: name })), limits)),
  )
  const known = revision(code!, [one!, two!])
  assert.equal((await readdir((await store.materialize(known)).optSource!)).length, 2)
  await store.discard(one!)
  assert.deepEqual(await readdir(join(dir, 'merged')), [])
  assert.ok(store.materialize(revision(code!, [two!])) instanceof Promise)
})

const noBootId = process.platform !== 'linux' && 'needs Linux'
test('what was unpacked before the machine was started anew is unpacked again', {
  skip: noBootId,
}, async () => {
  const code = await (await open()).store(stream(await zipOf({ 'index.js': 'code' })), limits)
  // As a power failure leaves it: the name is there, the bytes are not.
  const file = join(dir, 'unpacked', code.blobId, 'index.js')
  await writeFile(file, '')
  await writeFile(join(dir, 'unpacked-since-boot'), 'an earlier one')
  await (await open()).materialize(revision(code))
  assert.equal(await readFile(file, 'utf8'), 'code')
  // Within one life of the machine what is there is good.
  await writeFile(file, 'kept')
  await (await open()).materialize(revision(code))
  assert.equal(await readFile(file, 'utf8'), 'kept')
})
