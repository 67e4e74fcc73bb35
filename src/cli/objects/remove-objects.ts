/** Removing many objects, a thousand by a request. */
import { hash } from 'node:crypto'
import { xmlDocument } from '../../lib/xml.ts'
import { childrenOf, textOf } from '../../lib/xml-reader.ts'
import type { ObjectStorage } from './client.ts'
import { need } from './listing.ts'

/** The vendor's number. */
const KEYS_MAX = 1000

export interface Removal {
  key: string
  versionId?: string
}

export async function removeObjects(
  storage: ObjectStorage,
  bucket: string,
  removals: readonly Removal[],
): Promise<void> {
  if (removals.length === 0) return
  const document = xmlDocument('Delete', {
    Quiet: 'true',
    Object: removals.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })),
  })
  const body = Buffer.from(document)
  const headers = { 'content-type': 'application/xml', 'content-md5': hash('md5', body, 'base64') }
  await storage.headersOf({ method: 'POST', bucket, query: { delete: '' }, headers, body })
}

export async function* inBatches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < KEYS_MAX) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Every version under a prefix, markers of deletions among them. */
export async function* versionsUnder(
  storage: ObjectStorage,
  bucket: string,
  prefix: string,
): AsyncGenerator<Required<Removal>> {
  const markers: Record<string, string | undefined> = {}
  do {
    const query = {
      versions: '',
      prefix: prefix || undefined,
      'max-keys': '1000',
      'encoding-type': 'url',
      ...markers,
    }
    const { root } = await storage.document({ method: 'GET', bucket, query })
    for (const kind of ['Version', 'DeleteMarker']) {
      for (const element of childrenOf(root, kind))
        yield { key: decodeURIComponent(need(element, 'Key')), versionId: need(element, 'VersionId') }
    }
    const isTruncated = textOf(root, 'IsTruncated') === 'true'
    markers['key-marker'] = isTruncated ? decodeURIComponent(need(root, 'NextKeyMarker')) : undefined
    markers['version-id-marker'] = isTruncated ? textOf(root, 'NextVersionIdMarker') : undefined
  } while (markers['key-marker'] !== undefined)
}

/** Aborts the uploads in parts that were begun under a prefix. Answers how many. */
export async function abortUploads(storage: ObjectStorage, bucket: string, prefix: string): Promise<number> {
  let aborted = 0
  let isTruncated = true
  // What is aborted is not listed again: each page is the first.
  while (isTruncated) {
    const query = { uploads: '', prefix: prefix || undefined, 'max-uploads': '1000', 'encoding-type': 'url' }
    const { root } = await storage.document({ method: 'GET', bucket, query })
    const uploads = childrenOf(root, 'Upload')
    for (const upload of uploads) {
      const key = decodeURIComponent(need(upload, 'Key'))
      await storage.headersOf({
        method: 'DELETE',
        bucket,
        key,
        query: { uploadId: need(upload, 'UploadId') },
      })
      aborted++
    }
    isTruncated = textOf(root, 'IsTruncated') === 'true' && uploads.length > 0
  }
  return aborted
}
