import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { networkOfExtract } from '../build.ts'
import type { RoadNetwork } from '../road-network.ts'
import { cityOf } from './city.ts'
import { type Drawing, pbfOf } from './pbf.testing.ts'
import { type Tags, visit } from './pbf.ts'

/** A cross: 1 west, 2 south, 3 east, 4 north of 5; and 6 beyond 3. */
const at = { 1: [0, 1], 2: [1, 0], 3: [2, 1], 4: [1, 2], 5: [1, 1], 6: [3, 1] } as const
const nodes: Drawing['nodes'] = Object.entries(at).map(([id, [x, y]]) => ({
  id: Number(id),
  lng: 121 + x / 1000,
  lat: 31 + y / 1000,
}))
const road = { highway: 'residential' }
const cross: Drawing = {
  nodes,
  ways: [
    { id: 11, refs: [1, 5], tags: { ...road, name: '西路' } },
    { id: 12, refs: [2, 5], tags: road },
    { id: 13, refs: [5, 3, 6], tags: road },
    { id: 14, refs: [5, 4], tags: road },
  ],
}
const restriction = (
  kind: string,
  from: number,
  via: { node: number } | { way: number },
  to: number,
  more: Tags = {},
) => ({
  // biome-ignore format: one line
  members: [
    { type: 'way' as const, id: from, role: 'from' },
    'node' in via
      ? { type: 'node' as const, id: via.node, role: 'via' }
      : { type: 'way' as const, id: via.way, role: 'via' },
    { type: 'way' as const, id: to, role: 'to' },
  ],
  tags: { type: 'restriction', restriction: kind, ...more },
})

/** Metres between two nodes of a drawing; the nearest place to each is the node itself. */
function metres(network: RoadNetwork, from: keyof typeof at, to: keyof typeof at): number {
  const node = (name: keyof typeof at): number => {
    const found = Array.from({ length: network.nodeCount }, (_, place) => place).find((place) => {
      const { lng, lat } = network.positionOf(place)
      return Math.abs(lng - 121 - at[name][0] / 1000) < 1e-6 && Math.abs(lat - 31 - at[name][1] / 1000) < 1e-6
    })
    assert.notEqual(found, undefined, `node ${name} is no junction`)
    return found!
  }
  return network.metres(node(from), node(to))
}
const network = (drawing: Partial<Drawing>): RoadNetwork => networkOfExtract(pbfOf({ ...cross, ...drawing }))
const withTags = (id: number, tags: Tags): Drawing['ways'] =>
  cross.ways.map((way) => (way.id === id ? { ...way, tags } : way))

