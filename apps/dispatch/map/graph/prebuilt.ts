/**
 * The file that a city is loaded from: a header in JSON that says where each column lies, then the columns as they are in
 * memory (little-endian), so that loading is looking at them. Layout: 8 bytes of magic, length of the header (uint32), the
 * header, columns, each at a multiple of 8.
 */
import { Buffer } from 'node:buffer'
import type { Hierarchy } from '../hierarchy/hierarchy.ts'
import type { RoadGraph } from './road-graph.ts'

const MAGIC = 'HSROAD01'
const HEADER_BYTES_MAX = 64 * 1024
const ALIGNMENT = 8

type Column = Uint8Array | Uint32Array | Int32Array
const types = { Uint8Array, Uint32Array, Int32Array } as const

interface Header {
  /** Said with every map that is drawn from it. */
  attribution: string
  columns: { name: string; type: keyof typeof types; offset: number; length: number }[]
}

export interface Prebuilt {
  graph: RoadGraph
  hierarchy: Hierarchy
  attribution: string
}

export function toBytes({ graph, hierarchy, attribution }: Prebuilt): Uint8Array {
  const { names, ...roads } = graph
  const text = names.map((name) => Buffer.from(name))
  const columns: Record<string, Column> = {
    ...roads,
    ...hierarchy,
    nameBytes: new Uint8Array(Buffer.concat(text)),
    nameStart: nameStarts(text),
  }
  const header: Header = { attribution, columns: [] }
  let length = 0
  for (const [name, column] of Object.entries(columns)) {
    const type = column.constructor.name as keyof typeof types
    header.columns.push({ name, type, offset: length, length: column.length })
    length = aligned(length + column.byteLength)
  }
  const head = Buffer.from(JSON.stringify(header))
  const start = aligned(MAGIC.length + 4 + head.length)
  const bytes = Buffer.alloc(start + length)
  bytes.write(MAGIC, 'latin1')
  bytes.writeUInt32LE(head.length, MAGIC.length)
  head.copy(bytes, MAGIC.length + 4)
  for (const { name, offset } of header.columns) {
    const column = columns[name]!
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), start + offset)
  }
  return bytes
}

/** @throws Error when the bytes are not of such a file, or of another version of it */
export function fromBytes(given: Uint8Array): Prebuilt {
  const bytes = given.byteOffset % ALIGNMENT === 0 ? given : given.slice()
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < MAGIC.length + 4 || view.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new Error(`not a road network that was built for this version: it does not begin with ${MAGIC}`)
  const headerLength = view.readUInt32LE(MAGIC.length)
  if (headerLength > HEADER_BYTES_MAX) throw new Error('the header of the road network is too long')
  const header = JSON.parse(
    view.toString('utf8', MAGIC.length + 4, MAGIC.length + 4 + headerLength),
  ) as Header
  const start = aligned(MAGIC.length + 4 + headerLength)
  const columns: Record<string, Column> = {}
  for (const { name, type, offset, length } of header.columns) {
    const end = start + offset + length * types[type].BYTES_PER_ELEMENT
    if (end > bytes.length) throw new Error(`the road network ends before its column ${name} does`)
    columns[name] = new types[type](bytes.buffer as ArrayBuffer, bytes.byteOffset + start + offset, length)
  }
  return { attribution: header.attribution, ...checked(columns) }
}

const roadColumns = {
  nodeLng: Int32Array,
  nodeLat: Int32Array,
  edgeFrom: Uint32Array,
  edgeTo: Uint32Array,
  edgeFlags: Uint8Array,
  edgeClass: Uint8Array,
  edgeName: Uint32Array,
  edgeDecimetres: Uint32Array,
  edgeMs: Uint32Array,
  shapeStart: Uint32Array,
  shapeLng: Int32Array,
  shapeLat: Int32Array,
  bannedStart: Uint32Array,
  bannedArcs: Uint32Array,
} as const

const hierarchyColumns = {
  rank: Uint32Array,
  upStart: Uint32Array,
  downStart: Uint32Array,
  other: Uint32Array,
  ms: Uint32Array,
  decimetres: Uint32Array,
  first: Uint32Array,
  second: Uint32Array,
} as const

function checked(columns: Record<string, Column>): { graph: RoadGraph; hierarchy: Hierarchy } {
  const wanted = { ...roadColumns, ...hierarchyColumns, nameBytes: Uint8Array, nameStart: Uint32Array }
  for (const [name, type] of Object.entries(wanted))
    if (!(columns[name] instanceof type)) throw new Error(`the road network has no column ${name}`)
  const taken = (names: object) => Object.fromEntries(Object.keys(names).map((name) => [name, columns[name]]))
  const bytes = columns.nameBytes as Uint8Array
  const starts = columns.nameStart!
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const names = Array.from({ length: starts.length - 1 }, (_, at) =>
    text.toString('utf8', starts[at]!, starts[at + 1]!),
  )
  return {
    graph: { ...(taken(roadColumns) as unknown as Omit<RoadGraph, 'names'>), names },
    hierarchy: taken(hierarchyColumns) as unknown as Hierarchy,
  }
}

function nameStarts(text: readonly Buffer[]): Uint32Array {
  const starts = new Uint32Array(text.length + 1)
  text.forEach((name, at) => {
    starts[at + 1] = starts[at]! + name.length
  })
  return starts
}

const aligned = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT
