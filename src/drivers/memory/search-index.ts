import { checkKey, checkLimit, compareKeys } from '../../ports/keys.ts'
import type {
  Condition,
  DocumentContent,
  FoundDocument,
  Group,
  IndexedValue,
  SearchDocument,
  SearchIndexStore,
  ValueField,
} from '../../ports/search-index.ts'
import { compareIndexed, fulfils, valuesOf } from './search-conditions.ts'
import { comparePlaced, reduced, scoreOf, sortValueOf } from './search-scores.ts'

interface Index {
  documents: Map<string, SearchDocument>
  note?: string
}

/** Search indexes that live as long as the process, each search a walk over all documents: for tests and `up --ephemeral`. */
export function memorySearchIndexes(): SearchIndexStore {
  const indexes = new Map<string, Index>()
  let isOpen = true

  function indexOf(name: string): Index {
    if (!isOpen) throw new Error('the store of search indexes is closed')
    checkKey(name)
    return indexes.get(name) ?? { documents: new Map() }
  }

  const matches = (name: string, condition: Condition): SearchDocument[] =>
    [...indexOf(name).documents.values()].filter((document) => fulfils(document, condition))

  /** The values of each document that has some. */
  const valued = (name: string, condition: Condition, { field, missing }: ValueField): IndexedValue[][] =>
    matches(name, condition).flatMap((document) => {
      const values = [...valuesOf(document, field)]
      if (values.length > 0) return [values]
      return missing === undefined ? [] : [[missing]]
    })

  return {
    async write(name, changes, note) {
      const index = indexOf(name)
      indexes.set(name, index)
      for (const change of changes) {
        if ('put' in change) index.documents.set(textOf(change.put.key), structuredClone(change.put))
        else index.documents.delete(textOf(change.remove))
      }
      if (note !== undefined) index.note = note
    },

    noteOf: async (name) => indexOf(name).note,

    async find(name, { condition, score, sort, after, offset, limit, collapse }) {
      checkLimit(limit)
      checkLimit(offset)
      const everything = [...indexOf(name).documents.values()].flatMap(withChildren)
      const isScored = score !== undefined && sort.some(({ by }) => by === 'score')
      const seen = new Set<IndexedValue | undefined>()
      const found = matches(name, condition).map((document) => {
        const points = isScored ? scoreOf(document, score, everything) : 0
        const values = sort.map((by) => sortValueOf(document, by, points))
        const key = Uint8Array.from(document.key)
        return {
          document,
          hit: { key, values, ...(isScored ? { score: points } : {}) } satisfies FoundDocument,
        }
      })
      return found
        .sort((a, b) => comparePlaced(a.hit, b.hit, sort))
        .filter(({ document }) => {
          if (collapse === undefined) return true
          const value = reduced('min', valuesOf(document, collapse))
          return !seen.has(value) && seen.add(value)
        })
        .map(({ hit }) => hit)
        .filter((hit) => !after || comparePlaced(hit, after, sort) > 0)
        .slice(offset, offset + limit)
    },

    count: async (name, condition) => matches(name, condition).length,

    async measure(name, condition, field) {
      const values = valued(name, condition, field).flat()
      const min = reduced('min', values)
      const max = reduced('max', values)
      return {
        count: values.length,
        distinct: new Set(values.map(canonical)).size,
        sum: values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? 0 : Number(value)), 0),
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      }
    },

    async quantiles(name, condition, wanted) {
      const values = valued(name, condition, wanted).flat().sort(compareIndexed).map(Number)
      if (values.length === 0) return []
      return wanted.fractions.map((fraction) => {
        const place = fraction * (values.length - 1)
        const [low, high] = [values[Math.floor(place)]!, values[Math.ceil(place)]!]
        return low + (high - low) * (place - Math.floor(place))
      })
    },

    async groups(name, condition, wanted) {
      const { interval, order, atLeast, limit } = wanted
      const counts = new Map<unknown, Group>()
      for (const values of valued(name, condition, wanted)) {
        const keys = values.map((value) =>
          interval
            ? Math.floor((Number(value) - interval.offset) / interval.width) * interval.width +
              interval.offset
            : value,
        )
        for (const [id, key] of new Map(keys.map((key) => [canonical(key), key]))) {
          counts.set(id, { key, count: (counts.get(id)?.count ?? 0) + 1 })
        }
      }
      const orders = [...order, { by: 'key' as const, descending: false }]
      return [...counts.values()]
        .filter(({ count }) => count >= atLeast)
        .sort((a, b) => {
          for (const { by, descending } of orders) {
            const compared = by === 'key' ? compareIndexed(a.key, b.key) : a.count - b.count
            if (compared !== 0) return descending ? -compared : compared
          }
          return 0
        })
        .slice(0, limit)
    },

    async clear(name, limit) {
      const { documents } = indexOf(name)
      checkLimit(limit)
      for (const key of [...documents.keys()].slice(0, limit)) documents.delete(key)
      if (documents.size > 0) return true
      indexes.delete(name)
      return false
    },

    async indexes() {
      return [...indexes.keys()].sort(compareKeys)
    },

    async close() {
      isOpen = false
    },
  }
}

const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1')

/** The same for values that are equal. */
const canonical = (value: IndexedValue): unknown =>
  typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value

const withChildren = (document: DocumentContent): DocumentContent[] => [
  document,
  ...document.children.flatMap(withChildren),
]
