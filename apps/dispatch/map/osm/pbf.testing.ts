/** Writes small `.osm.pbf` files for tests: dense nodes, ways and relations, all in one block each. */
import { deflateSync } from 'node:zlib'
import type { Member, Tags } from './pbf.ts'

export interface Drawing {
  /** Degrees. */
  nodes: { id: number; lng: number; lat: number; tags?: Tags }[]
  ways: { id: number; refs: number[]; tags: Tags }[]
  relations?: { members: Member[]; tags: Tags }[]
  requires?: string
}

type Bytes = number[]

function varint(value: number): Bytes {
  const bytes: Bytes = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return [...bytes, left]
}
const zigzag = (value: number): Bytes => varint(value < 0 ? -2 * value - 1 : 2 * value)
const field = (number: number, content: Bytes): Bytes => [
  ...varint(number * 8 + 2),
  ...varint(content.length),
  ...content,
]
const numberField = (number: number, value: number): Bytes => [...varint(number * 8), ...varint(value)]
const packed = (number: number, values: readonly number[]): Bytes => field(number, values.flatMap(varint))
const deltas = (number: number, values: readonly number[]): Bytes =>
  field(
    number,
    values.flatMap((value, at) => zigzag(value - (values[at - 1] ?? 0))),
  )
const text = (value: string): Bytes => [...Buffer.from(value)]

export function pbfOf({ nodes, ways, relations = [], requires = 'DenseNodes' }: Drawing): Uint8Array {
  const strings = ['']
  const string = (value: string): number => {
    if (!strings.includes(value)) strings.push(value)
    return strings.indexOf(value)
  }
  const tagFields = (tags: Tags): Bytes => [
    ...packed(2, Object.keys(tags).map(string)),
    ...packed(3, Object.values(tags).map(string)),
  ]
  const dense = field(2, [
    ...deltas(1, nodes.map(({ id }) => id)), // biome-ignore format: one line
    ...deltas(8, nodes.map(({ lat }) => Math.round(lat * 1e7))), // biome-ignore format: one line
    ...deltas(9, nodes.map(({ lng }) => Math.round(lng * 1e7))), // biome-ignore format: one line
    ...packed(
      10,
      nodes.flatMap(({ tags = {} }) => [...Object.entries(tags).flatMap(([key, value]) => [string(key), string(value)]), 0]), // biome-ignore format: one line
    ),
  ])
  const roads = ways.flatMap(({ id, refs, tags }) =>
    field(3, [...numberField(1, id), ...tagFields(tags), ...deltas(8, refs)]),
  )
  const others = relations.flatMap(({ members, tags }, at) =>
    field(4, [
      ...numberField(1, at + 1),
      ...tagFields(tags),
      ...packed(8, members.map(({ role }) => string(role))), // biome-ignore format: one line
      ...deltas(9, members.map(({ id }) => id)), // biome-ignore format: one line
      ...packed(10, members.map(({ type }) => ['node', 'way', 'relation'].indexOf(type))), // biome-ignore format: one line
    ]),
  )
  const groups = [dense, roads, others].flatMap((group) => field(2, group))
  const table = field(
    1,
    strings.flatMap((value) => field(1, text(value))),
  )
  return Uint8Array.from([
    ...block('OSMHeader', field(4, text(requires))),
    ...block('OSMData', [...table, ...groups]),
  ])
}

function block(type: string, content: Bytes): Bytes {
  const blob = [...numberField(2, content.length), ...field(3, [...deflateSync(Uint8Array.from(content))])]
  const header = [...field(1, text(type)), ...numberField(3, blob.length)]
  return [0, 0, header.length >> 8, header.length & 255, ...header, ...blob]
}
