/** The bytes of an object: one blob, or parts one after the other. */
import { Readable } from 'node:stream'
import type { Logger } from '../../lib/logger.ts'
import { type BlobStore, NoSuchBlob } from '../../ports/blobs.ts'
import type { RecordStore, StoredRecord, Write } from '../../ports/records.ts'
import { ALL_OBJECTS, ALL_PARTS, ALL_VERSIONS, GARBAGE, garbageKey, partsOf } from './keys.ts'
import type { ObjectRecord, PartRecord } from './object.ts'

/** Records looked at in one go. */
const PAGE = 200

export interface ByteSpan {
  /** As `slice` counts. */
  start: number
  end: number
}

export interface ContentStore {
  records: RecordStore
  blobs: BlobStore
  log: Logger
  leases: PartLeases
}

/**
 * Who reads parts just now. An open file outlives its removal, but a reader of parts opens them one by one: while there is
 * one, the parts of a replaced object stay, and the last reader lets them go.
 */
export class PartLeases {
  readonly #readers = new Map<string, number>()
  readonly #going = new Set<string>()

  /** False when the parts are being removed. The caller lets go by `release`. */
  take(partsId: string): boolean {
    if (this.#going.has(partsId)) return false
    this.#readers.set(partsId, (this.#readers.get(partsId) ?? 0) + 1)
    return true
  }

  /** True for the last reader. */
  release(partsId: string): boolean {
    const left = (this.#readers.get(partsId) ?? 1) - 1
    if (left > 0) this.#readers.set(partsId, left)
    else this.#readers.delete(partsId)
    return left <= 0
  }

  /** False while somebody reads, or removes, them. */
  beginRemoval(partsId: string): boolean {
    if (this.#readers.has(partsId) || this.#going.has(partsId)) return false
    this.#going.add(partsId)
    return true
  }

  endRemoval(partsId: string): void {
    this.#going.delete(partsId)
  }
}

/** Throws `NoSuchBlob` when the object was replaced between its record and its bytes. */
export async function openContent(
  store: ContentStore,
  object: ObjectRecord,
  span: ByteSpan = { start: 0, end: object.sizeBytes },
): Promise<Readable> {
  const { blobId, partsId } = object
  if (blobId !== undefined) return store.blobs.read(blobId, span)
  if (partsId === undefined) return Readable.from([])
  if (!store.leases.take(partsId)) throw new NoSuchBlob(partsId)
  let isHeld = true
  const letGo = (): void => {
    if (isHeld && store.leases.release(partsId)) void removeIfGarbage(store, partsId)
    isHeld = false
  }
  try {
    const pieces = piecesOf(store, partsId, span)
    // The first piece is asked for now: a reader is told before the answer begins when there is nothing to read.
    const first = await pieces.next()
    const stream = Readable.from(continued(first, pieces), { objectMode: false })
    stream.once('close', letGo)
    return stream
  } catch (error) {
    letGo()
    throw error
  }
}

async function* continued(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array> {
  try {
    if (!first.done) yield first.value
    yield* rest
  } finally {
    await rest.return()
  }
}

async function* piecesOf(
  { records, blobs }: ContentStore,
  partsId: string,
  { start, end }: ByteSpan,
): AsyncGenerator<Uint8Array, void> {
  let at = 0
  for await (const { blobId, sizeBytes } of partsFrom(records, partsId)) {
    const from = Math.max(start - at, 0)
    const to = Math.min(end - at, sizeBytes)
    at += sizeBytes
    if (from < to) yield* await blobs.read(blobId, { start: from, end: to })
    if (at >= end) return
  }
  if (at < end) throw new NoSuchBlob(partsId)
}

export async function* partsFrom(records: RecordStore, partsId: string): AsyncGenerator<PartRecord> {
  for await (const page of pagesOf<PartRecord>(records, partsOf(partsId))) {
    for (const { value } of page) yield value
  }
}

/** All records under a prefix; others have their turn between the pages, as reading one waits for nobody. */
export async function* pagesOf<T>(
  records: RecordStore,
  prefix: string,
): AsyncGenerator<readonly StoredRecord<T>[]> {
  let after: string | undefined
  for (; ; await new Promise(setImmediate)) {
    const page = await records.list<T>({ prefix, limit: PAGE, ...(after === undefined ? {} : { after }) })
    yield page
    if (page.length < PAGE) return
    after = page.at(-1)!.key
  }
}

/** What of an object leads to its bytes. */
export type Bytes = Pick<ObjectRecord, 'blobId' | 'partsId'>

/** To be written in the commit that removes objects: parts that nobody names any more are found by it after a crash. */
export const garbageWrites = (removed: readonly Bytes[]): Write[] =>
  removed.flatMap(({ partsId }) => (partsId === undefined ? [] : [{ put: garbageKey(partsId), value: {} }]))

/**
 * Removes bytes that no record leads to any more. What fails is left to the sweep: the client's answer does not depend
 * on it.
 */
export async function discardContent(store: ContentStore, removed: readonly Bytes[]): Promise<void> {
  for (const { blobId, partsId } of removed) {
    try {
      if (blobId !== undefined) await store.blobs.remove(blobId)
      if (partsId !== undefined) await removeIfGarbage(store, partsId)
    } catch (error) {
      store.log.warn({ err: error, blobId, partsId }, 'the bytes of a removed object are left to the sweeper')
    }
  }
}

async function removeIfGarbage(store: ContentStore, partsId: string): Promise<void> {
  const { records, blobs, leases, log } = store
  if (!leases.beginRemoval(partsId)) return
  try {
    if (!(await records.get(garbageKey(partsId)))) return
    for await (const page of pagesOf<PartRecord>(records, partsOf(partsId))) {
      for (const { value } of page) await blobs.remove(value.blobId)
      await records.commit(page.map(({ key }) => ({ remove: key })))
    }
    await records.commit([{ remove: garbageKey(partsId) }])
  } catch (error) {
    log.warn({ err: error, partsId }, 'parts of a removed object are left to the sweeper')
  } finally {
    leases.endRemoval(partsId)
  }
}

/** Removes the parts that a crash, or a reader, left. */
export async function sweepGarbage(store: ContentStore): Promise<void> {
  for await (const page of pagesOf(store.records, GARBAGE)) {
    for (const { key } of page) await removeIfGarbage(store, key.slice(GARBAGE.length))
  }
}

/** The blobs that objects, their versions and parts name: all others of a store that only objects use are orphans. */
export async function* namedBlobs(records: RecordStore): AsyncGenerator<string> {
  for (const prefix of [ALL_OBJECTS, ALL_VERSIONS, ALL_PARTS]) {
    for await (const page of pagesOf<{ blobId?: string }>(records, prefix)) {
      for (const { value } of page) if (value.blobId !== undefined) yield value.blobId
    }
  }
}
