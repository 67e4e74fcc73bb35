/** What the conditions of searches mean, on documents in memory. */
import { distanceM, type GeoPoint, isInBox, isInPolygon } from '../../lib/geo.ts'
import { compareKeys } from '../../ports/keys.ts'
import type {
  Condition,
  DocumentContent,
  IndexedValue,
  Phrase,
  WordsWanted,
} from '../../ports/search-index.ts'

/** Numbers come before texts. */
export function compareIndexed(a: IndexedValue, b: IndexedValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareKeys(a, b)
  if (typeof a === 'string' || typeof b === 'string') return typeof a === 'string' ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}

export const valuesOf = ({ fields }: DocumentContent, name: string): readonly IndexedValue[] => {
  const values = fields.flatMap((field) => (field.name === name && 'values' in field ? field.values : []))
  return values.filter((value, at) => values.findIndex((other) => compareIndexed(other, value) === 0) === at)
}

export const pointsOf = ({ fields }: DocumentContent, name: string): readonly GeoPoint[] =>
  fields.flatMap((field) => (field.name === name && 'points' in field ? field.points : []))

/** Undefined: the document does not have the field. */
export const wordsOf = ({ fields }: DocumentContent, name: string): readonly string[] | undefined => {
  const field = fields.find((one) => one.name === name && 'words' in one)
  return field && 'words' in field ? field.words : undefined
}

export const childrenOf = ({ children }: DocumentContent, path: string): readonly DocumentContent[] =>
  children.filter((child) => child.path === path)

export function fulfils(document: DocumentContent, condition: Condition): boolean {
  switch (condition.is) {
    case 'all':
      return true
    case 'and':
      return condition.of.every((one) => fulfils(document, one))
    case 'or':
      return condition.of.some((one) => fulfils(document, one))
    case 'not':
      return !fulfils(document, condition.of)
    case 'atLeast':
      return condition.of.filter((one) => fulfils(document, one)).length >= condition.count
    case 'range': {
      const { from, to } = condition
      return valuesOf(document, condition.field).some((value) => {
        const [above, below] = [from, to].map((end) => end && compareIndexed(value, end.value))
        if (from && !(above! > 0 || (from.inclusive && above === 0))) return false
        return !to || below! < 0 || (to.inclusive && below === 0)
      })
    }
    case 'oneOf':
      return valuesOf(document, condition.field).some((value) =>
        condition.values.some((wanted) => compareIndexed(value, wanted) === 0),
      )
    case 'like':
      return valuesOf(document, condition.field).some((value) => isLike(String(value), condition.pattern))
    case 'exists':
      return (
        valuesOf(document, condition.field).length > 0 ||
        pointsOf(document, condition.field).length > 0 ||
        wordsOf(document, condition.field) !== undefined ||
        childrenOf(document, condition.field).length > 0
      )
    case 'words':
      return hasWords(document, condition)
    case 'near':
      return pointsOf(document, condition.field).some(
        (point) => distanceM(point, condition.center) <= condition.radiusM,
      )
    case 'inBox':
      return pointsOf(document, condition.field).some((point) => isInBox(point, condition.box))
    case 'inPolygon':
      return pointsOf(document, condition.field).some((point) => isInPolygon(point, condition.corners))
    case 'child':
      return childrenOf(document, condition.path).some((child) => fulfils(child, condition.of))
  }
}

export function hasWords(document: DocumentContent, { field, phrases, atLeast }: WordsWanted): boolean {
  const words = wordsOf(document, field)
  if (atLeast <= 0) return true
  return words !== undefined && phrases.filter((phrase) => timesIn(words, phrase) > 0).length >= atLeast
}

/** How often the phrase stands among the words. */
export function timesIn(words: readonly string[], { words: wanted, isPrefix = false }: Phrase): number {
  const last = wanted.length - 1
  return words.filter((_, start) =>
    wanted.every((word, at) => {
      const there = words[start + at]
      return at === last && isPrefix ? (there?.startsWith(word) ?? false) : there === word
    }),
  ).length
}

/** Tried from both ends of what stands for any number of characters: no more steps than text times pattern. */
function isLike(text: string, pattern: Extract<Condition, { is: 'like' }>['pattern']): boolean {
  const characters = [...text]
  const wanted = pattern.flatMap((piece): (string | { any: 'one' | 'many' })[] =>
    typeof piece === 'string' ? [...piece] : [piece],
  )
  let places = new Set([0])
  for (const one of wanted) {
    const next = new Set<number>()
    for (const place of places) {
      if (typeof one === 'string') {
        if (characters[place] === one) next.add(place + 1)
      } else if (one.any === 'one') {
        if (place < characters.length) next.add(place + 1)
      } else {
        for (let at = place; at <= characters.length; at++) next.add(at)
        break // the least place has led to all others
      }
    }
    places = next
  }
  return places.has(characters.length)
}
