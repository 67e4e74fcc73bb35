/** What a search index has of each row: fields, from and to messages, and the vendor's limits. */
import { MalformedProtobuf, type Message } from '../../../lib/protobuf.ts'
import { notImplemented, parameterInvalid } from '../errors.ts'
import {
  type FieldSchemaMessage,
  fieldSchema,
  fieldType,
  fuzzyParameter,
  singleWordParameter,
  splitParameter,
} from '../messages/search.ts'
import { checkColumnName } from '../names.ts'
import type { Analyzer } from './analyzers.ts'

export type SearchFieldType = Exclude<keyof typeof fieldType, 'vector'>

export interface SearchField {
  name: string
  type: SearchFieldType
  isArray: boolean
  /** Can be asked for. */
  isIndexed: boolean
  /** Can be sorted and counted by. */
  isSortable: boolean
  isStored: boolean
  /** Of texts. */
  analyzer?: Analyzer
  /** Of dates that are texts. */
  dateFormats?: string[]
  /** The column that a virtual field is made of. */
  source?: string
  highlights?: boolean
  indexOptions?: 1 | 2 | 3 | 4
  /** Of nested ones: names are of their own. */
  fields?: SearchField[]
}

/** The vendor's, of an index, and of nested fields within one another. */
const FIELDS_MAX = 500
const DEPTH_MAX = 5
/** Each is tried on every value. */
const FORMATS_MAX = 20
const FORMAT_LENGTH_MAX = 100

const typeNames = new Map<number, SearchFieldType | 'vector'>(
  (Object.entries(fieldType) as [SearchFieldType | 'vector', number][]).map(([name, type]) => [type, name]),
)

export function fieldsOf(messages: readonly FieldSchemaMessage[]): SearchField[] {
  let left = FIELDS_MAX
  return read(messages, 0)

  function read(some: readonly FieldSchemaMessage[], depth: number): SearchField[] {
    if (depth > DEPTH_MAX) throw parameterInvalid(`Nested fields are deeper than ${DEPTH_MAX} levels.`)
    left -= some.length
    if (left < 0)
      throw parameterInvalid(`The number of fields exceeds the limit, limit count: ${FIELDS_MAX}.`)
    const names = some.map(({ field_name }) => field_name)
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice !== undefined) throw parameterInvalid(`Duplicated field name: '${twice}'.`)
    return some.map((message) => {
      const field = fieldOf(message)
      if (field.type !== 'nested') return field
      const inner = message.field_schemas.map((bytes) => decoded(fieldSchema, bytes, 'field schema'))
      if (inner.length === 0) throw parameterInvalid(`The nested field '${field.name}' has no fields.`)
      return { ...field, fields: read(inner, depth + 1) }
    })
  }
}

function fieldOf(message: FieldSchemaMessage): SearchField {
  const { field_name: name, is_virtual_field: isVirtual = false, source_field_names: sources } = message
  checkColumnName(name)
  const type = typeNames.get(message.field_type)!
  if (type === 'vector') throw notImplemented('A vector field')
  if (isVirtual && sources.length !== 1)
    throw parameterInvalid(`The virtual field '${name}' must have one source field.`)
  if (!isVirtual && sources.length > 0)
    throw parameterInvalid(`The field '${name}' has a source field and is not virtual.`)
  const isText = type === 'text'
  if (isText && message.doc_values) throw parameterInvalid(`The text field '${name}' cannot be sorted by.`)
  return {
    name,
    type,
    isArray: message.is_array ?? false,
    isIndexed: message.index ?? true,
    isSortable: message.doc_values ?? !(isText || type === 'nested'),
    isStored: message.store ?? !isText,
    ...(isText ? { analyzer: analyzerOf(message) } : {}),
    ...(type === 'date' ? { dateFormats: checkedFormats(message) } : {}),
    ...(isVirtual ? { source: sources[0]! } : {}),
    ...(message.enable_highlighting === undefined ? {} : { highlights: message.enable_highlighting }),
    ...(message.index_options === undefined ? {} : { indexOptions: message.index_options }),
  }
}