describe('a city of an OpenStreetMap extract', () => {
  it('reads nodes, ways and relations as they were written', () => {
    const seen: unknown[] = []
    visit(pbfOf({ ...cross, relations: [restriction('no_left_turn', 11, { node: 5 }, 14)] }), {
      node: (id, lng, lat) => seen.push([id, lng, lat]),
      way: (id, refs, tags) => seen.push([id, refs, tags]),
      relation: (_id, members, tags) => seen.push([members[1], tags['restriction']]),
    })
    assert.deepEqual(seen[0], [1, 1_210_000_000, 310_010_000])
    assert.deepEqual(seen[6], [11, [1, 5], { highway: 'residential', name: '西路' }])
    assert.deepEqual(seen.at(-1), [{ type: 'node', id: 5, role: 'via' }, 'no_left_turn'])
  })

  it('has ways of their length, cut at junctions', () => {
    const free = network({})
    assert.ok(Math.abs(metres(free, 1, 4) - 206.5) < 0.5)
    assert.equal(free.graph.edgeFrom.length, 4)
    assert.deepEqual(free.graph.names, ['', '西路'])
  })

  it('rides one-way roads in their direction only, unless bicycles may', () => {
    assert.equal(
      metres(network({ ways: withTags(11, { ...road, oneway: 'yes' }) }), 4, 1),
      Number.POSITIVE_INFINITY,
    )
    assert.equal(
      metres(network({ ways: withTags(11, { ...road, oneway: '-1' }) }), 1, 4),
      Number.POSITIVE_INFINITY,
    )
    for (const tags of [{ 'oneway:bicycle': 'no' }, { cycleway: 'opposite' }] as Tags[])
      assert.ok(metres(network({ ways: withTags(11, { ...road, oneway: 'yes', ...tags }) }), 4, 1) < 300)
  })

  it('leaves out what an electric bike may not ride', () => {
    const closed: Tags[] = [{ highway: 'motorway' }, { highway: 'trunk' }, { highway: 'steps' }, { ...road, access: 'private' }, { ...road, bicycle: 'no' }, { building: 'yes' }] // biome-ignore format: one line
    for (const tags of closed) assert.equal(network({ ways: withTags(14, tags) }).graph.edgeFrom.length, 3)
    for (const tags of [
      { ...road, access: 'no', bicycle: 'yes' },
      { highway: 'trunk', bicycle: 'yes' },
    ] as Tags[])
      assert.equal(network({ ways: withTags(14, tags) }).graph.edgeFrom.length, 4)
  })

  it('pushes the bike where people walk, and is slower there', () => {
    const pushed = network({ ways: withTags(14, { highway: 'footway' }) })
    const ridden = network({ ways: withTags(14, { highway: 'footway', bicycle: 'designated' }) })
    const edge = (of: RoadNetwork) => of.graph.edgeMs[3]!
    assert.ok(edge(pushed) > 2 * edge(ridden))
  })

  it('forbids the turn at its node, and no other', () => {
    const restricted = network({ relations: [restriction('no_left_turn', 11, { node: 5 }, 14)] })
    // To the next junction or end, and back from there.
    assert.ok(metres(restricted, 1, 4) > 390)
    assert.ok(metres(restricted, 1, 6) < 310)
    assert.ok(metres(restricted, 2, 4) < 230)
  })

  it('commands the turn, which forbids the others', () => {
    const restricted = network({ relations: [restriction('only_right_turn', 11, { node: 5 }, 12)] })
    assert.ok(metres(restricted, 1, 2) < 210)
    assert.ok(metres(restricted, 1, 4) > 390)
    assert.ok(metres(restricted, 1, 6) > 500)
  })

  it('forbids the way over another way, and only that', () => {
    const ways = [
      { id: 21, refs: [1, 5], tags: { ...road, oneway: 'yes' } },
      { id: 22, refs: [5, 3], tags: { ...road, oneway: 'yes' } },
      { id: 23, refs: [3, 6], tags: { ...road, oneway: 'yes' } },
      { id: 24, refs: [2, 5], tags: road },
    ]
    const restricted = network({ ways, relations: [restriction('no_straight_on', 21, { way: 22 }, 23)] })
    assert.ok(metres(restricted, 2, 6) < 310)
    assert.ok(metres(restricted, 1, 3) < 200)
    assert.ok(metres(restricted, 1, 6) > 490, 'by way of 2, where it turns')
  })

  it('does not hold bicycles to restrictions they are excepted from', () => {
    const relations = [restriction('no_left_turn', 11, { node: 5 }, 14, { except: 'psv;bicycle' })]
    assert.ok(metres(network({ relations }), 1, 4) < 230)
  })

  it('does not pass a locked gate', () => {
    const gate = { barrier: 'gate', access: 'private' }
    const blocked = network({ nodes: nodes.map((node) => (node.id === 3 ? { ...node, tags: gate } : node)) })
    assert.equal(metres(blocked, 1, 6), Number.POSITIVE_INFINITY)
  })

  it('bears a way whose nodes are not all in the file', () => {
    const cutOff = network({ nodes: nodes.filter(({ id }) => id !== 3) })
    assert.ok(metres(cutOff, 1, 4) < 230)
  })

  it('refuses files that are none, are cut off, or require what is unknown', () => {
    const file = pbfOf(cross)
    assert.throws(() => cityOf(new Uint8Array(64).fill(200)), /no \.osm\.pbf file/)
    assert.throws(() => cityOf(file.subarray(0, file.length - 5)), /ends in the middle/)
    assert.throws(
      () => cityOf(pbfOf({ ...cross, requires: 'HistoricalInformation' })),
      /HistoricalInformation/,
    )
  })

  it('is built from the extracts that come with it', () => {
    const extract = (name: string) =>
      readFileSync(join(import.meta.dirname, '../extracts', `${name}.osm.pbf`))
    const beijing = cityOf(extract('beijing-tsinghua'))
    assert.equal(beijing.found.restrictions, 5)
    assert.equal(beijing.found.restrictionsUnclear, 0)
    const built = networkOfExtract(extract('shanghai-renmin'))
    const from = built.nearest({ lng: 121.47, lat: 31.228 })!
    const to = built.nearest({ lng: 121.4795, lat: 31.234 })!
    const route = built.route(from.place, to.place)!
    assert.equal(route.ms, built.ms(from.place, to.place))
    assert.ok(route.metres > 1000 && route.metres < 3000)
    assert.ok(route.steps.some(({ roadName }) => roadName.endsWith('路')))
  })
})
