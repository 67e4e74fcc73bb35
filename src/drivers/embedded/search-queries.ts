/** Searches, on the connection of the thread that reads: each ends when it has taken too long. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { distanceM, type GeoPoint, isInPolygon } from '../../lib/geo.ts'
import {
  type Condition,
  type DocumentSearch,
  type FoundDocument,
  type Group,
  type Grouping,
  type IndexedValue,
  type Measures,
  type Position,
  SearchTookTooLong,
  type SortBy,
  type ValueField,
} from '../../ports/search-index.ts'
import { fieldKinds } from './search-jobs.ts'
import { Sql } from './search-sql.ts'

export type SearchQuery =
  | { do: 'find'; index: string; search: DocumentSearch }
  | { do: 'count'; index: string; condition: Condition }
  | { do: 'measure'; index: string; condition: Condition; field: ValueField }
  | { do: 'quantiles'; index: string; condition: Condition; wanted: ValueField & { fractions: number[] } }
  | { do: 'groups'; index: string; condition: Condition; wanted: Grouping }
  | { do: 'noteOf'; index: string }
  | { do: 'indexes' }

interface Asked {
  /** How long it may take, in milliseconds. */
  timeMs: number
  nowMs(): number
}

type Row = Record<string, unknown>

/** Rows looked at between two looks at the clock. */
const ROWS_BETWEEN = 256

/** How far to look for what is nearest, before everything is looked at. */
const RADIUSES_M = [1000, 10_000, 100_000, 1_000_000]

