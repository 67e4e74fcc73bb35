/** Search indexes: made, described and asked by the vendor's SDK; an index follows its table a moment later. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import {
  assertRefused,
  columnsOf,
  ignore,
  keyOf,
  long,
  newTable,
  plain,
  sharedTables,
  TableStore,
} from './tables.fixture.ts'

const bed = sharedTables()
const { FieldType, QueryType, ColumnReturnType, AggregationType, GroupByType, SortOrder } = TableStore
const index = 'places_index'
let tableName = ''

const rows: Record<string, unknown>[] = [
  {
    id: 1,
    name: '北京烤鸭店',
    note: 'Roast Duck since 1864',
    city: 'beijing',
    stars: 5,
    price: 120.5,
    open: true,
    at: '39.9042,116.4074',
    tags: '["duck","old"]',
    day: '2026-01-01 08:00:00',
    dishes: '[{"dish":"duck","cost":99},{"dish":"soup","cost":10}]',
  },
  {
    id: 2,
    name: '望京土豆丝',
    note: 'Potatoes',
    city: 'beijing',
    stars: 3,
    price: 18,
    open: true,
    at: '39.9966,116.4702',
    tags: '["potato"]',
    day: '2026-01-01 20:00:00',
    dishes: '[{"dish":"potato","cost":15},{"dish":"soup","cost":99}]',
  },
  {
    id: 3,
    name: '上海小笼包',
    note: 'Dumplings, roast',
    city: 'shanghai',
    stars: 4,
    price: 36,
    open: false,
    at: '31.2304,121.4737',
    tags: '["dumpling","old"]',
    day: '2026-01-02 09:00:00',
  },
  {
    id: 4,
    name: '土豆之家',
    note: 'iPhone6 repair',
    city: 'shenzhen',
    stars: 4,
    price: 36,
    at: '22.5431,114.0579',
    day: '2026-01-05 09:00:00',
  },
  { id: 5, city: 'lhasa', stars: 1 },
]

const field = (fieldName: string, fieldType: number, more: object = {}) => ({
  fieldName,
  fieldType,
  index: true,
  ...more,
})
const fieldSchemas = [
  field('id', FieldType.LONG),
  field('name', FieldType.TEXT, { analyzer: 'max_word' }),
  field('note', FieldType.TEXT, {
    analyzer: 'single_word',
    analyzerParameter: { caseSensitive: false, delimitWord: true },
  }),
  field('city', FieldType.KEYWORD, { enableSortAndAgg: true }),
  field('stars', FieldType.LONG, { enableSortAndAgg: true }),
  field('price', FieldType.DOUBLE, { enableSortAndAgg: true }),
  field('open', FieldType.BOOLEAN),
  field('at', FieldType.GEO_POINT),
  field('tags', FieldType.KEYWORD, { isAnArray: true }),
  field('day', FieldType.DATE, { dateFormats: ['yyyy-MM-dd HH:mm:ss'] }),
  field('dishes', FieldType.NESTED, {
    fieldSchemas: [field('dish', FieldType.KEYWORD), field('cost', FieldType.LONG)],
  }),
  field('title', FieldType.TEXT, {
    analyzer: 'fuzzy',
    analyzerParameter: { minChars: 1, maxChars: 4 },
    isVirtualField: true,
    sourceFieldNames: ['name'],
  }),
]

const put = (table: string, { id, ...columns }: Record<string, unknown>) =>
  bed.client.putRow({
    tableName: table,
    condition: ignore(),
    primaryKey: [{ id: long(id as number) }],
    attributeColumns: Object.entries(columns).map(([name, value]) => ({
      [name]: typeof value === 'number' && name !== 'price' ? long(value) : value,
    })),
  })

const create = (table: string, indexName: string, schema: object = { fieldSchemas }, more: object = {}) =>
  bed.client.createSearchIndex({ tableName: table, indexName, schema, ...more })

const nothing = { returnType: ColumnReturnType.RETURN_NONE }
const search = (query: object, more: object = {}, columnToGet: object = nothing) =>
  bed.client.search({
    tableName,
    indexName: index,
    searchQuery: { offset: 0, limit: 10, query, getTotalCount: true, ...more },
    columnToGet,
  })
const q = (queryType: number, query: object) => ({ queryType, query })
const everything = q(QueryType.MATCH_ALL_QUERY, {})
const term = (fieldName: string, value: unknown) => q(QueryType.TERM_QUERY, { fieldName, term: value })
const ids = async (query: object, more: object = {}): Promise<unknown[]> =>
  (await search(query, more)).rows.map((row: Sdk) => keyOf(row)[0])
const settled = (table: string, indexName: string, count: number) =>
  until(
    async () => {
      const { totalCounts } = await bed.client.search({
        tableName: table,
        indexName,
        searchQuery: { limit: 0, query: everything, getTotalCount: true },
        columnToGet: nothing,
      })
      return Number(totalCounts) === count
    },
    { what: `${count} rows in the index` },
  )

describe('a search index', () => {
  before(async () => {
    tableName = await newTable(bed)
    // Some before the index, some after.
    for (const row of rows.slice(0, 3)) await put(tableName, row)
    await create(tableName, index)
    for (const row of rows.slice(3)) await put(tableName, row)
    await settled(tableName, index, rows.length)
  })

  test('is described as it was made, and listed', async () => {
    const described = await bed.client.describeSearchIndex({ tableName, indexName: index })
    const names = described.schema.fieldSchemas.map(({ fieldName }: Sdk) => fieldName)
    assert.deepEqual(
      names,
      fieldSchemas.map(({ fieldName }) => fieldName),
    )
    const note = described.schema.fieldSchemas[2]
    assert.deepEqual(
      [note.analyzer, note.analyzerParameter.delimitWord, note.docValues],
      ['single_word', true, false],
    )
    assert.deepEqual(
      [described.indexStatus.status, described.timeToLive],
      [TableStore.IndexStatus.RUNNING, -1],
    )
    assert.equal(described.syncStat.syncPhase, 2, 'INCR')
    const { indices } = await bed.client.listSearchIndex({ tableName })
    assert.deepEqual(
      indices.map(({ tableName: table, indexName }: Sdk) => [table, indexName]),
      [[tableName, index]],
    )
  })

  test('follows changes and removals, and goes away', async () => {
    const table = await newTable(bed)
    await create(table, 'i')
    await put(table, { id: 1, city: 'x' })
    await put(table, { id: 2, city: 'x' })
    await settled(table, 'i', 2)
    const found = async () =>
      (
        await bed.client.search({
          tableName: table,
          indexName: 'i',
          searchQuery: { query: term('city', 'x') },
          columnToGet: nothing,
        })
      ).rows.map((row: Sdk) => keyOf(row)[0])
    assert.deepEqual(await found(), [1, 2])
    await bed.client.deleteRow({ tableName: table, condition: ignore(), primaryKey: [{ id: long(1) }] })
    await put(table, { id: 2, city: 'y' })
    await until(async () => (await found()).length === 0, { what: 'an index that has followed' })
    await bed.client.deleteSearchIndex({ tableName: table, indexName: 'i' })
    await assertRefused(found(), 404, 'OTSObjectNotExist', 'search index [i] does not exist')
  })

  test('is refused when it cannot be', async () => {
    const table = await newTable(bed)
    await assertRefused(create('nowhere', 'i'), 404, 'OTSObjectNotExist', 'table [nowhere] does not exist')
    await assertRefused(create(tableName, index), 409, 'OTSObjectAlreadyExist')
    await assertRefused(create(table, 'i', { fieldSchemas: [] }), 400, 'OTSParameterInvalid')
    await assertRefused(
      create(table, 'i', { fieldSchemas: [field('v', FieldType.VECTOR)] }),
      501,
      'NotImplemented',
    )
    await assertRefused(create(table, 'i', { fieldSchemas }, { sourceIndexName: 'j' }), 501, 'NotImplemented')
    const versions = await newTable(bed, undefined, { maxVersions: 2 })
    await assertRefused(create(versions, 'i'), 400, 'OTSParameterInvalid', /max versions/)
    const expiring = await newTable(bed, undefined, { timeToLive: 86_400 })
    await assertRefused(
      create(expiring, 'i', { fieldSchemas }, { timeToLive: 86_400 }),
      400,
      'OTSParameterInvalid',
      /updates/,
    )
    await assertRefused(bed.client.deleteSearchIndex({ tableName, indexName: 'j' }), 404, 'OTSObjectNotExist')
  })
})

describe('a search', () => {
  test('finds Chinese and other texts', async () => {
    const match = (fieldName: string, text: string, more: object = {}) =>
      q(QueryType.MATCH_QUERY, { fieldName, text, ...more })
    const phrase = (fieldName: string, text: string) => q(QueryType.MATCH_PHRASE_QUERY, { fieldName, text })
    assert.deepEqual(await ids(match('name', '土豆')), [2, 4])
    assert.deepEqual(await ids(match('name', '京')), [1, 2])
    assert.deepEqual(await ids(match('name', '烤鸭 土豆')), [1, 2, 4])
    assert.deepEqual(await ids(match('name', '望京 土豆', { operator: TableStore.QueryOperator.AND })), [2])
    assert.deepEqual(await ids(match('name', '豆土')), [])
    assert.deepEqual(await ids(match('note', 'ROAST')), [1, 3])
    assert.deepEqual(await ids(phrase('note', 'roast duck')), [1])
    assert.deepEqual(await ids(phrase('note', 'duck roast')), [])
    assert.deepEqual(await ids(match('note', '6')), [4])
    assert.deepEqual(await ids(match('note', 'roast duck since', { minimumShouldMatch: 2 })), [1])
    assert.deepEqual(await ids(phrase('title', '海小笼')), [3])
    assert.deepEqual(await ids(q(QueryType.PREFIX_QUERY, { fieldName: 'note', prefix: 'dump' })), [3])
  })

  test('finds values, ranges, patterns and what is there', async () => {
    assert.deepEqual(await ids(term('city', 'beijing')), [1, 2])
    assert.deepEqual(await ids(term('tags', 'old')), [1, 3])
    assert.deepEqual(await ids(term('stars', long(4))), [3, 4])
    assert.deepEqual(await ids(term('open', true)), [1, 2])
    assert.deepEqual(
      await ids(q(QueryType.TERMS_QUERY, { fieldName: 'city', terms: ['lhasa', 'shanghai'] })),
      [3, 5],
    )
    const range = (fieldName: string, more: object) => q(QueryType.RANGE_QUERY, { fieldName, ...more })
    assert.deepEqual(
      await ids(
        range('stars', { rangeFrom: long(3), includeLower: false, rangeTo: long(5), includeUpper: true }),
      ),
      [1, 3, 4],
    )
    assert.deepEqual(await ids(range('price', { rangeFrom: 18.5, includeLower: true })), [1, 3, 4])
    assert.deepEqual(
      await ids(range('day', { rangeFrom: '2026-01-01 20:00:00', includeLower: true })),
      [2, 3, 4],
    )
    assert.deepEqual(await ids(range('city', { rangeFrom: 's', includeLower: true })), [3, 4])
    assert.deepEqual(await ids(q(QueryType.PREFIX_QUERY, { fieldName: 'city', prefix: 'sh' })), [3, 4])
    assert.deepEqual(await ids(q(QueryType.WILDCARD_QUERY, { fieldName: 'city', value: 'sh?n*n' })), [4])
    assert.deepEqual(await ids(q(QueryType.EXISTS_QUERY, { fieldName: 'tags' })), [1, 2, 3])
    assert.deepEqual(await ids(q(QueryType.EXISTS_QUERY, { fieldName: 'name' })), [1, 2, 3, 4])
    assert.deepEqual(await ids(q(QueryType.EXISTS_QUERY, { fieldName: 'dishes' })), [1, 2])
  })

  test('finds places', async () => {
    const near = (distance: number) =>
      q(QueryType.GEO_DISTANCE_QUERY, { fieldName: 'at', centerPoint: '39.9,116.4', distance })
    assert.deepEqual(await ids(near(2000)), [1])
    assert.deepEqual(await ids(near(20_000)), [1, 2])
    assert.deepEqual(
      await ids(
        q(QueryType.GEO_BOUNDING_BOX_QUERY, { fieldName: 'at', topLeft: '32,113', bottomRight: '20,122' }),
      ),
      [3, 4],
    )
    assert.deepEqual(
      await ids(
        q(QueryType.GEO_POLYGON_QUERY, { fieldName: 'at', points: ['45,110', '45,120', '35,120', '35,110'] }),
      ),
      [1, 2],
    )
    const sort = {
      sorters: [
        { geoDistanceSort: { fieldName: 'at', points: ['22.5,114'], order: SortOrder.SORT_ORDER_ASC } },
      ],
    }
    assert.deepEqual(await ids(everything, { sort }), [4, 3, 1, 2, 5])
  })

  test('puts queries together, also within what is nested', async () => {
    const bool = (query: object) => q(QueryType.BOOL_QUERY, query)
    assert.deepEqual(
      await ids(bool({ mustQueries: [term('city', 'beijing')], mustNotQueries: [term('stars', long(3))] })),
      [1],
    )
    assert.deepEqual(
      await ids(
        bool({ shouldQueries: [term('stars', long(1)), term('tags', 'potato')], minimumShouldMatch: 1 }),
      ),
      [2, 5],
    )
    assert.deepEqual(
      await ids(
        bool({
          shouldQueries: [term('stars', long(4)), term('tags', 'old'), term('open', false)],
          minimumShouldMatch: 2,
        }),
      ),
      [3],
    )
    const dish = (name: string, cost: number) =>
      q(QueryType.NESTED_QUERY, {
        path: 'dishes',
        scoreMode: TableStore.ScoreMode.SCORE_MODE_NONE,
        query: bool({ mustQueries: [term('dishes.dish', name), term('dishes.cost', long(cost))] }),
      })
    assert.deepEqual(await ids(dish('soup', 99)), [2])
    assert.deepEqual(await ids(dish('duck', 10)), [])
    assert.deepEqual(await ids(q(QueryType.CONST_SCORE_QUERY, { filter: term('stars', long(5)) })), [1])
    await assertRefused(search(term('dishes.dish', 'soup')), 400, 'OTSParameterInvalid', /nested query/)
  })

  test('sorts by fields and scores', async () => {
    const by = (...sorters: object[]) => ({ sort: { sorters } })
    const stars = { fieldSort: { fieldName: 'stars', order: SortOrder.SORT_ORDER_DESC } }
    const keyDown = { primaryKeySort: { order: SortOrder.SORT_ORDER_DESC } }
    assert.deepEqual(await ids(everything, by(stars)), [1, 3, 4, 2, 5])
    assert.deepEqual(await ids(everything, by(stars, keyDown)), [1, 4, 3, 2, 5])
    assert.deepEqual(
      await ids(everything, by({ fieldSort: { fieldName: 'price', order: SortOrder.SORT_ORDER_ASC } })),
      [2, 3, 4, 1, 5],
    )
    const score = { scoreSort: { order: SortOrder.SORT_ORDER_DESC } }
    const { searchHits, rows: found } = await search(
      q(QueryType.MATCH_QUERY, { fieldName: 'note', text: 'roast dumplings' }),
      by(score),
    )
    assert.deepEqual(
      found.map((row: Sdk) => keyOf(row)[0]),
      [3, 1],
    )
    assert.ok(searchHits[0].score > searchHits[1].score && searchHits[1].score > 0)
    const factor = q(QueryType.FUNCTION_SCORE_QUERY, {
      query: term('city', 'beijing'),
      fieldValueFactor: { fieldName: 'stars' },
    })
    const scored = await search(factor, by(score))
    assert.deepEqual(
      scored.searchHits.map((hit: Sdk) => hit.score),
      [5, 3],
    )
    assert.deepEqual(await ids(everything, { collapse: { fieldName: 'city' }, ...by(stars) }), [1, 3, 4, 5])
  })

  test('goes through pages by offset and by token', async () => {
    const sort = { sorters: [{ fieldSort: { fieldName: 'stars', order: SortOrder.SORT_ORDER_ASC } }] }
    assert.deepEqual(await ids(everything, { sort, offset: 2, limit: 2 }), [3, 4])
    const pages: unknown[] = []
    for (let token: unknown = null, first = true; first || token; first = false) {
      const page = await search(everything, { limit: 2, ...(token ? { token } : { sort }) })
      assert.equal(page.totalCounts, '5')
      pages.push(page.rows.map((row: Sdk) => keyOf(row)[0]))
      token = page.nextToken?.length > 0 ? page.nextToken : null
    }
    assert.deepEqual(pages, [[5, 2], [3, 4], [1]])
    await assertRefused(search(everything, { limit: 1001 }), 400, 'OTSParameterInvalid', /limit/)
    await assertRefused(search(everything, { offset: 100_000 }), 400, 'OTSParameterInvalid')
    await assertRefused(
      search(everything, { token: Buffer.from('none') }),
      400,
      'OTSParameterInvalid',
      'The token is invalid.',
    )
  })

  test('returns the columns that it is asked for', async () => {
    const columns = async (columnToGet: object) =>
      columnsOf((await search(term('id', long(5)), {}, columnToGet)).rows[0])
    assert.deepEqual(await columns(nothing), {})
    assert.deepEqual(await columns({ returnType: ColumnReturnType.RETURN_ALL }), { city: 'lhasa', stars: 1 })
    assert.deepEqual(
      await columns({ returnType: ColumnReturnType.RETURN_SPECIFIED, returnNames: ['stars'] }),
      { stars: 1 },
    )
    assert.deepEqual(await columns({ returnType: ColumnReturnType.RETURN_ALL_FROM_INDEX }), {
      city: 'lhasa',
      stars: 1,
    })
  })

  test('counts', async () => {
    const agg = (name: string, type: number, body: object) => ({ name, type, body })
    const { aggs } = await search(everything, {
      limit: 0,
      aggs: {
        aggs: [
          agg('avg', AggregationType.AGG_AVG, { fieldName: 'stars' }),
          agg('max', AggregationType.AGG_MAX, { fieldName: 'price' }),
          agg('min', AggregationType.AGG_MIN, { fieldName: 'stars' }),
          agg('sum', AggregationType.AGG_SUM, { fieldName: 'price', missing: 100 }),
          agg('count', AggregationType.AGG_COUNT, { fieldName: 'tags' }),
          agg('distinct', AggregationType.AGG_DISTINCT_COUNT, { fieldName: 'city' }),
          agg('half', AggregationType.AGG_PERCENTILES, { fieldName: 'price', percentiles: [0, 50, 100] }),
          agg('top', AggregationType.AGG_TOP_ROWS, {
            limit: 1,
            sort: { sorters: [{ fieldSort: { fieldName: 'price', order: SortOrder.SORT_ORDER_DESC } }] },
          }),
        ],
      },
    })
    const [avg, max, min, sum, count, distinct, half, top] = aggs.aggResults.map(
      ({ aggResult }: Sdk) => aggResult,
    )
    assert.deepEqual([avg.value, max.value, min.value, sum.value], [3.4, 120.5, 1, 310.5])
    assert.deepEqual([plain(count.value), plain(distinct.value)], [5, 4])
    assert.deepEqual(
      half.items.map(({ item }: Sdk) => [item.key, item.value]),
      [
        [0, 18],
        [50, 36],
        [100, 120.5],
      ],
    )
    assert.deepEqual(
      top.rows.map((row: Sdk) => keyOf(row)[0]),
      [1],
    )
  })

  test('groups, and counts within groups', async () => {
    const group = (type: number, body: object) => ({ name: 'g', type, body })
    const items = async (type: number, body: object) => {
      const { groupBys } = await search(everything, { limit: 0, groupBys: { groupBys: [group(type, body)] } })
      return groupBys.groupByResults[0].groupByResult.items
    }
    const counts = (some: Sdk[]) => some.map((item) => [item.key, plain(item.rowCount)])
    const byCity = await items(GroupByType.GROUP_BY_FIELD, {
      fieldName: 'city',
      size: 10,
      subAggs: { aggs: [{ name: 'm', type: AggregationType.AGG_MAX, body: { fieldName: 'stars' } }] },
      subGroupBys: { groupBys: [group(GroupByType.GROUP_BY_FIELD, { fieldName: 'stars', size: 5 })] },
    })
    assert.deepEqual(counts(byCity), [
      ['beijing', 2],
      ['lhasa', 1],
      ['shanghai', 1],
      ['shenzhen', 1],
    ])
    assert.equal(byCity[0].subAggsResult.aggResults[0].aggResult.value, 5)
    assert.deepEqual(counts(byCity[0].subGroupBysResult.groupByResults[0].groupByResult.items), [
      ['3', 1],
      ['5', 1],
    ])
    const byBest = await items(GroupByType.GROUP_BY_FIELD, {
      fieldName: 'city',
      size: 2,
      sort: { sorters: [{ subAggSort: { subAggName: 'm', order: SortOrder.SORT_ORDER_ASC } }] },
      subAggs: { aggs: [{ name: 'm', type: AggregationType.AGG_MAX, body: { fieldName: 'stars' } }] },
    })
    assert.deepEqual(counts(byBest), [
      ['lhasa', 1],
      ['shanghai', 1],
    ])
    const ranges = [
      { from: 0, to: 4 },
      { from: 4, to: 6 },
    ]
    const byStars = await items(GroupByType.GROUP_BY_RANGE, { fieldName: 'stars', ranges })
    assert.deepEqual(
      byStars.map((item: Sdk) => plain(item.rowCount)),
      [2, 3],
    )
    const byFilter = await items(GroupByType.GROUP_BY_FILTER, {
      filters: [term('tags', 'old'), term('stars', long(1))],
    })
    assert.deepEqual(
      byFilter.map((item: Sdk) => plain(item.rowCount)),
      [2, 1],
    )
    const byDistance = await items(GroupByType.GROUP_BY_GEO_DISTANCE, {
      fieldName: 'at',
      origin: { lat: 39.9, lon: 116.4 },
      ranges: [
        { from: 0, to: 5000 },
        { from: 5000, to: 3_000_000 },
      ],
    })
    assert.deepEqual(
      byDistance.map((item: Sdk) => plain(item.rowCount)),
      [1, 3],
    )
    const histogram = await items(GroupByType.GROUP_BY_HISTOGRAM, { fieldName: 'stars', interval: long(2) })
    assert.deepEqual(
      histogram.map((item: Sdk) => [plain(item.key), plain(item.value)]),
      [
        [0, 1],
        [2, 1],
        [4, 3],
      ],
    )
    const days = await items(GroupByType.GROUP_BY_DATE_HISTOGRAM, {
      fieldName: 'day',
      interval: { value: 1, unit: TableStore.DateTimeUnit.DAY },
      timeZone: '+08:00',
    })
    const months = await items(GroupByType.GROUP_BY_DATE_HISTOGRAM, {
      fieldName: 'day',
      interval: { value: 1, unit: TableStore.DateTimeUnit.MONTH },
      missing: '2025-11-30 23:00:00',
    })
    assert.deepEqual(
      months.map((item: Sdk) => [plain(item.timeStamp), plain(item.rowCount)]),
      [
        [Date.UTC(2025, 10), 1],
        [Date.UTC(2025, 11), 0],
        [Date.UTC(2026, 0), 4],
      ],
    )
    const china = (text: string) => Date.parse(`${text}T00:00:00+08:00`)
    assert.deepEqual(
      days.map((item: Sdk) => [plain(item.timeStamp), plain(item.rowCount)]),
      [
        [china('2026-01-01'), 1],
        [china('2026-01-02'), 2],
        [china('2026-01-03'), 0],
        [china('2026-01-04'), 0],
        [china('2026-01-05'), 1],
      ],
    )
  })

  test('scans all rows in pages', async () => {
    const { sessionId, splitsSize } = await bed.client.computeSplits({
      tableName,
      searchIndexSplitsOptions: { indexName: index },
    })
    assert.equal(splitsSize, 1)
    const found: unknown[] = []
    for (let token: unknown, first = true; first || token; first = false) {
      const page = await bed.client.parallelScan({
        tableName,
        indexName: index,
        columnToGet: nothing,
        sessionId,
        scanQuery: {
          query: everything,
          limit: 2,
          aliveTime: 30,
          currentParallelId: 0,
          maxParallel: 1,
          token,
        },
      })
      found.push(page.rows.map((row: Sdk) => keyOf(row)[0]))
      token = page.nextToken?.length > 0 ? page.nextToken : undefined
    }
    assert.deepEqual(found, [[1, 2], [3, 4], [5]])
  })

  test('is refused when it cannot be', async () => {
    const refused = (query: object, message: string | RegExp, more: object = {}) =>
      assertRefused(search(query, more), 400, 'OTSParameterInvalid', message)
    await refused(term('none', 'x'), 'The field [none] does not exist in the index.')
    await refused(term('stars', 'x'), 'The type of value is not matched with the type of field [stars].')
    await refused(q(QueryType.MATCH_QUERY, { fieldName: 'stars', text: 'x' }), /neither a text nor a keyword/)
    await refused(
      q(QueryType.GEO_DISTANCE_QUERY, { fieldName: 'at', centerPoint: '91,0', distance: 1 }),
      /Invalid geo point/,
    )
    await refused(
      q(QueryType.WILDCARD_QUERY, { fieldName: 'city', value: '*'.repeat(33) }),
      /length of wildcard/,
    )
    await refused(everything, /cannot be sorted/, {
      sort: { sorters: [{ fieldSort: { fieldName: 'name', order: 0 } }] },
    })
    const deep = Array.from({ length: 25 }).reduce(
      (inner: object) => q(QueryType.CONST_SCORE_QUERY, { filter: inner }),
      everything,
    )
    await refused(deep, /deeper/)
    const many = (count: number, query: object) =>
      q(QueryType.BOOL_QUERY, {
        shouldQueries: Array.from({ length: count }, () => query),
        minimumShouldMatch: 1,
      })
    await refused(many(256, everything), /number of queries/)
    const terms = q(QueryType.TERMS_QUERY, {
      fieldName: 'city',
      terms: Array.from({ length: 1024 }, () => 'x'),
    })
    await refused(many(9, terms), /terms of all queries/)
    assert.deepEqual(await ids(many(8, terms)), [])
    const text = q(QueryType.MATCH_QUERY, { fieldName: 'note', text: 'duck' })
    const byScore = { sort: { sorters: [{ scoreSort: { order: SortOrder.SORT_ORDER_DESC } }] } }
    await refused(many(51, text), /count for its scores/, byScore)
    assert.deepEqual(await ids(many(50, text), byScore), [1])
    assert.deepEqual(await ids(many(255, text)), [1])
    await assertRefused(search(everything, { highlight: { highlightParameters: [] } }), 501, 'NotImplemented')
  })
})
