/** Queries of clients as conditions and scores. What a query means is in `leaf-queries.ts`; here is how they are put together. */
import type { Condition, Score } from '../../../ports/search-index.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  boolQuery,
  constScoreQuery,
  functionScoreQuery,
  nestedQuery,
  query as queryMessage,
  queryType,
} from '../messages/queries.ts'
import { ALL_TERMS_MAX, fieldFor, type LeafContext, leafQuery, type QueryContext } from './leaf-queries.ts'
import { decoded, type PlacedField } from './schema.ts'

export interface ParsedQuery {
  condition: Condition
  score: Score
}

/** Of queries within one another, and of all within one request: what one search may take of its thread. */
const DEPTH_MAX = 20
const QUERIES_MAX = 256

const NOTHING: Score = { is: 'sum', of: [] }

/** Counts the queries of one request. */
export interface QueryReader {
  read(bytes: Uint8Array): ParsedQuery
  /** Within the nested field at this path. */
  readWithin(bytes: Uint8Array, path: string): ParsedQuery
}

export function queryReader(fields: ReadonlyMap<string, PlacedField>): QueryReader {
  let left = QUERIES_MAX
  const terms = { left: ALL_TERMS_MAX }

  function read(
    { type, query: bytes }: { type: number; query: Uint8Array },
    context: QueryContext,
    depth: number,
  ): ParsedQuery {
    if (depth > DEPTH_MAX) throw parameterInvalid(`Queries are deeper than ${DEPTH_MAX} levels.`)
    if (left-- === 0) throw parameterInvalid(`The number of queries exceeds the limit: ${QUERIES_MAX}.`)
    const inner = (one: { type: number; query: Uint8Array }, within = context): ParsedQuery =>
      read(one, within, depth + 1)
    switch (type) {
      case queryType.bool:
        return combined(decoded(boolQuery, bytes, 'bool query'), inner)
      case queryType.constScore: {
        const { condition } = inner(decoded(constScoreQuery, bytes, 'const score query').filter)
        return { condition, score: { is: 'constant', of: condition, value: 1 } }
      }
      case queryType.functionScore: {
        const message = decoded(functionScoreQuery, bytes, 'function score query')
        const { condition, score } = inner(message.query)
        const { name, field } = fieldFor(message.field_value_factor.field_name, context)
        if (field.type !== 'long' && field.type !== 'double')
          throw parameterInvalid(`The field [${name}] of a function score query must be a number.`)
        return { condition, score: { is: 'times', field: name, of: score } }
      }
      case queryType.nested: {
        const message = decoded(nestedQuery, bytes, 'nested query')
        if (message.inner_hits) throw notImplemented('inner_hits')
        const { path } = message
        checkNested(path, context)
        const { condition: of, score } = inner(message.query, { ...context, path })
        const condition: Condition = { is: 'child', path, of }
        const mode = ([undefined, 'avg', 'max', 'sum', 'min'] as const)[(message.score_mode ?? 1) - 1]
        if (mode === undefined) return { condition, score: NOTHING }
        return { condition, score: { is: 'children', path, which: of, of: score, mode } }
      }
      default:
        return leafQuery(type, bytes, context)
    }
  }

  const top = (bytes: Uint8Array, path: string): ParsedQuery =>
    read(decoded(queryMessage, bytes, 'query'), { fields, path, terms }, 1)

  return {
    read: (bytes) => top(bytes, ''),
    readWithin(bytes, path) {
      checkNested(path, { fields, path: '' })
      return top(bytes, path)
    },
  }
}

function checkNested(path: string, { fields, path: outer }: LeafContext): void {
  const placed = fields.get(path)
  if (placed?.field.type !== 'nested' || placed.path !== outer)
    throw parameterInvalid(`The path [${path}] is not a nested field here.`)
}

type Message = ReturnType<typeof boolQuery.decode>

function combined(
  message: Message,
  inner: (one: Message['must_queries'][number]) => ParsedQuery,
): ParsedQuery {
  const must = message.must_queries.map((one) => inner(one))
  const not = message.must_not_queries.map((one) => inner(one))
  const filter = message.filter_queries.map((one) => inner(one))
  const should = message.should_queries.map((one) => inner(one))
  // As the vendor says: one of them, when nothing else has to be.
  const atLeast = message.minimum_should_match ?? (must.length + filter.length === 0 ? 1 : 0)
  const condition: Condition = {
    is: 'and',
    of: [
      ...[...must, ...filter].map((one) => one.condition),
      ...not.map((one): Condition => ({ is: 'not', of: one.condition })),
      ...(should.length > 0 && atLeast > 0
        ? [{ is: 'atLeast', count: atLeast, of: should.map((one) => one.condition) } as const]
        : []),
    ],
  }
  return { condition, score: { is: 'sum', of: [...must, ...should].map((one) => one.score) } }
}

/** Scores of texts and of what is nested: each is computed for itself and joined to the rows. */
const JOINED_SCORES_MAX = 50

/** Throws for a score that is made of too much to be computed. */
export function checkScore(score: Score): void {
  if (joinedScores(score) > JOINED_SCORES_MAX)
    throw parameterInvalid(`More than ${JOINED_SCORES_MAX} queries of a search count for its scores.`)
}

function joinedScores(score: Score): number {
  switch (score.is) {
    case 'constant':
      return 0
    case 'relevance':
      return 1
    case 'children':
      return Math.max(1, joinedScores(score.of))
    case 'times':
      return joinedScores(score.of)
    case 'sum':
      return score.of.reduce((sum, one) => sum + joinedScores(one), 0)
  }
}
