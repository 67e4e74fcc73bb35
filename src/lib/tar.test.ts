import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedTar, readTar, TAR_END, tarHeader, tarPadding } from './tar.ts'

const archive = (files: readonly { name: string; content: Buffer }[]): Buffer =>
  Buffer.concat([
    ...files.flatMap(({ name, content }) => [tarHeader({ name, sizeBytes: content.length, modifiedMs: 1e12 }), content, tarPadding(content.length)]), // biome-ignore format: one line
    TAR_END,
  ])

async function* cut(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function filesIn(bytes: Buffer, pieceBytes = 1000) {
  const files: { name: string; content: Buffer; sha256Before: string }[] = []
  for await (const { name, content, sha256Before } of readTar(cut(bytes, pieceBytes))) {
    const parts: Buffer[] = []
    for await (const part of content) parts.push(part)
    files.push({ name, content: Buffer.concat(parts), sha256Before })
  }
  return files
}

const name = fc
  .array(fc.stringMatching(/^[a-z0-9é._-]{1,40}$/).filter((part) => part !== '.' && part !== '..'), { minLength: 1, maxLength: 4 }) // biome-ignore format: one line
  .map((parts) => parts.join('/'))
  .filter((text) => Buffer.byteLength(text) <= 100)

test('gives back what was put in, however it is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name, content: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)) }), { maxLength: 5 }), // biome-ignore format: one line
      fc.integer({ min: 1, max: 3000 }),
      async (files, pieceBytes) => {
        const found = await filesIn(archive(files), pieceBytes)
        assert.deepEqual(
          found.map(({ name, content }) => ({ name, content })),
          files.map((file) => ({ ...file })),
        )
      },
    ),
    { numRuns: 50 },
  )
})

test('is what tar reads', () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(60)}`
  const bytes = archive([{ name: 'a/b', content: Buffer.from('hello') }, { name: long, content: Buffer.alloc(600, 'x') }]) // biome-ignore format: one line
  assert.equal(execFileSync('tar', ['-tf', '-'], { input: bytes, encoding: 'utf8' }), `a/b\n${long}\n`)
  assert.equal(execFileSync('tar', ['-xOf', '-', 'a/b'], { input: bytes, encoding: 'utf8' }), 'hello')
})

test('knows the digest of what came before a file, and sizes beyond 8 GiB', async () => {
  const first = archive([{ name: 'a', content: Buffer.from('1') }])
  const [, second] = await filesIn(archive([{ name: 'a', content: Buffer.from('1') }, { name: 'b', content: Buffer.from('2') }])) // biome-ignore format: one line
  const before = first.subarray(0, first.length - TAR_END.length)
  assert.equal(second!.sha256Before, createHash('sha256').update(before).digest('hex'))
  const header = tarHeader({ name: 'large', sizeBytes: 20e9, modifiedMs: 0 })
  for await (const { sizeBytes } of readTar(cut(header, 512))) {
    assert.equal(sizeBytes, 20e9)
    break
  }
})

test('refuses what is cut off, damaged, or leads elsewhere', async () => {
  const whole = archive([{ name: 'a', content: Buffer.alloc(700) }])
  for (const length of [0, 100, 600, 1300, 1600])
    await assert.rejects(filesIn(whole.subarray(0, length)), MalformedTar)
  const damaged = Buffer.from(whole)
  damaged[3]! ^= 1
  await assert.rejects(filesIn(damaged), MalformedTar)
  await assert.rejects(filesIn(Buffer.alloc(2000, 'x')), MalformedTar)
  for (const evil of ['../x', '/etc/passwd', 'a//b', 'a/./b', ''])
    assert.throws(() => tarHeader({ name: evil, sizeBytes: 0, modifiedMs: 0 }))
  const outside = execFileSync('tar', ['-cPf', '-', '--format=ustar', '/etc/hostname'])
  await assert.rejects(filesIn(outside), /no plain file/)
  const folder = execFileSync('tar', ['-cf', '-', '--format=ustar', '-C', '/', '--no-recursion', 'tmp'])
  await assert.rejects(filesIn(folder), /no plain file/)
})
