/** Conditions, scores and orders as SQL. `id` is always an expression for the number of the document that is looked at. */
import type { GeoBox, GeoPoint } from '../../lib/geo.ts'
import { boxAround, boxOf } from '../../lib/geo.ts'
import type { Condition, IndexedValue, Score, SortBy, Within, WordsWanted } from '../../ports/search-index.ts'
import { matching, textTable } from './search-words.ts'

/** The tree's boxes are of 32 bits and no smaller than what they hold, but for what is so near to zero that they lose it. */
const TREE_LOSS = 2 ** -126

/** What a search knows of the index that it is about. */
export interface Names {
  fieldId(name: string): number | undefined
  kindOf(name: string): 'values' | 'words' | 'points' | 'path' | undefined
}

type Bound = number | bigint | string | Uint8Array

/** A statement in the making: what is bound to it, and tables that are computed once for it. */
export class Sql {
  readonly #names: Names
  readonly bound: Record<string, Bound> = {}
  readonly #tables: string[] = []
  #count = 0

  constructor(names: Names) {
    this.#names = names
  }

  bind(value: Bound): string {
    const name = `p${++this.#count}`
    this.bound[name] = value
    return `:${name}`
  }

  /** A table of a `SELECT`; its name. */
  table(select: string): string {
    const name = `t${++this.#count}`
    this.#tables.push(`${name} AS MATERIALIZED (${select})`)
    return name
  }

  /** The whole statement. */
  statement(select: string): string {
    return this.#tables.length === 0 ? select : `WITH ${this.#tables.join(', ')} ${select}`
  }

  /** The number of a field; one that no document has is -1, which nothing has. */
  field(name: string): number {
    return this.#names.fieldId(name) ?? -1
  }

  condition(condition: Condition, id: string): string {
    switch (condition.is) {
      case 'all':
        return '1'
      case 'and':
      case 'or':
        return condition.of.length === 0
          ? condition.is === 'and'
            ? '1'
            : '0'
          : `(${condition.of.map((one) => this.condition(one, id)).join(condition.is === 'and' ? ' AND ' : ' OR ')})`
      case 'not':
        return `NOT ${this.condition(condition.of, id)}`
      case 'atLeast':
        return `(${sumOf(condition.of.map((one) => this.condition(one, id)))} >= ${condition.count})`
      case 'range': {
        const { from, to } = condition
        const ends = [
          ...(from ? [`value ${from.inclusive ? '>=' : '>'} ${this.bind(from.value)}`] : []),
          ...(to ? [`value ${to.inclusive ? '<=' : '<'} ${this.bind(to.value)}`] : []),
        ]
        return `${id} IN (${this.#withValue(condition.field, ends)})`
      }
      case 'oneOf': {
        const values = condition.values.map((value) => this.bind(value)).join(', ')
        return `${id} IN (${this.#withValue(condition.field, [`value IN (${values})`])})`
      }
      case 'like':
        return `${id} IN (${this.#withValue(condition.field, [`value GLOB ${this.bind(glob(condition.pattern))}`])})`
      case 'exists':
        return this.#exists(condition.field, id)
      case 'words':
        return this.#words(condition, id)
      case 'near': {
        const { field, center, radiusM } = condition
        const exact = `distance(latitude, longitude, ${this.bind(center.latitude)}, ${this.bind(center.longitude)}) <= ${this.bind(radiusM)}`
        return `${id} IN (${this.#placesIn(field, boxAround(center, radiusM), [exact])})`
      }
      case 'inBox':
        return `${id} IN (${this.#placesIn(condition.field, condition.box, [])})`
      case 'inPolygon': {
        const exact = `in_polygon(latitude, longitude, ${this.bind(JSON.stringify(condition.corners))})`
        return `${id} IN (${this.#placesIn(condition.field, boxOf(condition.corners), [exact])})`
      }
      case 'child': {
        const which = this.condition(condition.of, 'c.id')
        return `${id} IN (SELECT c.parent FROM documents c WHERE c.path = ${this.field(condition.path)} AND c.parent > 0 AND alive() AND ${which})`
      }
    }
  }

