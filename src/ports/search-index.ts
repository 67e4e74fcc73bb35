/**
 * SearchIndexStore: documents that are found by what is in them. An index is a name; a document has a key, and fields of
 * values, of words or of points. Texts come as words: what a word is, what a query means, who is asked and what is
 * answered are rules, and live above. `search-index.contract.ts` is the definition of correct.
 *
 * A field is of one kind in its index, and its values are all numbers or all texts. An index comes into being with its
 * first write. Reads see every write that has been answered.
 */
import type { GeoBox, GeoPoint } from '../lib/geo.ts'

export interface SearchIndexStore {
  /** Applies every change, in order, or none; durable when it answers. `note` is kept by the same commit. */
  write(index: string, changes: readonly DocumentChange[], note?: string): Promise<void>
  /** What was noted last. Undefined as well for an index that is not there. */
  noteOf(index: string): Promise<string | undefined>
  find(index: string, search: DocumentSearch): Promise<FoundDocument[]>
  count(index: string, condition: Condition): Promise<number>
  measure(index: string, condition: Condition, field: ValueField): Promise<Measures>
  /** For each fraction (0 to 1) the value at that place among all, between two values the weighted mean; none for no values. */
  quantiles(
    index: string,
    condition: Condition,
    wanted: ValueField & { fractions: number[] },
  ): Promise<number[]>
  groups(index: string, condition: Condition, wanted: Grouping): Promise<Group[]>
  /** Removes at most so many documents, and at last the index and its note. Answers whether there is more of it. */
  clear(index: string, limit: number): Promise<boolean>
  /** Their names, in the order of their bytes. */
  indexes(): Promise<string[]>
  close(): Promise<void>
}

/** A bigint and a number that are equal are the same value. Texts are ordered by the bytes of their UTF-8. */
export type IndexedValue = bigint | number | string

export type DocumentChange = { put: SearchDocument } | { remove: Uint8Array }

export interface SearchDocument extends DocumentContent {
  key: Uint8Array
}

export interface DocumentContent {
  fields: readonly DocumentField[]
  /** Documents within the document, found by conditions of their own. Names of fields are those of the whole index. */
  children: readonly ({ path: string } & DocumentContent)[]
}

export type DocumentField =
  | { name: string; values: readonly IndexedValue[] }
  | { name: string; words: readonly string[] }
  | { name: string; points: readonly GeoPoint[] }

/** A field of several values fulfils a condition when one of them does. */
export type Condition =
  | { is: 'all' }
  | { is: 'and' | 'or'; of: readonly Condition[] }
  | { is: 'not'; of: Condition }
  | { is: 'atLeast'; count: number; of: readonly Condition[] }
  | { is: 'range'; field: string; from?: Bound; to?: Bound }
  | { is: 'oneOf'; field: string; values: readonly IndexedValue[] }
  /** A whole text: pieces as they are, and in between what stands for any one character or any number of them. */
  | { is: 'like'; field: string; pattern: readonly (string | { any: 'one' | 'many' })[] }
  | { is: 'exists'; field: string }
  | ({ is: 'words' } & WordsWanted)
  | { is: 'near'; field: string; center: GeoPoint; radiusM: number }
  | { is: 'inBox'; field: string; box: GeoBox }
  | { is: 'inPolygon'; field: string; corners: readonly GeoPoint[] }
  /** One of the children at this path fulfils it. */
  | { is: 'child'; path: string; of: Condition }

export interface Bound {
  value: IndexedValue
  inclusive: boolean
}

export interface WordsWanted {
  field: string
  phrases: readonly Phrase[]
  /** How many of the phrases there have to be. */
  atLeast: number
}

export interface Phrase {
  /** At least one, one behind the other. */
  words: readonly string[]
  /** The last may be longer. */
  isPrefix?: boolean
}

export type Score =
  | { is: 'constant'; of: Condition; value: number }
  /** How much the words mean in this document: BM25 (k1 1.2, b 0.75) over the documents that have the field. */
  | { is: 'relevance'; words: WordsWanted; weight: number }
  | { is: 'sum'; of: readonly Score[] }
  /** By the value of a field (the least of several); without one, nothing. */
  | { is: 'times'; field: string; of: Score }
  | { is: 'children'; path: string; which: Condition; of: Score; mode: Mode | 'sum' }

export type Mode = 'min' | 'max' | 'avg'

export type SortBy = { descending: boolean } & (
  | { by: 'value'; field: string; mode: Mode; missing: Missing; within?: Within }
  | { by: 'distance'; field: string; from: readonly GeoPoint[]; mode: Mode; within?: Within }
  | { by: 'score' }
  | { by: 'key' }
)

/** Where documents without a value come, in whichever direction, or the value that they are taken to have. */
export type Missing = 'first' | 'last' | { value: IndexedValue }

/** Looks at the children at the path that fulfil the condition. */
export interface Within {
  path: string
  which: Condition
}

export interface DocumentSearch {
  condition: Condition
  /** Counted only when sorted by. */
  score?: Score
  /** The last is by key. */
  sort: readonly SortBy[]
  /** Only those behind this position. */
  after?: Position
  offset: number
  limit: number
  /** Of documents with the same (least) value of this field, only the first by the order; those without one are such. */
  collapse?: string
}

/** A value for each thing that is sorted by; null for none, and in the place of the key. */
export interface Position {
  values: readonly (IndexedValue | null)[]
  key: Uint8Array
}

export interface FoundDocument extends Position {
  score?: number
}

export interface ValueField {
  field: string
  /** What documents without a value are taken to have. */
  missing?: IndexedValue
}

/** Of all values of all documents. `sum` is 0, and the least and greatest are undefined, where there are none. */
export interface Measures {
  count: number
  distinct: number
  /** Of numbers. */
  sum: number
  min?: IndexedValue
  max?: IndexedValue
}

/** A document is counted once in each group that it has a value of. */
export interface Grouping extends ValueField {
  /** Groups of numbers: of which the key is the least that there can be. Default: of equal values. */
  interval?: { width: number; offset: number }
  order: readonly { by: 'key' | 'count'; descending: boolean }[]
  /** Groups of fewer documents are left out. */
  atLeast: number
  limit: number
}

export interface Group {
  key: IndexedValue
  count: number
}

/** Asked for what takes longer than a search may take. */
export class SearchTookTooLong extends Error {
  constructor() {
    super('a search took longer than it may')
    this.name = 'SearchTookTooLong'
  }
}

/** More searches wait than may. */
export class SearchOverload extends Error {
  constructor() {
    super('too many searches wait')
    this.name = 'SearchOverload'
  }
}
