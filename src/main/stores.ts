import { join } from 'node:path'
import { fileBlobStore } from '../drivers/embedded/blobs.ts'
import { sqliteRecordStore } from '../drivers/embedded/records.ts'
import { SqliteWritingThread } from '../drivers/embedded/sqlite-writing-thread.ts'
import { sqliteStreamStore } from '../drivers/embedded/streams.ts'
import { memoryBlobStore } from '../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../drivers/memory/records.ts'
import { memoryStreamStore } from '../drivers/memory/streams.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { RecordStore } from '../ports/records.ts'
import type { StreamStore } from '../ports/streams.ts'
import type { Starting } from './starting.ts'

export interface Stores {
  records: RecordStore
  streams: StreamStore
  objectBlobs: BlobStore
  codeBlobs: BlobStore
}

export async function openStores({ config, closing }: Starting, dataDir: string): Promise<Stores> {
  const stores = config.HANSHU_EPHEMERAL ? memoryStores() : await embeddedStores(dataDir)
  closing.push(async () => {
    for (const store of Object.values(stores)) await store.close()
  })
  return stores
}

function memoryStores(): Stores {
  return {
    records: memoryRecordStore(),
    streams: memoryStreamStore(),
    objectBlobs: memoryBlobStore(),
    codeBlobs: memoryBlobStore(),
  }
}

async function embeddedStores(dataDir: string): Promise<Stores> {
  const thread = new SqliteWritingThread()
  const [records, streams, objectBlobs, codeBlobs] = await Promise.all([
    sqliteRecordStore({ file: join(dataDir, 'records.db'), thread }),
    sqliteStreamStore({ file: join(dataDir, 'streams.db'), thread }),
    fileBlobStore({ dir: join(dataDir, 'blobs/objects') }),
    fileBlobStore({ dir: join(dataDir, 'blobs/code') }),
  ])
  return { records, streams, objectBlobs, codeBlobs }
}
