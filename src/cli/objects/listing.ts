/** Listings of Object Storage, page by page, as they are read. */
import { childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { CommandFailed } from '../errors.ts'
import type { Address } from './address.ts'
import type { ObjectStorage } from './client.ts'

export interface ListedBucket {
  name: string
  created: string
  region: string
  storageClass: string
}

export interface ListedObject {
  key: string
  sizeBytes: number
  lastModifiedMs: number
  etag: string
  storageClass: string
}

/** With a delimiter, what is under a common prefix is one line. */
export type Listed = ({ is: 'object' } & ListedObject) | { is: 'prefix'; prefix: string }

export async function* listBuckets(storage: ObjectStorage, prefix = ''): AsyncGenerator<ListedBucket> {
  let marker: string | undefined
  do {
    const query = { prefix: prefix || undefined, marker, 'max-keys': '1000' }
    const { root } = await storage.document({ method: 'GET', query })
    for (const bucket of childrenOf(childrenOf(root, 'Buckets')[0] ?? root, 'Bucket')) {
      yield {
        name: need(bucket, 'Name'),
        created: need(bucket, 'CreationDate'),
        region: textOf(bucket, 'Region') ?? '',
        storageClass: textOf(bucket, 'StorageClass') ?? '',
      }
    }
    marker = textOf(root, 'IsTruncated') === 'true' ? need(root, 'NextMarker') : undefined
  } while (marker !== undefined)
}

export interface ListWish {
  /** `/`: folder by folder. */
  delimiter?: string
  /** Behind this key. */
  after?: string | undefined
  /** Keys and prefixes of a page; at most 1000. */
  pageSize?: number
}

/** In the order of the keys' bytes. */
export async function* listObjects(
  storage: ObjectStorage,
  { bucket, key: prefix }: Address,
  { delimiter, after, pageSize = 1000 }: ListWish = {},
): AsyncGenerator<Listed> {
  let token: string | undefined
  do {
    const query = {
      'list-type': '2',
      prefix: prefix || undefined,
      delimiter,
      'start-after': after || undefined,
      'continuation-token': token,
      'max-keys': String(pageSize),
      'encoding-type': 'url',
    }
    const { root } = await storage.document({ method: 'GET', bucket, query })
    yield* inOrder([
      ...childrenOf(root, 'Contents').map(
        (element): Listed => ({
          is: 'object',
          key: decodeURIComponent(need(element, 'Key')),
          sizeBytes: Number(need(element, 'Size')),
          lastModifiedMs: Date.parse(need(element, 'LastModified')),
          etag: need(element, 'ETag').replaceAll('"', ''),
          storageClass: textOf(element, 'StorageClass') ?? '',
        }),
      ),
      ...childrenOf(root, 'CommonPrefixes').map(
        (element): Listed => ({ is: 'prefix', prefix: decodeURIComponent(need(element, 'Prefix')) }),
      ),
    ])
    token = textOf(root, 'IsTruncated') === 'true' ? need(root, 'NextContinuationToken') : undefined
  } while (token !== undefined)
}

/** All objects under a prefix. */
export async function* objectsUnder(storage: ObjectStorage, place: Address): AsyncGenerator<ListedObject> {
  for await (const item of listObjects(storage, place)) if (item.is === 'object') yield item
}

export const nameOf = (item: Listed): string => (item.is === 'object' ? item.key : item.prefix)

function inOrder(items: Listed[]): Listed[] {
  return items
    .map((item) => ({ item, bytes: Buffer.from(nameOf(item)) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ item }) => item)
}

export function need(element: XmlElement, name: string): string {
  const text = textOf(element, name)
  if (text === undefined) throw new CommandFailed(`The platform sent a listing without ${name}.`)
  return text
}
