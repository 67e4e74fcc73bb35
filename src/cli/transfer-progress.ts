/** A bar of how far a transfer is, drawn in place where somebody watches, and nothing anywhere else. */
import { Transform } from 'node:stream'
import { readableBytes } from './readable-bytes.ts'
import type { Terminal } from './terminal.ts'
import { harmless } from './watch/words.ts'

export interface TransferProgress {
  /** More bytes to come, of one more file. */
  expect(sizeBytes: number, name: string): void
  /** Every file is known: from now on there is a whole to be a part of. */
  allKnown(): void
  moved(sizeBytes: number): void
  /** Bytes that were counted do not count: they are sent again, or not at all. */
  takeBack(sizeBytes: number): void
  fileDone(): void
  /** Takes the bar away. */
  end(): void
}

/** So often is it drawn again, at most. */
const INTERVAL_MS = 100
const BAR_COLUMNS = 24
/** A speed over less time than this is chance. */
const SPEED_AFTER_MS = 500

export function transferProgress({
  clock,
  progress,
  progressColumns,
}: Pick<Terminal, 'clock' | 'progress' | 'progressColumns'>): TransferProgress {
  const startedMs = clock.monotonicMs()
  let shownMs = Number.NEGATIVE_INFINITY
  let expectedBytes = 0
  let movedBytes = 0
  let files = 0
  let filesDone = 0
  let name = ''
  let isWhole = false

  function draw(): void {
    const nowMs = clock.monotonicMs()
    if (progressColumns === undefined || nowMs - shownMs < INTERVAL_MS) return
    shownMs = nowMs
    const view = { expectedBytes, movedBytes, files, filesDone, name, isWhole, elapsedMs: nowMs - startedMs }
    progress(progressLine(view, progressColumns), false)
  }

  return {
    expect(sizeBytes, ofFile) {
      expectedBytes += sizeBytes
      files++
      name = ofFile
      draw()
    },
    allKnown() {
      isWhole = true
    },
    moved(sizeBytes) {
      movedBytes += sizeBytes
      draw()
    },
    takeBack(sizeBytes) {
      movedBytes -= sizeBytes
    },
    fileDone() {
      filesDone++
      draw()
    },
    end() {
      if (progressColumns !== undefined) progress('', false)
    },
  }
}

export interface ProgressView {
  expectedBytes: number
  movedBytes: number
  files: number
  filesDone: number
  /** Of the file that was begun last. */
  name: string
  isWhole: boolean
  elapsedMs: number
}

/** What is least needed goes first where the line is too narrow; one column stays free, or terminals would wrap. */
export function progressLine(view: ProgressView, columns: number): string {
  const { expectedBytes, movedBytes, files, filesDone, name, isWhole, elapsedMs } = view
  const share = expectedBytes === 0 ? 0 : Math.min(1, movedBytes / expectedBytes)
  const speed = elapsedMs < SPEED_AFTER_MS ? 0 : (movedBytes / elapsedMs) * 1000
  const filled = Math.floor(share * BAR_COLUMNS)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_COLUMNS - filled)}`
  const leftSeconds = speed === 0 ? undefined : Math.max(0, Math.ceil((expectedBytes - movedBytes) / speed))
  const parts = isWhole
    ? [
        { text: bar, rank: 3 },
        { text: `${String(Math.floor(share * 100)).padStart(3)} %`, rank: 0 },
        { text: `${readableBytes(movedBytes)} of ${readableBytes(expectedBytes)}`, rank: 1 },
      ]
    : [{ text: readableBytes(movedBytes), rank: 0 }]
  if (files > 1 || !isWhole)
    parts.push({ text: `file ${filesDone} of ${files}${isWhole ? '' : '+'}`, rank: 2 })
  if (speed > 0) parts.push({ text: `${readableBytes(speed)}/s`, rank: 4 })
  if (isWhole && leftSeconds !== undefined) parts.push({ text: `${clockText(leftSeconds)} left`, rank: 5 })

  const widthOf = (shown: typeof parts): number => shown.reduce((sum, { text }) => sum + text.length + 2, -2)
  let shown = parts
  for (let rank = 5; rank > 0 && widthOf(shown) > columns - 1; rank--)
    shown = shown.filter((part) => part.rank !== rank)
  const line = shown.map(({ text }) => text).join('  ')
  const room = columns - 1 - line.length - 2
  return (room < 8 ? line : `${line}  ${shortened(name, room)}`).slice(0, columns - 1)
}

/** The end of a name says more than its beginning. */
function shortened(name: string, columns: number): string {
  const plain = harmless(name)
  // Characters of Chinese and the like are two columns wide.
  const widthOf = (character: string): number => (character.codePointAt(0)! >= 0x1100 ? 2 : 1)
  const characters = [...plain]
  let width = characters.reduce((sum, character) => sum + widthOf(character), 0)
  if (width <= columns) return plain
  while (width > columns - 1) width -= widthOf(characters.shift()!)
  return `…${characters.join('')}`
}

function clockText(seconds: number): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** Lets bytes through, each piece of which `see` is told about. */
export const watched = (see: (bytes: Buffer) => void): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk)
      done(null, chunk)
    },
  })
