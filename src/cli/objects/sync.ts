/** What of two places differs, and how one is made like the other. */
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Crc64 } from '../../lib/checksums.ts'
import type { Address } from './address.ts'
import { objectsUnder } from './listing.ts'
import { fileProblem, filesUnder, pathUnder } from './local-files.ts'
import type { Moving } from './moving.ts'
import { removeObjects } from './remove-objects.ts'
import type { Place } from './transfers.ts'

/** A folder, or what is under a prefix that is empty or ends in a slash. */
export type Tree = { is: 'folder'; path: string } | ({ is: 'prefix' } & Address)

export interface Entry {
  /** Within its tree. */
  name: string
  place: Place
  sizeBytes: number
  modifiedMs: number
  etag?: string
}

/** In the order of the names' bytes. */
export async function* entriesOf(tree: Tree, { storage, terminal }: Moving): AsyncGenerator<Entry> {
  if (tree.is === 'folder') {
    const skipped = (path: string, because: string) => terminal.note(`skipped ${path}: ${because}`)
    for await (const { name, path, sizeBytes, modifiedMs } of filesUnder(tree.path, skipped))
      yield { name, place: { is: 'file', path }, sizeBytes, modifiedMs }
    return
  }
  for await (const { key, sizeBytes, lastModifiedMs, etag } of objectsUnder(storage, tree)) {
    const name = key.slice(tree.key.length)
    // The prefix itself: a folder as consoles make them.
    if (name === '') continue
    const place = { is: 'object', bucket: tree.bucket, key } as const
    yield { name, place, sizeBytes, modifiedMs: lastModifiedMs, etag }
  }
}

/** Where an entry of this name is in another tree; undefined where it cannot be. */
export function placeIn(tree: Tree, name: string): Place | undefined {
  if (tree.is === 'prefix') return { is: 'object', bucket: tree.bucket, key: tree.key + name }
  const path = pathUnder(tree.path, name)
  return path === undefined ? undefined : { is: 'file', path }
}

/**
 * A target of the same size is taken for the same without a look at its bytes where nothing says that the source is newer:
 * a file that was changed before its object was written, a file with the very time of its object (which `fetchToFile`
 * gave it), objects with one ETag. Else checksums decide; so do they always with `byChecksum`.
 */
export async function isSame(
  source: Entry,
  target: Entry,
  { byChecksum, moving }: { byChecksum: boolean; moving: Moving },
): Promise<boolean> {
  if (source.sizeBytes !== target.sizeBytes) return false
  if (!byChecksum && isSurelySame(source, target)) return true
  const [ofSource, ofTarget] = await Promise.all([
    crc64Of(source.place, moving),
    crc64Of(target.place, moving),
  ])
  return ofSource !== undefined && ofSource === ofTarget
}

function isSurelySame(source: Entry, target: Entry): boolean {
  if (source.place.is === 'file') return source.modifiedMs < target.modifiedMs
  if (target.place.is === 'object') return source.etag !== undefined && source.etag === target.etag
  // The header that a file's time comes from has no fractions of a second.
  return Math.floor(source.modifiedMs / 1000) === Math.floor(target.modifiedMs / 1000)
}

async function crc64Of(place: Place, { storage }: Moving): Promise<string | undefined> {
  if (place.is === 'object') {
    const { bucket, key } = place
    const headers = await storage.headersOf({ method: 'HEAD', bucket, key, query: { objectMeta: '' } })
    return headers['x-oss-hash-crc64ecma'] as string | undefined
  }
  const crc64 = new Crc64()
  try {
    for await (const chunk of createReadStream(place.path, { highWaterMark: 256 * 1024 })) crc64.update(chunk)
  } catch (error) {
    throw fileProblem(error, place.path)
  }
  return crc64.decimal()
}

export async function remove(place: Place, { storage }: Moving): Promise<void> {
  if (place.is === 'object') return removeObjects(storage, place.bucket, [{ key: place.key }])
  await rm(place.path, { force: true }).catch((error: Error) => {
    throw fileProblem(error, place.path)
  })
}
