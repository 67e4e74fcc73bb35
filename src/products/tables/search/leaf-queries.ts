/** Queries that ask for one field. */
import type { GeoPoint } from '../../../lib/geo.ts'
import type { MessageContent } from '../../../lib/protobuf.ts'
import { endOfPrefix } from '../../../ports/keys.ts'
import type { Bound, Condition, Phrase, Score, WordsWanted } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  existsQuery,
  geoBoundingBoxQuery,
  geoDistanceQuery,
  geoPolygonQuery,
  matchPhraseQuery,
  matchQuery,
  operator,
  patternQuery,
  queryType,
  rangeQuery,
  termQuery,
  termsQuery,
} from '../messages/queries.ts'
import { matchedPhrases, wholePhrase } from './analyzers.ts'
import { pointOf } from './document.ts'
import { decoded, type PlacedField, type SearchField } from './schema.ts'
import { variant, variantFor } from './variant.ts'

export interface LeafContext {
  fields: ReadonlyMap<string, PlacedField>
  /** Of the nested field that is looked into; '' at the top. */
  path: string
}

/** Where the terms of all queries of a request are counted. */
export interface QueryContext extends LeafContext {
  terms: { left: number }
}

/** The vendor's. */
const TERMS_MAX = 1024
/** Of all queries of a request. */
export const ALL_TERMS_MAX = 8192
const WILDCARD_LENGTH_MAX = 32
const POINTS_MAX = 1000
/** Words of a text that is searched for. */
const PHRASES_MAX = 256

interface Leaf {
  condition: Condition
  score: Score
}

export function leafQuery(type: number, bytes: Uint8Array, context: QueryContext): Leaf {
  switch (type) {
    case queryType.matchAll:
      return constant({ is: 'all' })
    case queryType.match: {
      const message = decoded(matchQuery, bytes, 'match query')
      const { name, field } = fieldFor(message.field_name, context)
      if (field.type === 'keyword') return equal(name, message.text, message.weight)
      const phrases = matchedPhrases(analyzerOf(name, field), message.text)
      const atLeast =
        message.operator === operator.and ? phrases.length : Math.max(1, message.minimum_should_match ?? 1)
      return worded({ field: name, phrases, atLeast }, message.weight)
    }
    case queryType.matchPhrase: {
      const message = decoded(matchPhraseQuery, bytes, 'match phrase query')
      const { name, field } = fieldFor(message.field_name, context)
      if (field.type === 'keyword') return equal(name, message.text, message.weight)
      const phrases = wholePhrase(analyzerOf(name, field), message.text)
      return worded({ field: name, phrases, atLeast: 1 }, message.weight)
    }
    case queryType.term: {
      const { field_name, term, weight } = decoded(termQuery, bytes, 'term query')
      return terms(field_name, [term], weight, context)
    }
    case queryType.terms: {
      const message = decoded(termsQuery, bytes, 'terms query')
      if (message.terms.length === 0) throw parameterInvalid('Terms query has no terms.')
      if (message.terms.length > TERMS_MAX)
        throw parameterInvalid(`The number of terms exceeds the limit: ${TERMS_MAX}.`)
      context.terms.left -= message.terms.length
      if (context.terms.left < 0)
        throw parameterInvalid(`The terms of all queries exceed the limit: ${ALL_TERMS_MAX}.`)
      return terms(message.field_name, message.terms, message.weight, context)
    }
    case queryType.range:
      return range(decoded(rangeQuery, bytes, 'range query'), context)
    case queryType.prefix: {
      const { field_name, pattern, weight = 1 } = decoded(patternQuery, bytes, 'prefix query')
      const { name, field } = fieldFor(field_name, context)
      if (field.type === 'text')
        return constant(wordCondition(name, [{ words: [pattern], isPrefix: true }]), weight)
      keywordOnly(name, field)
      const end = endOfPrefix(pattern)
      return constant(
        {
          is: 'range',
          field: name,
          from: { value: pattern, inclusive: true },
          ...(end === undefined ? {} : { to: { value: end, inclusive: false } }),
        },
        weight,
      )
    }
    case queryType.wildcard: {
      const { field_name, pattern, weight = 1 } = decoded(patternQuery, bytes, 'wildcard query')
      const { name, field } = fieldFor(field_name, context)
      if ([...pattern].length > WILDCARD_LENGTH_MAX)
        throw parameterInvalid(`The length of wildcard value exceeds the limit: ${WILDCARD_LENGTH_MAX}.`)
      if (field.type === 'text') throw notImplemented('A wildcard query of a text field')
      keywordOnly(name, field)
      const pieces = pattern.match(/[*?]|[^*?]+/g) ?? []
      return constant(
        {
          is: 'like',
          field: name,
          pattern: pieces.map((piece) =>
            piece === '*' ? { any: 'many' } : piece === '?' ? { any: 'one' } : piece,
          ),
        },
        weight,
      )
    }
    case queryType.exists: {
      const { field_name } = decoded(existsQuery, bytes, 'exists query')
      return constant({ is: 'exists', field: fieldFor(field_name, context, { orNested: true }).name })
    }
    case queryType.geoDistance: {
      const { field_name, center_point, distance } = decoded(geoDistanceQuery, bytes, 'geo distance query')
      if (!(distance >= 0))
        throw parameterInvalid('The distance of a geo distance query must not be negative.')
      const center = requirePoint(center_point)
      return constant({ is: 'near', field: geoField(field_name, context), center, radiusM: distance })
    }
    case queryType.geoBoundingBox: {
      const message = decoded(geoBoundingBoxQuery, bytes, 'geo bounding box query')
      const [topLeft, bottomRight] = [requirePoint(message.top_left), requirePoint(message.bottom_right)]
      if (topLeft.latitude < bottomRight.latitude)
        throw parameterInvalid('The top left of a geo bounding box is below its bottom right.')
      return constant({
        is: 'inBox',
        field: geoField(message.field_name, context),
        box: {
          north: topLeft.latitude,
          south: bottomRight.latitude,
          west: topLeft.longitude,
          east: bottomRight.longitude,
        },
      })
    }
    case queryType.geoPolygon: {
      const { field_name, points } = decoded(geoPolygonQuery, bytes, 'geo polygon query')
      if (points.length < 3 || points.length > POINTS_MAX)
        throw parameterInvalid(`A geo polygon has 3 to ${POINTS_MAX} points.`)
      return constant({
        is: 'inPolygon',
        field: geoField(field_name, context),
        corners: points.map(requirePoint),
      })
    }
    default:
      throw notImplemented(`A query of type ${type}`)
  }
}

