/** Many transfers: some at a time, each told, and those that the platform refuses no reason to leave the others. */
import { stat } from 'node:fs/promises'
import { relative } from 'node:path'
import { CommandFailed, PlatformRefused } from '../errors.ts'
import { readableBytes } from '../readable-bytes.ts'
import { type Address, addressText } from './address.ts'
import { copyObject } from './copy-object.ts'
import { fetchToFile } from './fetch-object.ts'
import { fileProblem } from './local-files.ts'
import { FILES_AT_ONCE, type Moving } from './moving.ts'
import { inParallel } from './parallel.ts'
import { sendFile } from './send-file.ts'

/** One end of a transfer. */
export type Place = { is: 'file'; path: string } | ({ is: 'object' } & Address)

export interface Transfer {
  source: Place
  target: Place
  sizeBytes: number
}

/** A file as seen from where the user stands, if it is below. */
export function placeText(place: Place, { workingDir }: Pick<Moving['terminal'], 'workingDir'>): string {
  if (place.is === 'object') return addressText(place)
  const fromHere = relative(workingDir, place.path)
  return fromHere === '' || fromHere.startsWith('..') ? place.path : fromHere
}

export async function transfer({ source, target, sizeBytes }: Transfer, moving: Moving): Promise<void> {
  const { progress, terminal } = moving
  progress.expect(sizeBytes, placeText(source, terminal))
  if (source.is === 'file' && target.is === 'object') {
    await sendFile({ path: source.path, sizeBytes }, addressOf(target), moving)
  } else if (source.is === 'object' && target.is === 'file') {
    await fetchToFile(addressOf(source), target.path, moving)
  } else if (source.is === 'object' && target.is === 'object') {
    await copyObject(addressOf(source), addressOf(target), sizeBytes, moving)
  } else {
    throw new Error('a transfer from file to file is not for Object Storage')
  }
  progress.fileDone()
}

const addressOf = ({ bucket, key }: Address): Address => ({ bucket, key })

/** The size of a local file that is to be sent. */
export async function sizeOfFile(path: string): Promise<number> {
  const found = await stat(path).catch((error: Error) => {
    throw fileProblem(error, path)
  })
  if (found.isDirectory()) throw new CommandFailed(`${path} is a folder. Say -r for all that is in it.`)
  if (!found.isFile())
    throw new CommandFailed(`${path} is no file. What comes by a pipe is sent by the source -.`)
  return found.size
}

/** With so many refused, the others most likely are too. */
const FAILURES_MAX = 20

export interface Tally {
  done: number
  doneBytes: number
  failed: number
}

/**
 * Does all steps, and tells of each that was refused. Answers what became of them. What is no refusal of a single
 * one (no platform, a full disk) ends it all.
 */
export async function eachOf<Step>(
  steps: AsyncIterable<Step>,
  { terminal, progress }: Moving,
  run: (step: Step) => Promise<{ told: string; sizeBytes: number } | undefined>,
): Promise<Tally> {
  const tally: Tally = { done: 0, doneBytes: 0, failed: 0 }
  async function* found() {
    yield* steps
    progress.allKnown()
  }
  await inParallel(found(), FILES_AT_ONCE, async (step) => {
    try {
      const outcome = await run(step)
      if (!outcome) return
      tally.done++
      tally.doneBytes += outcome.sizeBytes
      terminal.print(outcome.told)
    } catch (error) {
      if (!(error instanceof PlatformRefused) || error.code === 'NoSuchBucket') throw error
      terminal.note(error.message)
      if (++tally.failed >= FAILURES_MAX)
        throw new CommandFailed(`${FAILURES_MAX} failed; the rest was not tried.`)
    }
  })
  return tally
}

/** What is said at the end, and the exit code. */
export function conclude(
  { done, doneBytes, failed }: Tally,
  verb: string,
  terminal: Moving['terminal'],
): number {
  const files = done === 1 ? '1 file' : `${done} files`
  terminal.note(`${verb} ${files} (${readableBytes(doneBytes)})${failed > 0 ? `, ${failed} FAILED` : ''}`)
  return failed > 0 ? 1 : 0
}