export function queriesOn(database: DatabaseSync, { timeMs, nowMs }: Asked): (query: SearchQuery) => unknown {
  let endMs = 0
  let left = ROWS_BETWEEN
  // Called for each row that a search comes by, as SQLite itself cannot be interrupted from here.
  database.function('alive', { deterministic: false }, () => {
    if (--left > 0) return 1
    left = ROWS_BETWEEN
    if (nowMs() > endMs) throw new SearchTookTooLong()
    return 1
  })
  const options = { deterministic: true }
  database.function('distance', options, (aLatitude, aLongitude, bLatitude, bLongitude) =>
    distanceM(point(aLatitude, aLongitude), point(bLatitude, bLongitude)),
  )
  let polygon: { text: unknown; corners: GeoPoint[] } | undefined
  database.function('in_polygon', options, (latitude, longitude, text) => {
    if (polygon?.text !== text) polygon = { text, corners: JSON.parse(String(text)) as GeoPoint[] }
    return isInPolygon(point(latitude, longitude), polygon.corners) ? 1 : 0
  })
  const findIndex = database.prepare('SELECT id, note FROM indexes WHERE name = ?')
  const findFields = database.prepare('SELECT id, name, kind FROM fields WHERE indexId = ?')
  const names = database.prepare('SELECT name FROM indexes ORDER BY name')

  function prepared(sql: Sql, select: string): { all(): Row[]; get(): Row | undefined } {
    const statement: StatementSync = database.prepare(sql.statement(select))
    statement.setReadBigInts(true)
    statement.setAllowUnknownNamedParameters(true)
    return {
      all: () => statement.all(sql.bound) as Row[],
      get: () => statement.get(sql.bound) as Row | undefined,
    }
  }

  function sqlFor(index: number): Sql {
    const fields = new Map(
      (findFields.all(index) as unknown as { id: number; name: string; kind: number }[]).map((field) => [
        field.name,
        field,
      ]),
    )
    return new Sql({
      fieldId: (name) => fields.get(name)?.id,
      kindOf: (name) => {
        const field = fields.get(name)
        return field && fieldKinds[field.kind]
      },
    })
  }

  function find(index: number, search: DocumentSearch): FoundDocument[] {
    const [first, second] = search.sort
    if (first?.by === 'key' && search.collapse === undefined)
      return findByKey(index, search, first.descending)
    const isNearest =
      first?.by === 'distance' &&
      first.mode === 'min' &&
      !first.descending &&
      !first.within &&
      second?.by === 'key'
    if (!isNearest || search.collapse !== undefined) return findSorted(index, search)
    const { field, from } = first
    // What is far away need not be measured, when enough is near.
    for (const radiusM of RADIUSES_M) {
      const near = from.map((center): Condition => ({ is: 'near', field, center, radiusM }))
      const condition: Condition = { is: 'and', of: [search.condition, { is: 'or', of: near }] }
      const found = findSorted(index, { ...search, condition })
      if (found.length === search.limit) return found
    }
    return findSorted(index, search)
  }

  /** As documents are kept in this order, no more of them are looked at than are asked for. */
  function findByKey(
    index: number,
    { condition, after, offset, limit }: DocumentSearch,
    descending: boolean,
  ): FoundDocument[] {
    const sql = sqlFor(index)
    const behind = after ? ` AND d.key ${descending ? '<' : '>'} ${sql.bind(after.key)}` : ''
    const rows = prepared(
      sql,
      `${sql.documents(index, condition, 'd.key')}${behind} ORDER BY d.key${descending ? ' DESC' : ''} LIMIT ${limit} OFFSET ${offset}`,
    ).all()
    return rows.map(({ key }) => ({ key: key as Uint8Array, values: [null] }))
  }

  function findSorted(index: number, search: DocumentSearch): FoundDocument[] {
    const { condition, sort, after, offset, limit, collapse } = search
    const sql = sqlFor(index)
    const score =
      search.score && sort.some(({ by }) => by === 'score') ? sql.score(search.score, 'h.id') : undefined
    const hits = sql.table(sql.documents(index, condition, 'd.id, d.key'))
    const scored = sql.table(
      `SELECT h.id, h.key, ${score ? score.value : '0.0'} AS score FROM ${hits} h ${score?.joins.join(' ') ?? ''}`,
    )
    const values = sort.map((by, at) => `${sql.sortValue(by, 's.id')} AS v${at}`)
    const group = collapse === undefined ? '' : `, ${sql.least(collapse, 's.id')} AS g`
    const sorted = sql.table(
      `SELECT s.key, s.score, ${values.join(', ')}${group} FROM ${scored} s WHERE alive()`,
    )
    const order = sort.flatMap(termsOf).map(({ term, descending }) => `${term}${descending ? ' DESC' : ''}`)
    const from =
      collapse === undefined
        ? sorted
        : `(SELECT *, row_number() OVER (PARTITION BY g ORDER BY ${order.join(', ')}) AS place FROM ${sorted}) WHERE place = 1`
    const behind = after ? `${collapse === undefined ? 'WHERE' : 'AND'} ${behindOf(sql, sort, after)}` : ''
    const rows = prepared(
      sql,
      `SELECT * FROM ${from} ${behind} ORDER BY ${order.join(', ')} LIMIT ${limit} OFFSET ${offset}`,
    ).all()
    return rows.map((row) => ({
      key: row.key as Uint8Array,
      values: sort.map((_, at) => row[`v${at}`] as IndexedValue | null),
      ...(score ? { score: Number(row.score) } : {}),
    }))
  }

  const valuesOf = (index: number, condition: Condition, { field, missing }: ValueField) => {
    const sql = sqlFor(index)
    const hits = sql.table(sql.documents(index, condition))
    return { sql, values: sql.table(sql.values(field, missing, hits)) }
  }

  function measure(index: number, condition: Condition, field: ValueField): Measures {
    const { sql, values } = valuesOf(index, condition, field)
    const row = prepared(
      sql,
      `SELECT count(*) AS count, count(DISTINCT value) AS distinctCount, total(value) AS sum, min(value) AS min, max(value) AS max FROM ${values}`,
    ).get()!
    return {
      count: Number(row.count),
      distinct: Number(row.distinctCount),
      sum: Number(row.sum),
      ...(row.min === null ? {} : { min: row.min as IndexedValue, max: row.max as IndexedValue }),
    }
  }

  function quantiles(
    index: number,
    condition: Condition,
    wanted: ValueField & { fractions: number[] },
  ): number[] {
    const { sql, values } = valuesOf(index, condition, wanted)
    const count = Number(prepared(sql, `SELECT count(*) AS count FROM ${values}`).get()!.count)
    if (count === 0) return []
    const at = (place: number): number =>
      Number(prepared(sql, `SELECT value FROM ${values} ORDER BY value LIMIT 1 OFFSET ${place}`).get()!.value)
    return wanted.fractions.map((fraction) => {
      const place = fraction * (count - 1)
      const [low, high] = [at(Math.floor(place)), at(Math.ceil(place))]
      return low + (high - low) * (place - Math.floor(place))
    })
  }

  function groups(index: number, condition: Condition, wanted: Grouping): Group[] {
    const { interval, order, atLeast, limit } = wanted
    const { sql, values } = valuesOf(index, condition, wanted)
    const key = interval
      ? `floor((value - ${sql.bind(interval.offset)}) / ${sql.bind(interval.width)})`
      : 'value'
    const orders = order.map(
      ({ by, descending }) => `${by === 'key' ? 'k' : 'n'}${descending ? ' DESC' : ''}`,
    )
    const rows = prepared(
      sql,
      `SELECT ${key} AS k, count(DISTINCT document) AS n FROM ${values} GROUP BY k HAVING n >= ${atLeast} ORDER BY ${[...orders, 'k'].join(', ')} LIMIT ${limit}`,
    ).all()
    return rows.map(({ k, n }) => ({
      key: interval ? Number(k) * interval.width + interval.offset : (k as IndexedValue),
      count: Number(n),
    }))
  }

  function answer(query: SearchQuery): unknown {
    if (query.do === 'indexes') return names.all().map(({ name }) => name)
    const found = findIndex.get(query.index) as { id: number; note: string | null } | undefined
    if (query.do === 'noteOf') return found?.note ?? undefined
    // An index without documents is not there, and answers as one that is empty.
    const index = found?.id ?? -1
    switch (query.do) {
      case 'find':
        return find(index, query.search)
      case 'count': {
        const sql = sqlFor(index)
        return Number(prepared(sql, sql.documents(index, query.condition, 'count(*) AS count')).get()!.count)
      }
      case 'measure':
        return measure(index, query.condition, query.field)
      case 'quantiles':
        return quantiles(index, query.condition, query.wanted)
      case 'groups':
        return groups(index, query.condition, query.wanted)
    }
  }

  return (query) => {
    endMs = nowMs() + timeMs
    left = ROWS_BETWEEN
    return answer(query)
  }
}