function checkedFormats({ field_name, date_formats: formats }: FieldSchemaMessage): string[] {
  if (formats.length > FORMATS_MAX || formats.some(({ length }) => length > FORMAT_LENGTH_MAX))
    throw parameterInvalid(`The date formats of the field '${field_name}' are too many or too long.`)
  return formats
}

function analyzerOf({ analyzer = 'single_word', analyzer_parameter: bytes }: FieldSchemaMessage): Analyzer {
  const parameter = <T>(message: Message<T>): T =>
    decoded(message, bytes ?? new Uint8Array(0), 'analyzer parameter')
  switch (analyzer) {
    case 'single_word': {
      const { case_sensitive = false, delimit_word = false } = parameter(singleWordParameter)
      return { is: 'single_word', isCaseSensitive: case_sensitive, splitsDigits: delimit_word }
    }
    case 'split': {
      const { delimiter = '' } = parameter(splitParameter)
      return { is: 'split', delimiter }
    }
    case 'fuzzy': {
      const { min_chars: least = 1, max_chars: most = 7 } = parameter(fuzzyParameter)
      if (least < 1 || most < least) throw parameterInvalid('The range of a fuzzy analyzer is invalid.')
      return { is: 'fuzzy', least, most }
    }
    case 'max_word':
    case 'min_word':
      return { is: analyzer }
    default:
      throw parameterInvalid(`Unknown analyzer: '${analyzer.slice(0, 100)}'.`)
  }
}

export function fieldMessage(field: SearchField): FieldSchemaMessage {
  return {
    field_name: field.name,
    field_type: fieldType[field.type],
    index_options: field.indexOptions,
    ...(field.analyzer ? analyzerMessage(field.analyzer) : {}),
    index: field.isIndexed,
    doc_values: field.isSortable,
    store: field.isStored,
    field_schemas: (field.fields ?? []).map((inner) => fieldSchema.encode(fieldMessage(inner))),
    is_array: field.isArray,
    is_virtual_field: field.source !== undefined,
    source_field_names: field.source === undefined ? [] : [field.source],
    date_formats: field.dateFormats ?? [],
    enable_highlighting: field.highlights,
  }
}

function analyzerMessage(analyzer: Analyzer): Pick<FieldSchemaMessage, 'analyzer' | 'analyzer_parameter'> {
  switch (analyzer.is) {
    case 'single_word':
      return {
        analyzer: analyzer.is,
        analyzer_parameter: singleWordParameter.encode({
          case_sensitive: analyzer.isCaseSensitive,
          delimit_word: analyzer.splitsDigits,
        }),
      }
    case 'split':
      return {
        analyzer: analyzer.is,
        analyzer_parameter: splitParameter.encode({ delimiter: analyzer.delimiter }),
      }
    case 'fuzzy':
      return {
        analyzer: analyzer.is,
        analyzer_parameter: fuzzyParameter.encode({ min_chars: analyzer.least, max_chars: analyzer.most }),
      }
    default:
      return { analyzer: analyzer.is }
  }
}

/** Bytes that stand for a message, in a request. */
export function decoded<T>(message: Message<T>, bytes: Uint8Array, what: string): T {
  try {
    return message.decode(bytes)
  } catch (error) {
    if (error instanceof MalformedProtobuf) throw parameterInvalid(`Deserialize ${what} failed.`)
    throw error
  }
}

/** A field by its whole name, and the path of what it is nested in; '' at the top. */
export interface PlacedField {
  field: SearchField
  path: string
}

export function placedFields(fields: readonly SearchField[], path = ''): Map<string, PlacedField> {
  const all = new Map<string, PlacedField>()
  for (const field of fields) {
    const name = path === '' ? field.name : `${path}.${field.name}`
    all.set(name, { field, path })
    if (field.fields) for (const [inner, placed] of placedFields(field.fields, name)) all.set(inner, placed)
  }
  return all
}
