/** What operations of the control plane are given: texts by name; objects as JSON, or as names with a dot; lists as names with numbers. */
import { booleanOf } from '../document.ts'
import { invalidArgument, notImplemented } from '../errors.ts'
import { checkTags, type Tag } from '../tags.ts'
import { missingParameter } from './errors.ts'

export type Parameters = ReadonlyMap<string, string>

/** Of the wire, and those that say what SDKs say of every call. */
const common: ReadonlySet<string> = new Set([
  'Action',
  'Version',
  'Format',
  'AccessKeyId',
  'SecurityToken',
  'Signature',
  'SignatureMethod',
  'SignatureVersion',
  'SignatureNonce',
  'SignatureType',
  'Timestamp',
  'RegionId',
])

export function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined || value === '') throw missingParameter(name)
  return value
}

/** What has a value and is not known is refused, so that nothing is left undone in silence. Throws NotImplemented. */
export function checkKnown(parameters: Parameters, known: readonly string[]): void {
  for (const [name, value] of parameters) {
    const [first = ''] = name.split('.')
    if (value !== '' && !common.has(name) && !known.includes(first))
      throw notImplemented(`the parameter '${name}'`)
  }
}

/** Logs are not kept; whoever asks for them is told so. */
export function checkNoLogging(parameters: Parameters): void {
  if (booleanOf(parameters.get('EnableLogging') ?? 'false', 'EnableLogging'))
    throw notImplemented('EnableLogging')
}

export function checkType(parameters: Parameters, name: 'QueueType' | 'TopicType'): void {
  const type = parameters.get(name) || 'normal'
  if (type !== 'normal') throw notImplemented(`the ${name} '${type.slice(0, 40)}'`)
}

/** The fields of an object; undefined: it is not given. Throws NotImplemented for a field that is not known. */
export function objectOf(
  parameters: Parameters,
  name: string,
  known: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>()
  const text = parameters.get(name)
  if (text !== undefined && text !== '') {
    const object = jsonOf(text)
    if (typeof object !== 'object' || object === null || Array.isArray(object))
      throw invalidArgument(`The value of ${name} should be a JSON object.`)
    for (const [field, value] of Object.entries(object)) fields.set(field, textOf(value, `${name}.${field}`))
  }
  for (const [parameter, value] of parameters) {
    if (parameter.startsWith(`${name}.`)) fields.set(parameter.slice(name.length + 1), value)
  }
  if (fields.size === 0) return undefined
  for (const field of fields.keys()) {
    if (!known.includes(field)) throw notImplemented(`the field '${name}.${field}'`)
  }
  return fields
}

/** What is a text, a number or true or false in JSON may be given as any of them. Throws InvalidArgument. */
export function textOf(value: unknown, name: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  throw invalidArgument(`The value of ${name.slice(0, 100)} is not valid.`)
}

/** Undefined: it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It is refused in the same words as any other text that is not what it should be.
    return undefined
  }
}

/** `Tag.1.Key`, `Tag.1.Value`. Throws InvalidArgument. */
export function tagsOf(parameters: Parameters): Tag[] {
  const byNumber = new Map<string, { key?: string; value?: string }>()
  for (const [name, text] of parameters) {
    if (name !== 'Tag' && !name.startsWith('Tag.')) continue
    const [, number, field] = /^Tag\.(\d{1,3})\.(Key|Value)$/.exec(name) ?? []
    if (number === undefined) throw invalidArgument('Tags are given as Tag.N.Key and Tag.N.Value.')
    const tag = byNumber.get(number) ?? {}
    byNumber.set(number, { ...tag, [field === 'Key' ? 'key' : 'value']: text })
  }
  const tags = [...byNumber.values()].map(({ key = '', value = '' }) => ({ key, value }))
  checkTags(tags)
  return tags
}
