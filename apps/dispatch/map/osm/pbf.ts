/** Reads an `.osm.pbf` file, block after block: https://wiki.openstreetmap.org/wiki/PBF_Format. */
import { Buffer } from 'node:buffer'
import { inflateSync } from 'node:zlib'
import { eachField, packed, packedDeltas, unzigzag } from './protobuf.ts'

/** Of the format: larger ones must be refused. */
const BLOB_HEADER_BYTES_MAX = 64 * 1024
const BLOCK_BYTES_MAX = 32 * 1024 * 1024

const KNOWN_FEATURES = ['OsmSchema-V0.6', 'DenseNodes']

export type Tags = Readonly<Record<string, string>>

export interface Member {
  type: 'node' | 'way' | 'relation'
  id: number
  role: string
}

/** What is wanted of a file. Coordinates are in 1e-7 degrees. */
export interface Visitor {
  node?(id: number, lng: number, lat: number, tags: Tags): void
  way?(id: number, refs: number[], tags: Tags): void
  relation?(id: number, members: Member[], tags: Tags): void
}

/** @throws Error where the bytes are no such file, or one that asks for more than this reader knows */
export function visit(file: Uint8Array, visitor: Visitor): void {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  for (let at = 0; at < view.length; ) {
    if (at + 4 > view.length) throw new Error('the file ends in the middle of a block')
    const headerLength = view.readUInt32BE(at)
    if (headerLength > BLOB_HEADER_BYTES_MAX) throw new Error('this is no .osm.pbf file')
    at += 4
    let type = ''
    let length = 0
    eachField(taken(view, at, headerLength), (field, value, bytes) => {
      if (field === 1) type = text(bytes)
      if (field === 3) length = value
    })
    at += headerLength
    if (length > BLOCK_BYTES_MAX) throw new Error('a block of the file is larger than the format allows')
    const blob = taken(view, at, length)
    at += length
    if (type === 'OSMHeader') checkHeader(inflated(blob))
    if (type === 'OSMData') visitBlock(inflated(blob), visitor)
  }
}

function taken(view: Buffer, at: number, length: number): Uint8Array {
  if (at + length > view.length) throw new Error('the file ends in the middle of a block')
  return view.subarray(at, at + length)
}

const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

function inflated(blob: Uint8Array): Uint8Array {
  let data: Uint8Array | undefined
  eachField(blob, (field, _value, bytes) => {
    if (field === 1) data = bytes
    if (field === 3) data = inflateSync(bytes, { maxOutputLength: BLOCK_BYTES_MAX })
  })
  if (data === undefined) throw new Error('a block is compressed in another way than zlib')
  return data
}

function checkHeader(header: Uint8Array): void {
  eachField(header, (field, _value, bytes) => {
    if (field === 4 && !KNOWN_FEATURES.includes(text(bytes)))
      throw new Error(`the file requires ${text(bytes)}, which is not known here`)
  })
}

/** What the groups of a block have in common. */
interface Block {
  strings: string[]
  granularity: number
  lngOffset: number
  latOffset: number
}

function visitBlock(bytes: Uint8Array, visitor: Visitor): void {
  const block: Block = { strings: [], granularity: 100, lngOffset: 0, latOffset: 0 }
  const groups: Uint8Array[] = []
  eachField(bytes, (field, value, content) => {
    if (field === 1) eachField(content, (_, __, string) => block.strings.push(text(string)))
    if (field === 2) groups.push(content)
    if (field === 17) block.granularity = value
    if (field === 19) block.latOffset = signed64(value)
    if (field === 20) block.lngOffset = signed64(value)
  })
  for (const group of groups)
    eachField(group, (field, _value, content) => {
      if (field === 1 && visitor.node !== undefined) visitNode(block, content, visitor.node)
      if (field === 2 && visitor.node !== undefined) visitDense(block, content, visitor.node)
      if (field === 3 && visitor.way !== undefined) visitWay(block, content, visitor.way)
      if (field === 4 && visitor.relation !== undefined) visitRelation(block, content, visitor.relation)
    })
}