  #withValue(field: string, ends: readonly string[]): string {
    return `SELECT document FROM fieldValues WHERE ${[`field = ${this.field(field)}`, ...ends, 'alive()'].join(' AND ')}`
  }

  #exists(field: string, id: string): string {
    const number = this.field(field)
    switch (this.#names.kindOf(field)) {
      case 'values':
        return `${id} IN (${this.#withValue(field, [])})`
      case 'points':
        return `${id} IN (SELECT document FROM points WHERE field = ${number} AND alive())`
      case 'words':
        return `${id} IN (SELECT rowid FROM ${textTable(number)} WHERE alive())`
      case 'path':
        return `${id} IN (SELECT parent FROM documents WHERE path = ${number} AND parent > 0 AND alive())`
      case undefined:
        return '0'
    }
  }

  #words({ field, phrases, atLeast }: WordsWanted, id: string): string {
    if (atLeast <= 0) return '1'
    if (this.#names.kindOf(field) !== 'words' || atLeast > phrases.length) return '0'
    const table = textTable(this.field(field))
    const matches = (match: string): string =>
      `${id} IN (SELECT rowid FROM ${table} WHERE ${table} MATCH ${this.bind(match)} AND alive())`
    if (atLeast === 1) return matches(matching(phrases, 'OR'))
    if (atLeast === phrases.length) return matches(matching(phrases, 'AND'))
    return `(${sumOf(phrases.map((phrase) => matches(matching([phrase], 'OR'))))} >= ${atLeast})`
  }

  #placesIn(field: string, { north, south, west, east }: GeoBox, exact: readonly string[]): string {
    const number = this.field(field)
    const [n, s, w, e] = [north, south, west, east].map((edge) => this.bind(edge))
    const [treeN, treeE] = [north, east].map((edge) => this.bind(edge + TREE_LOSS))
    const [treeS, treeW] = [south, west].map((edge) => this.bind(edge - TREE_LOSS))
    const longitudes =
      west <= east
        ? `west <= ${treeE} AND east >= ${treeW} AND longitude BETWEEN ${w} AND ${e}`
        : `(longitude >= ${w} OR longitude <= ${e})`
    const all = [
      `fieldFrom <= ${number} AND fieldTo >= ${number}`,
      `south <= ${treeN} AND north >= ${treeS} AND latitude BETWEEN ${s} AND ${n}`,
      longitudes,
      ...exact,
      'alive()',
    ]
    return `SELECT document FROM places WHERE ${all.join(' AND ')}`
  }

  /** An expression for the score, and what has to be joined to the table of documents for it. */
  score(score: Score, id: string): { value: string; joins: string[] } {
    switch (score.is) {
      case 'constant':
        return {
          value: `CASE WHEN ${this.condition(score.of, id)} THEN ${this.bind(score.value)} ELSE 0.0 END`,
          joins: [],
        }
      case 'relevance': {
        const { words, weight } = score
        if (this.#names.kindOf(words.field) !== 'words' || words.phrases.length === 0)
          return { value: '0.0', joins: [] }
        const text = textTable(this.field(words.field))
        const match = this.bind(matching(words.phrases, 'OR'))
        const ranked = this.table(
          `SELECT rowid AS document, -bm25(${text}) AS score FROM ${text} WHERE ${text} MATCH ${match} AND alive()`,
        )
        const matches = this.#words(words, id)
        return {
          value: `CASE WHEN ${matches} THEN ifnull(${ranked}.score, 0.0) * ${this.bind(weight)} ELSE 0.0 END`,
          joins: [`LEFT JOIN ${ranked} ON ${ranked}.document = ${id}`],
        }
      }
      case 'sum': {
        const parts = score.of.map((one) => this.score(one, id))
        return { value: sumOf(parts.map(({ value }) => value)), joins: parts.flatMap(({ joins }) => joins) }
      }
      case 'times': {
        const of = this.score(score.of, id)
        const least = this.#valueOf(score.field, 'min', id, undefined)
        return { value: `(${of.value} * ifnull(${least}, 0.0))`, joins: of.joins }
      }
      case 'children': {
        const of = this.score(score.of, 'c.id')
        const which = this.condition(score.which, 'c.id')
        const scored = this.table(
          `SELECT c.parent AS document, ${score.mode}(${of.value}) AS score FROM documents c ${of.joins.join(' ')} ` +
            `WHERE c.path = ${this.field(score.path)} AND c.parent > 0 AND alive() AND ${which} GROUP BY c.parent`,
        )
        return {
          value: `ifnull(${scored}.score, 0.0)`,
          joins: [`LEFT JOIN ${scored} ON ${scored}.document = ${id}`],
        }
      }
    }
  }

  /** Expressions to sort by, each ascending or descending; the second of a pair is the value that tells a position. */
  sortValue(sort: SortBy, id: string): string {
    switch (sort.by) {
      case 'key':
        return 'NULL'
      case 'score':
        return 'score'
      case 'value': {
        const value = this.#valueOf(sort.field, sort.mode, id, sort.within)
        return typeof sort.missing === 'object' ? `ifnull(${value}, ${this.bind(sort.missing.value)})` : value
      }
      case 'distance': {
        const distances = sort.from.map(
          ({ latitude, longitude }: GeoPoint) =>
            `SELECT distance(latitude, longitude, ${this.bind(latitude)}, ${this.bind(longitude)}) AS metres FROM points WHERE ${this.#ofDocuments(id, sort.within)} AND field = ${this.field(sort.field)}`,
        )
        return `(SELECT ${sort.mode}(metres) FROM (${distances.join(' UNION ALL ')}))`
      }
    }
  }

  #valueOf(field: string, mode: string, id: string, within: Within | undefined): string {
    return `(SELECT ${mode}(value) FROM fieldValues WHERE ${this.#ofDocuments(id, within)} AND field = ${this.field(field)})`
  }

  #ofDocuments(id: string, within: Within | undefined): string {
    if (!within) return `document = ${id}`
    return `document IN (SELECT w.id FROM documents w WHERE w.parent = ${id} AND w.parent > 0 AND w.path = ${this.field(within.path)} AND ${this.condition(within.which, 'w.id')})`
  }

  /** The numbers of the documents of an index that fulfil a condition. */
  documents(index: number, condition: Condition, columns = 'd.id'): string {
    // Without statistics, SQLite would rather look at all documents of the index than at those of a list.
    const by = this.#isList(condition) ? 'NOT INDEXED' : ''
    return `SELECT ${columns} FROM documents d ${by} WHERE d.indexId = ${index} AND d.parent = 0 AND alive() AND ${this.condition(condition, 'd.id')}`
  }

  /** Whether what fulfils the condition comes as a list of numbers of documents. */
  #isList(condition: Condition): boolean {
    switch (condition.is) {
      case 'and':
        return condition.of.some((one) => this.#isList(one))
      case 'or':
        return condition.of.length === 1 && this.#isList(condition.of[0]!)
      case 'words':
        return condition.atLeast === 1 || condition.atLeast === condition.phrases.length
      case 'all':
      case 'not':
      case 'atLeast':
        return false
      default:
        return true
    }
  }

  least(field: string, id: string): string {
    return this.#valueOf(field, 'min', id, undefined)
  }

  values(field: string, missing: IndexedValue | undefined, hits: string): string {
    const ofField = `SELECT value, document FROM fieldValues WHERE field = ${this.field(field)} AND document IN (SELECT id FROM ${hits}) AND alive()`
    if (missing === undefined) return ofField
    return `${ofField} UNION ALL SELECT ${this.bind(missing)}, id FROM ${hits} WHERE id NOT IN (SELECT document FROM fieldValues WHERE field = ${this.field(field)})`
  }
}

const sumOf = (parts: readonly string[]): string =>
  parts.length === 0 ? '0.0' : `(${parts.map((part) => `(${part})`).join(' + ')})`

function glob(pattern: readonly (string | { any: 'one' | 'many' })[]): string {
  return pattern
    .map((piece) =>
      typeof piece === 'string'
        ? piece.replace(/[*?[]/g, (character) => `[${character}]`)
        : piece.any === 'one'
          ? '?'
          : '*',
    )
    .join('')
}
