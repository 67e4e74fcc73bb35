import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { onOutputLines } from './output-lines.ts'

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const output = new PassThrough()
  const taken: string[] = []
  onOutputLines(output, (lines) => taken.push(lines))
  for (const chunk of chunks) output.write(chunk)
  output.end()
  await new Promise((closed) => output.once('close', closed))
  return taken
}

test('hands over whole lines, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''))),
      fc.array(fc.nat(5), { minLength: 1 }),
      async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
        const chunks: Buffer[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = 1 + sizes[turn % sizes.length]!
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        const taken = await linesOf(chunks)
        for (const piece of taken) assert.ok(piece.endsWith('\n'))
        assert.equal(taken.join(''), bytes.toString())
      },
    ),
  )
})

test('ends the last line when the program did not', async () => {
  assert.deepEqual(await linesOf([Buffer.from('one\ntw'), Buffer.from('o')]), ['one\n', 'two\n'])
  assert.deepEqual(await linesOf([]), [])
})

test('does not keep a line that never ends', async () => {
  const taken = await linesOf(Array.from({ length: 100 }, () => Buffer.alloc(10_000, 'x')))
  for (const piece of taken) assert.ok(piece.length < 50_000)
  assert.equal(taken.join('').replaceAll('\n', '').length, 1_000_000)
})

test('an output that breaks ends its last line and is no failure of the platform', async () => {
  const output = new PassThrough()
  const taken: string[] = []
  onOutputLines(output, (lines) => taken.push(lines))
  output.write('half')
  await new Promise((turn) => setImmediate(turn))
  output.destroy(new Error('broken'))
  await new Promise((closed) => output.once('close', closed))
  assert.deepEqual(taken, ['half\n'])
})