const point = (latitude: unknown, longitude: unknown): GeoPoint => ({
  latitude: Number(latitude),
  longitude: Number(longitude),
})

/** What SQLite sorts by for one thing that is sorted by: of two terms, the first keeps those without a value apart. */
function termsOf(sort: SortBy, at: number): { term: string; descending: boolean }[] {
  const { descending } = sort
  if (sort.by === 'key') return [{ term: 'key', descending }]
  const value = { term: `v${at}`, descending }
  return [{ term: `(v${at} IS NULL)`, descending: isFirst(sort) }, value]
}

const isFirst = (sort: SortBy): boolean => sort.by === 'value' && sort.missing === 'first'

function behindOf(sql: Sql, sort: readonly SortBy[], { values, key }: Position): string {
  const terms = sort.flatMap((by, at) => {
    const value = values[at] ?? null
    return termsOf(by, at).map(({ term, descending }, part) => {
      const bound =
        by.by === 'key'
          ? sql.bind(key)
          : part === 0
            ? String(Number(value === null))
            : value === null
              ? 'NULL'
              : sql.bind(value)
      return { term, bound, isMore: `${term} ${descending ? '<' : '>'} ${bound}` }
    })
  })
  const cases = terms.map(({ isMore }, at) =>
    [...terms.slice(0, at).map(({ term, bound }) => `${term} IS ${bound}`), isMore].join(' AND '),
  )
  return `(${cases.map((one) => `(${one})`).join(' OR ')})`
}
