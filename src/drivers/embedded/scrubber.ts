/**
 * Reads every copy of every blob now and then, at a bounded rate, and has what a disk has changed or lost written again. Where
 * it is, and what it found, is kept: a round goes on where the last process was.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { SHARDS } from './blob-folder.ts'
import type { Mended, Pace } from './blob-mend.ts'
import type { FileBlobStore } from './blobs.ts'

export interface ScrubberOptions {
  blobs: Pick<FileBlobStore, 'idsOf' | 'mend'>
  /** Where its progress is kept. */
  file: string
  bytesPerSecond: number
  /** What says where blobs belong. When it has changed, a new round begins at once. */
  layout: string
  /** There are folders that may be empty: without a file the first round begins at once. */
  isSpread: boolean
  clock: Clock
  log: Logger
}

export interface ScrubRound {
  startedMs: number
  /** Absent while it goes on. */
  endedMs?: number
  blobs: number
  readBytes: number
  /** Copies with wrong bytes. */
  damaged: number
  /** Copies that were written again, or where they were missing. */
  written: number
  /** Copies that were removed where none belongs. */
  removed: number
  /** Blobs with fewer whole copies than they should have, for want of room or of a disk that works. */
  short: number
  /** Blobs that no copy is whole of. */
  lost: number
  /** The first of the lost ones. */
  lostBlobs: string[]
}

export interface ScrubState {
  /** The round that goes on. */
  round?: ScrubRound
  /** The last that was finished. */
  last?: ScrubRound
}

export interface Scrubber {
  state(): ScrubState
  /** Begins a round now, unless one goes on. */
  scrubNow(): void
  /** Resolves when no round goes on. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** From the beginning of a round to that of the next. */
const ROUND_EVERY_MS = 24 * 3_600_000
/** A new platform has other things to do. */
const FIRST_ROUND_AFTER_MS = 10 * 60_000
/** A round that a new layout asks for, or an earlier process began: behind the announcement that the platform is up. */
const RESUMED_AFTER_MS = 1000
const SAVE_EVERY_MS = 10_000
/** Blobs that are named in the state; there may be more. */
const LOST_NAMED_MAX = 100
/** Shorter waits than this are put together. */
const PAUSE_MS_MIN = 50

interface Kept extends ScrubState {
  layout: string
  /** The last blob of the round that was looked at. */
  after: string
}

export async function startScrubber(options: ScrubberOptions): Promise<Scrubber> {
  const { blobs, file, bytesPerSecond, layout, isSpread, clock, log } = options
  const earlier = await readKept(file, log)
  const isNewLayout = earlier === undefined ? isSpread : earlier.layout !== layout
  const kept: Kept = { layout, after: '' }
  if (earlier?.last) kept.last = earlier.last
  if (earlier?.round && !isNewLayout) Object.assign(kept, { round: earlier.round, after: earlier.after })
  let isOpen = true
  let cancelNext = (): void => {}
  let running: Promise<void> | undefined
  let wakePause = (): void => {}
  let owedMs = 0
  let savedMs = clock.monotonicMs()

  const pace: Pace = async (readBytes, isHurried) => {
    if (!isOpen) throw new Error('the scrubber is closed')
    if (isHurried) return
    owedMs += (readBytes / bytesPerSecond) * 1000
    if (owedMs < PAUSE_MS_MIN) return
    const { promise, resolve } = Promise.withResolvers<void>()
    wakePause = resolve
    const cancel = clock.after(owedMs, resolve)
    await promise
    cancel()
    owedMs = 0
  }

  async function save(): Promise<void> {
    savedMs = clock.monotonicMs()
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(`${file}.new`, JSON.stringify(kept), { mode: 0o600, flush: true })
      await rename(`${file}.new`, file)
    } catch (error) {
      log.warn(
        { err: error, file },
        'how far the scrubber is could not be kept; after a restart it repeats some',
      )
    }
  }

  async function goThrough(round: ScrubRound): Promise<void> {
    for (const shard of SHARDS) {
      if (shard < kept.after.slice(0, 2)) continue
      for (const blobId of await blobs.idsOf(shard)) {
        if (blobId <= kept.after) continue
        if (!isOpen) return
        try {
          count(round, blobId, await blobs.mend(blobId, pace))
        } catch (error) {
          if (!isOpen) return
          round.short += 1
          log.error({ err: error, blobId }, 'a blob could not be scrubbed; the next round tries again')
        }
        kept.after = blobId
        if (clock.monotonicMs() - savedMs >= SAVE_EVERY_MS) await save()
      }
    }
    round.endedMs = clock.now()
    delete kept.round
    kept.last = round
    kept.after = ''
  }

  async function run(): Promise<void> {
    kept.round ??= newRound(clock.now())
    const { round } = kept
    try {
      await goThrough(round)
    } catch (error) {
      log.error({ err: error }, 'the scrubber could not go on; it begins again later')
    }
    await save()
    if (round.endedMs === undefined) return
    const { startedMs, endedMs, lostBlobs: _, ...found } = round
    const facts = { ...found, tookMs: endedMs - startedMs }
    if (round.lost + round.short > 0) log.error(facts, 'the scrubber found what it could not repair')
    else log.info(facts, 'the scrubber has read all blobs')
  }

  function begin(): void {
    cancelNext()
    if (!isOpen || running) return
    running = run().finally(() => {
      running = undefined
      planNext()
    })
  }

  function planNext(): void {
    if (!isOpen) return
    const nextMs = kept.last && !kept.round ? kept.last.startedMs + ROUND_EVERY_MS : 0
    cancelNext = clock.after(Math.max(nextMs - clock.now(), FIRST_ROUND_AFTER_MS), begin)
  }

  if (isNewLayout) {
    // Kept before it begins: the next process begins it when this one does not.
    kept.round = newRound(clock.now())
    await save()
  }
  if (kept.round) cancelNext = clock.after(RESUMED_AFTER_MS, begin)
  else planNext()

  return {
    state: () => ({
      ...(kept.round ? { round: kept.round } : {}),
      ...(kept.last ? { last: kept.last } : {}),
    }),
    scrubNow: begin,
    idle: async () => void (await running),
    async close() {
      isOpen = false
      cancelNext()
      wakePause()
      await running
    },
  }
}

const newRound = (startedMs: number): ScrubRound => ({
  startedMs,
  blobs: 0,
  readBytes: 0,
  damaged: 0,
  written: 0,
  removed: 0,
  short: 0,
  lost: 0,
  lostBlobs: [],
})

function count(round: ScrubRound, blobId: string, mended: Mended): void {
  round.readBytes += mended.readBytes
  if (mended.outcome === 'gone') return
  round.blobs += 1
  round.damaged += mended.damaged
  round.written += mended.written
  round.removed += mended.removed
  if (mended.outcome === 'short') round.short += 1
  if (mended.outcome !== 'lost') return
  round.lost += 1
  if (round.lostBlobs.length < LOST_NAMED_MAX) round.lostBlobs.push(blobId)
}

/** What cannot be read was never whole, or is of no use: a round begins anew. */
async function readKept(file: string, log: Logger): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ err: error, file }, 'how far the scrubber was cannot be read; it begins anew')
    return undefined
  }
}