/** A plain int64 that is negative comes as its complement to 2^64; offsets are small, so what is lost is far below them. */
const signed64 = (value: number): number => (value >= 2 ** 63 ? value - 2 ** 64 : value)

/** From the units of the block, by way of 1e-9 degrees, to 1e-7. */
const degrees = (offset: number, granularity: number, value: number): number =>
  Math.round((offset + granularity * value) / 100)

function tagsOf({ strings }: Block, keys: readonly number[], values: readonly number[]): Tags {
  const tags: Record<string, string> = {}
  keys.forEach((key, at) => {
    tags[strings[key] ?? ''] = strings[values[at] ?? 0] ?? ''
  })
  return tags
}

function visitNode(block: Block, bytes: Uint8Array, node: NonNullable<Visitor['node']>): void {
  const read = { id: 0, lng: 0, lat: 0, keys: [] as number[], values: [] as number[] }
  eachField(bytes, (field, value, content) => {
    if (field === 1) read.id = unzigzag(value)
    if (field === 2) read.keys = packed(content)
    if (field === 3) read.values = packed(content)
    if (field === 8) read.lat = unzigzag(value)
    if (field === 9) read.lng = unzigzag(value)
  })
  node(
    read.id,
    degrees(block.lngOffset, block.granularity, read.lng),
    degrees(block.latOffset, block.granularity, read.lat),
    tagsOf(block, read.keys, read.values),
  )
}

function visitDense(block: Block, bytes: Uint8Array, node: NonNullable<Visitor['node']>): void {
  const read = { ids: [] as number[], lngs: [] as number[], lats: [] as number[], tags: [] as number[] }
  eachField(bytes, (field, _value, content) => {
    if (field === 1) read.ids = packedDeltas(content)
    if (field === 8) read.lats = packedDeltas(content)
    if (field === 9) read.lngs = packedDeltas(content)
    if (field === 10) read.tags = packed(content)
  })
  // Key, value, key, value, …, 0 for each node.
  let next = 0
  read.ids.forEach((id, at) => {
    const keys: number[] = []
    const values: number[] = []
    while (next < read.tags.length && read.tags[next] !== 0) {
      keys.push(read.tags[next]!)
      values.push(read.tags[next + 1] ?? 0)
      next += 2
    }
    next++
    node(
      id,
      degrees(block.lngOffset, block.granularity, read.lngs[at] ?? 0),
      degrees(block.latOffset, block.granularity, read.lats[at] ?? 0),
      tagsOf(block, keys, values),
    )
  })
}

function visitWay(block: Block, bytes: Uint8Array, way: NonNullable<Visitor['way']>): void {
  const read = { id: 0, keys: [] as number[], values: [] as number[], refs: [] as number[] }
  eachField(bytes, (field, value, content) => {
    if (field === 1) read.id = value
    if (field === 2) read.keys = packed(content)
    if (field === 3) read.values = packed(content)
    if (field === 8) read.refs = packedDeltas(content)
  })
  way(read.id, read.refs, tagsOf(block, read.keys, read.values))
}

function visitRelation(block: Block, bytes: Uint8Array, relation: NonNullable<Visitor['relation']>): void {
  const read = { id: 0, keys: [] as number[], values: [] as number[] }
  let roles: number[] = []
  let ids: number[] = []
  let types: number[] = []
  eachField(bytes, (field, value, content) => {
    if (field === 1) read.id = value
    if (field === 2) read.keys = packed(content)
    if (field === 3) read.values = packed(content)
    if (field === 8) roles = packed(content)
    if (field === 9) ids = packedDeltas(content)
    if (field === 10) types = packed(content)
  })
  const members = ids.map((id, at) => ({
    type: (['node', 'way', 'relation'] as const)[types[at] ?? 0] ?? 'relation',
    id,
    role: block.strings[roles[at] ?? 0] ?? '',
  }))
  relation(read.id, members, tagsOf(block, read.keys, read.values))
}
