/**
 * The process that a crash test kills: writes to all four stores at once, as fast as it can, and says on stdout what
 * was acknowledged, after it was. Its arguments: the folder, and the first number that it may use.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { fileBlobStore } from './blobs.ts'
import { fileJournal } from './journal.ts'
import { sqliteRecordStore } from './records.ts'
import { sqliteStreamStore } from './streams.ts'

const [dir, first] = process.argv.slice(2)
const [records, streams, blobs, journal] = await Promise.all([
  sqliteRecordStore({ file: join(dir!, 'records.db') }),
  sqliteStreamStore({ file: join(dir!, 'streams.db') }),
  fileBlobStore({ dir: join(dir!, 'blobs') }),
  fileJournal({
    dir: join(dir!, 'journal'),
    clock: systemClock,
    log: silentLogger,
    segmentBytesMax: 100_000,
  }),
])

let next = Number(first)
const say = (line: string): void => void writeSync(1, `${line}\n`)
say('ready')

/** Two records that belong together: one without the other is a torn commit. */
async function commitPairs(): Promise<never> {
  for (;;) {
    const n = next++
    await records.commit([{ put: `left/${n}`, value: n }, { put: `right/${n}`, value: n }]) // biome-ignore format: one line
    const { version } = (await records.get(`left/${n}`))!
    say(`record ${n} ${version}`)
  }
}

/** Two entries that belong together, under consecutive numbers. */
async function appendPairs(): Promise<never> {
  for (;;) {
    const n = next++
    const last = await streams.append('s', [Buffer.from(`left ${n}`), Buffer.from(`right ${n}`)])
    say(`entry ${n} ${last}`)
    if (n % 5 === 0) await streams.trim('s', last - 40)
  }
}

async function writeBlobs(): Promise<never> {
  for (;;) {
    const n = next++
    const { blobId, sha256 } = await blobs.write(
      (async function* () {
        for (let piece = 0; piece < 20; piece++) {
          yield Buffer.alloc(10_000, `${n}`)
          await nextTurn() // as slow as a client: the kill shall often come between two pieces
        }
      })(),
    )
    say(`blob ${blobId} ${sha256}`)
  }
}

/** As large as a page or two, so that a kill may come in the middle of one. */
async function appendToJournal(): Promise<never> {
  for (;;) {
    const n = next++
    journal.append(Buffer.from(`${n} `.repeat(1000)))
    say(`journal ${n}`)
    await pause(1) // an append waits for nothing: without this, what is said would fill the pipe
  }
}

await Promise.all([
  appendToJournal(),
  ...Array.from({ length: 4 }, commitPairs),
  ...Array.from({ length: 4 }, appendPairs),
  ...Array.from({ length: 2 }, writeBlobs),
])
