/** Scores and orders of documents in memory. */
import { distanceM } from '../../lib/geo.ts'
import type {
  DocumentContent,
  IndexedValue,
  Mode,
  Phrase,
  Score,
  SortBy,
  WordsWanted,
} from '../../ports/search-index.ts'
import {
  childrenOf,
  compareIndexed,
  fulfils,
  hasWords,
  pointsOf,
  timesIn,
  valuesOf,
  wordsOf,
} from './search-conditions.ts'

const K1 = 1.2
const B = 0.75

/** `everything`: all documents of the index, and all that are within them. */
export function scoreOf(
  document: DocumentContent,
  score: Score,
  everything: readonly DocumentContent[],
): number {
  const scored = (one: Score, of = document): number => scoreOf(of, one, everything)
  switch (score.is) {
    case 'constant':
      return fulfils(document, score.of) ? score.value : 0
    case 'relevance':
      return hasWords(document, score.words)
        ? score.weight * relevanceOf(document, score.words, everything)
        : 0
    case 'sum':
      return score.of.reduce((sum, one) => sum + scored(one), 0)
    case 'times':
      return scored(score.of) * Number(reduced('min', valuesOf(document, score.field)) ?? 0)
    case 'children': {
      const scores = childrenOf(document, score.path)
        .filter((child) => fulfils(child, score.which))
        .map((child) => scored(score.of, child))
      if (score.mode === 'sum') return scores.reduce((sum, one) => sum + one, 0)
      return Number(reduced(score.mode, scores) ?? 0)
    }
  }
}

function relevanceOf(
  document: DocumentContent,
  { field, phrases }: WordsWanted,
  everything: readonly DocumentContent[],
): number {
  const texts = everything.flatMap((one) => {
    const words = wordsOf(one, field)
    return words ? [words] : []
  })
  const words = wordsOf(document, field) ?? []
  const mean = texts.reduce((sum, { length }) => sum + length, 0) / texts.length
  return phrases.reduce((sum, phrase) => {
    const times = timesIn(words, phrase)
    return (
      sum + (rarity(phrase, texts) * times * (K1 + 1)) / (times + K1 * (1 - B + (B * words.length) / mean))
    )
  }, 0)
}

function rarity(phrase: Phrase, texts: readonly (readonly string[])[]): number {
  const having = texts.filter((words) => timesIn(words, phrase) > 0).length
  const rare = Math.log((texts.length - having + 0.5) / (having + 0.5))
  // What most documents have still counts for something.
  return rare <= 0 ? 1e-6 : rare
}

/** Undefined for no values. */
export function reduced(mode: Mode, values: readonly IndexedValue[]): IndexedValue | undefined {
  if (values.length === 0) return undefined
  if (mode === 'avg') return values.reduce<number>((sum, value) => sum + Number(value), 0) / values.length
  const sign = mode === 'min' ? -1 : 1
  return values.reduce((best, value) => (compareIndexed(value, best) * sign > 0 ? value : best))
}

export function sortValueOf(document: DocumentContent, sort: SortBy, score: number): IndexedValue | null {
  if (sort.by === 'key') return null
  if (sort.by === 'score') return score
  const { within } = sort
  const looked = within
    ? childrenOf(document, within.path).filter((child) => fulfils(child, within.which))
    : [document]
  if (sort.by === 'distance') {
    const distances = looked
      .flatMap((one) => pointsOf(one, sort.field))
      .flatMap((point) => sort.from.map((from) => distanceM(point, from)))
    return reduced(sort.mode, distances) ?? null
  }
  const value = reduced(
    sort.mode,
    looked.flatMap((one) => valuesOf(one, sort.field)),
  )
  return value ?? (typeof sort.missing === 'object' ? sort.missing.value : null)
}

export interface Placed {
  key: Uint8Array
  values: readonly (IndexedValue | null)[]
}

export function comparePlaced(a: Placed, b: Placed, sort: readonly SortBy[]): number {
  for (const [at, by] of sort.entries()) {
    const sign = by.descending ? -1 : 1
    if (by.by === 'key') {
      const order = Buffer.compare(a.key, b.key) * sign
      if (order !== 0) return order
      continue
    }
    const [left, right] = [a.values[at] ?? null, b.values[at] ?? null]
    if (left === null || right === null) {
      if (left === right) continue
      const isFirst = by.by === 'value' && by.missing === 'first'
      return (left === null) === isFirst ? -1 : 1
    }
    const order = compareIndexed(left, right) * sign
    if (order !== 0) return order
  }
  return 0
}
