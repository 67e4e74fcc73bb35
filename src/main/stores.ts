import { join } from 'node:path'
import { fileBlobStore } from '../drivers/embedded/blobs.ts'
import { fileJournal } from '../drivers/embedded/journal.ts'
import { sqliteRecordStore } from '../drivers/embedded/records.ts'
import { sqliteRowStore } from '../drivers/embedded/rows.ts'
import { SqliteWritingThread } from '../drivers/embedded/sqlite-writing-thread.ts'
import { sqliteStreamStore } from '../drivers/embedded/streams.ts'
import { memoryBlobStore } from '../drivers/memory/blobs.ts'
import { memoryJournal } from '../drivers/memory/journal.ts'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { memoryRowStore } from '../drivers/memory/rows.ts'
import { memoryStreamStore } from '../drivers/memory/streams.ts'
import { systemClock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { Journal } from '../ports/journal.ts'
import type { RecordStore } from '../ports/records.ts'
import type { RowStore } from '../ports/rows.ts'
import type { StreamStore } from '../ports/streams.ts'
import type { Starting } from './starting.ts'

export interface Stores {
  records: RecordStore
  streams: StreamStore
  rows: RowStore
  objectBlobs: BlobStore
  codeBlobs: BlobStore
  /** What is to be charged, on its way into the ledger. */
  meterJournal: Journal
}

export async function openStores({ config, log, closing }: Starting, dataDir: string): Promise<Stores> {
  const stores = config.HANSHU_EPHEMERAL ? memoryStores() : await embeddedStores(dataDir, log)
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
    objectBlobs: memoryBlobStore(),
    codeBlobs: memoryBlobStore(),
    meterJournal: memoryJournal(),
  }
}

async function embeddedStores(dataDir: string, log: Logger): Promise<Stores> {
  const thread = new SqliteWritingThread()
  const [records, streams, rows, objectBlobs, codeBlobs, meterJournal] = await Promise.all([
    sqliteRecordStore({ file: join(dataDir, 'records.db'), thread }),
    sqliteStreamStore({ file: join(dataDir, 'streams.db'), thread }),
    sqliteRowStore({ file: join(dataDir, 'rows.db'), thread }),
    fileBlobStore({ dir: join(dataDir, 'blobs/objects') }),
    fileBlobStore({ dir: join(dataDir, 'blobs/code') }),
    fileJournal({ dir: join(dataDir, 'metering'), clock: systemClock, log }),
  ])
  return { records, streams, rows, objectBlobs, codeBlobs, meterJournal }
}