const constant = (condition: Condition, weight = 1): Leaf => ({
  condition,
  score: { is: 'constant', of: condition, value: weight },
})

const equal = (field: string, text: string, weight = 1): Leaf =>
  constant({ is: 'oneOf', field, values: [text] }, weight)

const wordCondition = (field: string, phrases: Phrase[]): Condition => ({
  is: 'words',
  field,
  phrases,
  atLeast: 1,
})

function worded(words: WordsWanted, weight = 1): Leaf {
  if (words.phrases.length > PHRASES_MAX)
    throw parameterInvalid(`The number of words of a query exceeds the limit: ${PHRASES_MAX}.`)
  // A text without words is not found by anything.
  if (words.phrases.length === 0) return constant({ is: 'or', of: [] })
  return { condition: { is: 'words', ...words }, score: { is: 'relevance', words, weight } }
}

function terms(fieldName: string, encoded: readonly Uint8Array[], weight = 1, context: LeafContext): Leaf {
  const { name, field } = fieldFor(fieldName, context)
  if (field.type !== 'text')
    return constant(
      { is: 'oneOf', field: name, values: encoded.map((bytes) => variantFor(field, bytes)) },
      weight,
    )
  // Words as they are in the index, which are not looked for in the term.
  const words = encoded.map((bytes) => {
    const value = variant(bytes)
    if (value.type !== 'string' || value.value.length === 0)
      throw parameterInvalid(`The type of value is not matched with the type of field [${name}].`)
    return value.value.toString()
  })
  return constant(
    wordCondition(
      name,
      words.map((word) => ({ words: [word] })),
    ),
    weight,
  )
}

function range(message: MessageContent<typeof rangeQuery>, context: LeafContext): Leaf {
  const { name, field } = fieldFor(message.field_name, context)
  if (field.type === 'text' || field.type === 'geoPoint' || field.type === 'nested')
    throw parameterInvalid(`The field [${name}] has no ranges.`)
  const bound = (bytes: Uint8Array | undefined, inclusive = false): Bound | undefined => {
    if (!bytes || bytes.length === 0) return undefined
    const { type } = variant(bytes)
    if (type === 'infMin' || type === 'infMax') return undefined
    return { value: variantFor(field, bytes), inclusive }
  }
  const from = bound(message.range_from, message.include_lower)
  const to = bound(message.range_to, message.include_upper)
  return constant({ is: 'range', field: name, ...(from ? { from } : {}), ...(to ? { to } : {}) })
}

/** Throws for a field that the index does not have, or not here. */
export function fieldFor(
  name: string,
  { fields, path }: LeafContext,
  { orNested = false }: { orNested?: boolean } = {},
): { name: string; field: SearchField } {
  const placed = fields.get(name)
  if (!placed) throw parameterInvalid(`The field [${name.slice(0, 300)}] does not exist in the index.`)
  if (placed.path !== path)
    throw parameterInvalid(`The field [${name}] can only be asked for by a nested query of its path.`)
  if (placed.field.type === 'nested' && !orNested)
    throw parameterInvalid(`The field [${name}] is nested, and has no value of its own.`)
  if (!placed.field.isIndexed) throw parameterInvalid(`The field [${name}] is not indexed.`)
  return { name, field: placed.field }
}

function analyzerOf(name: string, { analyzer }: SearchField) {
  if (!analyzer) throw parameterInvalid(`The field [${name}] is neither a text nor a keyword.`)
  return analyzer
}

function keywordOnly(name: string, { type }: SearchField): void {
  if (type !== 'keyword') throw parameterInvalid(`The field [${name}] is neither a text nor a keyword.`)
}

export function geoField(fieldName: string, context: LeafContext): string {
  const { name, field } = fieldFor(fieldName, context)
  if (field.type !== 'geoPoint') throw parameterInvalid(`The field [${name}] is not a geo point.`)
  return name
}

export function requirePoint(text: string): GeoPoint {
  const point = pointOf(text)
  if (!point) throw parameterInvalid(`Invalid geo point: '${text.slice(0, 100)}'.`)
  return point
}
