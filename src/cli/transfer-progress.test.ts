import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readableBytes } from './readable-bytes.ts'
import { scriptedTerminal } from './testing/scripted-terminal.ts'
import { type ProgressView, progressLine, transferProgress } from './transfer-progress.ts'

const view: ProgressView = {
  expectedBytes: 40 * 1024 * 1024,
  movedBytes: 10 * 1024 * 1024,
  files: 1,
  filesDone: 0,
  name: 'photos/a.jpg',
  isWhole: true,
  elapsedMs: 2000,
}

test('a line says how far it is, how fast and how long yet, and less of that where it is narrow', () => {
  assert.equal(
    progressLine(view, 100),
    '██████░░░░░░░░░░░░░░░░░░   25 %  10.0 MB of 40.0 MB  5.0 MB/s  0:06 left  photos/a.jpg',
  )
  assert.equal(progressLine(view, 60), '██████░░░░░░░░░░░░░░░░░░   25 %  10.0 MB of 40.0 MB')
  assert.equal(progressLine(view, 20), ' 25 %  photos/a.jpg')
  const many = { ...view, files: 7, filesDone: 3, isWhole: false }
  assert.equal(progressLine(many, 80), '10.0 MB  file 3 of 7+  5.0 MB/s  photos/a.jpg')
})

test('no line is as wide as the terminal, whatever is moved', () => {
  const count = fc.nat(2 ** 40)
  fc.assert(
    fc.property(
      fc.record({
        expectedBytes: count,
        movedBytes: count,
        files: count,
        filesDone: count,
        name: fc.string({ unit: 'binary-ascii' }),
        isWhole: fc.boolean(),
        elapsedMs: count,
      }),
      fc.integer({ min: 8, max: 200 }),
      (anything, columns) => {
        const line = progressLine(anything, columns)
        assert.ok(line.length < columns, line)
        assert.doesNotMatch(line, /[\x00-\x1f\x7f]/)
      },
    ),
  )
})

test('it is drawn ten times a second at most, and not at all where nobody watches', () => {
  const watched = scriptedTerminal({ progressColumns: 80 })
  const progress = transferProgress(watched)
  progress.expect(1000, 'a')
  for (let index = 0; index < 10; index++) progress.moved(50)
  assert.equal(watched.shown.length, 1)
  watched.clock.advance(100)
  progress.moved(50)
  assert.equal(watched.shown.length, 2)
  progress.end()
  assert.equal(watched.shown.at(-1), '')
  const unwatched = scriptedTerminal()
  const silent = transferProgress(unwatched)
  silent.expect(1, 'a')
  silent.moved(1)
  silent.end()
  assert.deepEqual([unwatched.shown, unwatched.notes()], [[], ''])
})

test('sizes are read at a glance', () => {
  const of = [0, 1, 1023, 1024, 1536, 1024 ** 2 - 1, 5 * 1024 ** 3].map(readableBytes)
  assert.deepEqual(of, ['0 bytes', '1 byte', '1023 bytes', '1.0 KB', '1.5 KB', '1.0 MB', '5.0 GB'])
})
