/** The search index of Table Store: the nearest ten among many places, beside looking at all of them. */
import type { Sdk } from '../../test/clients.fixture.ts'
import { ignore, long, TableStore, tablesClient } from '../../test/conformance/tables/tables.fixture.ts'
import { captured } from '../lib/captured.ts'
import { seeded } from '../lib/chance.ts'
import { type Loops, loops, type RawRequest, sendRaw } from '../lib/loops.ts'
import { platform } from '../lib/platforms.ts'
import type { Bench, Group } from '../lib/row.ts'
import { median, show } from '../lib/statistics.ts'

const nearest = 10
const batchRows = 200
const batchesAtOnce = 4
/** Questions, each from another place. */
const questions = 64
const region = { lat: 30, lon: 120, degrees: 1 }
const { QueryType, FieldType, SortOrder, ColumnReturnType } = TableStore

interface Place {
  lat: number
  lon: number
}

export const search: Group = {
  name: 'search',
  title: `The nearest ${nearest} places (peer: the distances to all of them, in memory, sorted)`,

  async run(bench) {
    const count = bench.quick ? 5000 : 100_000
    const random = seeded(20261129)
    const somewhere = (): Place => ({
      lat: region.lat + random() * region.degrees,
      lon: region.lon + random() * region.degrees,
    })
    const places = Array.from({ length: count }, somewhere)
    const from = Array.from({ length: questions }, somewhere)

    const on = await platform(bench, { sandbox: 'process' })
    const client = tablesClient(on)
    await makeTable(client)
    const startedMs = performance.now()
    await fill(bench, client, places)
    await untilFound(client, count)
    const perSecond = (count * 1000) / (performance.now() - startedMs)

    const asked: RawRequest[] = []
    for (const place of from) {
      asked.push(
        await captured(on.endpoints.ots!, (ots) =>
          ask(tablesClient({ ...on, endpoints: { ...on.endpoints, ots } }), place),
        ),
      )
    }
    const wire: Loops[] = []
    const scan: Loops[] = []
    const durationMs = bench.quick ? 500 : 2000
    for (const _ of bench.rounds({ count: bench.quick ? 1 : 5, withinMs: 30_000 })) {
      scan.push(await loops({ connections: 1, durationMs }, async (_c, at) => scanned(places, from[at % questions]!))) // biome-ignore format: one line
      wire.push(await loops({ connections: 1, durationMs }, (_c, at) => sendRaw(asked[at % questions]!)))
    }
    const named = count.toLocaleString('en')
    return [
      { what: `${named} rows written in batches of ${batchRows} and found by the index (rows/s)`, perSecond: show(perSecond) }, // biome-ignore format: one line
      { what: `nearest ${nearest} of ${named}: all distances, sorted`, ...told(scan) },
      {
        what: `nearest ${nearest} of ${named}: Hanshu, GeoDistanceSort, signed`,
        ...told(wire),
        ratio: show(median(wire.map(({ perSecond }, round) => perSecond / scan[round]!.perSecond))!),
      },
    ]
  },
}

const told = (runs: readonly Loops[]) => ({
  median: show(median(runs.map(({ p50Ms }) => p50Ms)), 'ms'),
  p99: show(median(runs.map(({ p99Ms }) => p99Ms)), 'ms'),
  perSecond: show(median(runs.map(({ perSecond }) => perSecond))),
})

async function makeTable(client: Sdk): Promise<void> {
  await client.createTable({
    tableMeta: { tableName: 'places', primaryKey: [{ name: 'id', type: 'INTEGER' }] },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 1 },
    streamSpecification: { enableStream: false },
  })
  await client.createSearchIndex({
    tableName: 'places',
    indexName: 'by_place',
    schema: { fieldSchemas: [{ fieldName: 'at', fieldType: FieldType.GEO_POINT, index: true, enableSortAndAgg: true }] }, // biome-ignore format: one line
  })
}

async function fill(bench: Bench, client: Sdk, places: readonly Place[]): Promise<void> {
  let next = 0
  const write = async (): Promise<void> => {
    while (next < places.length) {
      const first = next
      next += batchRows
      if (first % 20_000 === 0) bench.progress(`  ${first} of ${places.length} rows`)
      await client.batchWriteRow({
        tables: [
          {
            tableName: 'places',
            rows: places.slice(first, next).map(({ lat, lon }, at) => ({
              type: 'PUT',
              condition: ignore(),
              primaryKey: [{ id: long(first + at) }],
              attributeColumns: [{ at: `${lat},${lon}` }],
            })),
          },
        ],
      })
    }
  }
  await Promise.all(Array.from({ length: batchesAtOnce }, write))
}

const query = (more: object) => ({
  tableName: 'places',
  indexName: 'by_place',
  searchQuery: { query: { queryType: QueryType.MATCH_ALL_QUERY, query: {} }, ...more },
  columnToGet: { returnType: ColumnReturnType.RETURN_NONE },
})

async function untilFound(client: Sdk, count: number): Promise<void> {
  for (;;) {
    const { totalCounts } = await client.search(query({ limit: 0, getTotalCount: true }))
    if (Number(totalCounts) === count) return
    await new Promise((later) => setTimeout(later, 100))
  }
}

const ask = (client: Sdk, { lat, lon }: Place): Promise<unknown> =>
  client.search(
    query({
      offset: 0,
      limit: nearest,
      sort: { sorters: [{ geoDistanceSort: { fieldName: 'at', points: [`${lat},${lon}`], order: SortOrder.SORT_ORDER_ASC } }] }, // biome-ignore format: one line
    }),
  )

function scanned(places: readonly Place[], from: Place): Place[] {
  const radians = Math.PI / 180
  const distance = ({ lat, lon }: Place): number => {
    const a = Math.sin(((lat - from.lat) * radians) / 2) ** 2
    const b = Math.sin(((lon - from.lon) * radians) / 2) ** 2
    return Math.asin(Math.sqrt(a + Math.cos(lat * radians) * Math.cos(from.lat * radians) * b))
  }
  return places
    .map((place) => ({ place, far: distance(place) }))
    .sort((one, other) => one.far - other.far)
    .slice(0, nearest)
    .map(({ place }) => place)
}
