/** What a search index has of a row. A value that is not of its field's type is not there for the index. */
import type { GeoPoint } from '../../../lib/geo.ts'
import type { PlainCell } from '../../../lib/plain-buffer/cell.ts'
import { decodeValue } from '../../../lib/plain-buffer/value.ts'
import type {
  DocumentContent,
  DocumentField,
  IndexedValue,
  SearchDocument,
} from '../../../ports/search-index.ts'
import { columnOf, type Row } from '../row.ts'
import { wordsOfTexts } from './analyzers.ts'
import { dateOfNumber, dateOfText } from './dates.ts'
import type { SearchField } from './schema.ts'

/** Of every document: the time that a time to live is counted from. No column is called so. */
export const WRITTEN = ''

/** The vendor's: of a keyword, and of the values of an array. Longer keywords and further values are not indexed. */
const KEYWORD_BYTES_MAX = 4096
const VALUES_MAX = 256

/** A value before it is known which type it should have. */
type Raw = bigint | number | boolean | string | unknown[] | object | null

export function documentOf(
  fields: readonly SearchField[],
  key: Uint8Array,
  primaryKey: readonly PlainCell[],
  row: Row,
): SearchDocument {
  const ofColumn = (name: string): Raw | undefined => {
    const encoded =
      primaryKey.find((cell) => cell.name === name)?.value ?? columnOf(row, name)?.versions[0]?.value
    if (!encoded) return undefined
    const value = decodeValue(encoded)
    if (value.type === 'string') return value.value.toString()
    return 'value' in value && value.type !== 'binary' ? value.value : undefined
  }
  const content = contentOf(fields, '', ofColumn, readJson)
  const writtenMs = Math.min(
    ...(row.columns.length === 0
      ? [row.writtenMs]
      : row.columns.flatMap(({ versions }) => versions.map(({ timestampMs }) => timestampMs))),
  )
  return { key, ...content, fields: [...content.fields, { name: WRITTEN, values: [writtenMs] }] }
}

/** `opened`: what an array or a nested value is, which in a column is JSON in a text. */
function contentOf(
  fields: readonly SearchField[],
  path: string,
  rawOf: (name: string) => Raw | undefined,
  opened: (value: Raw) => Raw | undefined,
): DocumentContent {
  const found: DocumentField[] = []
  const children: DocumentContent['children'][number][] = []
  for (const field of fields) {
    const name = path === '' ? field.name : `${path}.${field.name}`
    const raw = rawOf(field.source ?? field.name)
    if (raw === undefined || raw === null) continue
    const values = severalOf(field, raw, opened).slice(0, VALUES_MAX)
    if (values.length === 0) continue
    if (field.type !== 'nested') {
      const one = fieldOf(field, name, values)
      if (one) found.push(one)
      continue
    }
    for (const value of values) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
      const inner = new Map(Object.entries(value))
      children.push({
        path: name,
        ...contentOf(
          field.fields ?? [],
          name,
          (key) => inner.get(key) as Raw | undefined,
          (nested) => nested,
        ),
      })
    }
  }
  return { fields: found, children }
}

function severalOf(field: SearchField, raw: Raw, opened: (value: Raw) => Raw | undefined): readonly Raw[] {
  if (field.type !== 'nested' && !field.isArray) return [raw]
  const value = opened(raw)
  return Array.isArray(value) ? (value as Raw[]) : value === undefined ? [] : [value]
}

/** Numbers that a double cannot hold stay exact. */
function readJson(value: Raw): Raw | undefined {
  if (typeof value !== 'string') return value
  const exactly = (_: string, read: unknown, context?: { source?: string }): unknown =>
    typeof read === 'number' &&
    Number.isInteger(read) &&
    !Number.isSafeInteger(read) &&
    /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context!.source!)
      : read
  try {
    return JSON.parse(value, exactly) as Raw
  } catch {
    return undefined // a text that is no JSON is no array
  }
}

function fieldOf(field: SearchField, name: string, raws: readonly Raw[]): DocumentField | undefined {
  if (field.type === 'text') {
    const texts = raws.filter((raw) => typeof raw === 'string')
    return texts.length === 0 ? undefined : { name, words: wordsOfTexts(field.analyzer!, texts) }
  }
  if (field.type === 'geoPoint') {
    const points = raws.flatMap((raw) => (typeof raw === 'string' ? (pointOf(raw) ?? []) : []))
    return points.length === 0 ? undefined : { name, points }
  }
  const values = raws.flatMap((raw) => indexedOf(field, raw) ?? [])
  return values.length === 0 ? undefined : { name, values }
}

/** Undefined for what is no value of the field. */
export function indexedOf({ type, dateFormats }: SearchField, raw: unknown): IndexedValue | undefined {
  switch (type) {
    case 'long':
      if (typeof raw === 'bigint') return BigInt.asIntN(64, raw) === raw ? raw : undefined
      return typeof raw === 'number' && Number.isSafeInteger(raw) ? BigInt(raw) : undefined
    case 'double':
      if (typeof raw === 'bigint') return Number(raw)
      return typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined
    case 'boolean':
      return typeof raw === 'boolean' ? Number(raw) : undefined
    case 'keyword':
      return typeof raw === 'string' && Buffer.byteLength(raw) <= KEYWORD_BYTES_MAX ? raw : undefined
    case 'date':
      if (typeof raw === 'string') return dateOfText(raw, dateFormats)
      if (typeof raw === 'bigint') return dateOfNumber(raw)
      return typeof raw === 'number' && Number.isSafeInteger(raw) ? dateOfNumber(BigInt(raw)) : undefined
    default:
      return undefined
  }
}

/** `latitude,longitude`, in degrees. */
export function pointOf(text: string): GeoPoint | undefined {
  const found = /^\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/.exec(text)
  if (!found) return undefined
  const [latitude, longitude] = [Number(found[1]), Number(found[2])]
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined
}
