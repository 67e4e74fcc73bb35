import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileBlobStore, replicatedBlobStore } from '../drivers/embedded/blobs.ts'
import { scrubFile } from '../drivers/embedded/data-folders.ts'
import { fileJournal } from '../drivers/embedded/journal.ts'
import { sqliteRecordStore } from '../drivers/embedded/records.ts'
import { sqliteRowStore } from '../drivers/embedded/rows.ts'
import { type Scrubber, startScrubber } from '../drivers/embedded/scrubber.ts'
import { sqliteSearchIndexes } from '../drivers/embedded/search-index.ts'
import { SqliteWritingThread } from '../drivers/embedded/sqlite-writing-thread.ts'
import { sqliteStreamStore } from '../drivers/embedded/streams.ts'
import { memoryBlobStore } from '../drivers/memory/blobs.ts'
import { memoryJournal } from '../drivers/memory/journal.ts'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { memoryRowStore } from '../drivers/memory/rows.ts'
import { memorySearchIndexes } from '../drivers/memory/search-index.ts'
import { memoryStreamStore } from '../drivers/memory/streams.ts'
import { systemClock } from '../lib/clock.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { Journal } from '../ports/journal.ts'
import type { RecordStore } from '../ports/records.ts'
import type { RowStore } from '../ports/rows.ts'
import type { SearchIndexStore } from '../ports/search-index.ts'
import type { StreamStore } from '../ports/streams.ts'
import type { TakenDataDir } from './data-dir.ts'
import { openSnapshots } from './snapshots.ts'
import type { Starting } from './starting.ts'

export interface Stores {
  records: RecordStore
  streams: StreamStore
  rows: RowStore
  searchIndexes: SearchIndexStore
  objectBlobs: BlobStore
  codeBlobs: BlobStore
  /** What is to be charged, on its way into the ledger. */
  meterJournal: Journal
}

const OBJECTS = 'blobs/objects'
const CODE = 'blobs/code'

/** What keeps the stores whole. */
export interface Upkeep {
  folders: readonly string[]
  replicas: number
  scrubber: Scrubber
  /** Undefined while another one is made. */
  snapshot(): Promise<Readable | undefined>
}

export interface OpenedStores {
  stores: Stores
  /** Absent where nothing is kept. */
  upkeep?: Upkeep
}

export async function openStores(starting: Starting, taken: TakenDataDir): Promise<OpenedStores> {
  return starting.config.HANSHU_EPHEMERAL
    ? { stores: closed(starting, memoryStores()) }
    : embeddedStores(starting, taken)
}

function closed({ closing }: Starting, stores: Stores): Stores {
  closing.push(async () => {
    for (const store of Object.values(stores)) await store.close()
  })
  return stores
}

function memoryStores(): Stores {
  return {
    records: memoryRecordStore(),
    streams: memoryStreamStore(),
    rows: memoryRowStore(),
    searchIndexes: memorySearchIndexes(),
    objectBlobs: memoryBlobStore(),
    codeBlobs: memoryBlobStore(),
    meterJournal: memoryJournal(),
  }
}

async function embeddedStores(starting: Starting, { dataDir, folders }: TakenDataDir): Promise<OpenedStores> {
  const { config, log } = starting
  const replicas = config.HANSHU_REPLICAS
  const thread = new SqliteWritingThread()
  const [records, streams, rows, objectBlobs, codeBlobs, meterJournal] = await Promise.all([
    sqliteRecordStore({ file: join(dataDir, 'records.db'), thread }),
    sqliteStreamStore({ file: join(dataDir, 'streams.db'), thread }),
    sqliteRowStore({ file: join(dataDir, 'rows.db'), thread }),
    replicatedBlobStore({
      folders: folders.map(({ id, dir }) => ({ id, dir: join(dir, OBJECTS) })),
      replicas,
      log,
    }),
    fileBlobStore({ dir: join(dataDir, CODE), log }),
    fileJournal({ dir: join(dataDir, 'metering'), clock: systemClock, log }),
  ])
  const searchIndexes = sqliteSearchIndexes({ file: join(dataDir, 'search.db') })
  const stores = closed(starting, {
    records,
    streams,
    rows,
    searchIndexes,
    objectBlobs,
    codeBlobs,
    meterJournal,
  })
  const scrubber = await startScrubber({
    blobs: objectBlobs,
    file: join(dataDir, scrubFile),
    bytesPerSecond: config.HANSHU_SCRUB_MB_PER_SECOND * 1_000_000,
    layout: JSON.stringify([replicas, folders.map(({ id }) => id).sort()]),
    isSpread: folders.length > 1,
    clock: systemClock,
    log,
  })
  starting.closing.push(() => scrubber.close())
  const snapshots = await openSnapshots({
    dataDir,
    thread,
    // Search indexes are filled from their tables where they are missing.
    databases: ['records.db', 'streams.db', 'rows.db'],
    journal: 'metering',
    blobs: { [OBJECTS]: objectBlobs, [CODE]: codeBlobs },
    clock: systemClock,
    log,
  })
  starting.closing.push(() => snapshots.close())
  return {
    stores,
    upkeep: { folders: folders.map(({ dir }) => dir), replicas, scrubber, snapshot: snapshots.take },
  }
}
