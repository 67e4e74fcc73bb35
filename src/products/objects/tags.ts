/** Tags of objects and buckets. */
import { childOf, childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { invalidTag, malformedXml } from './errors.ts'
import type { Tag } from './object.ts'

export const OBJECT_TAGS_MAX = 10
export const BUCKET_TAGS_MAX = 20
const KEY_LENGTH_MAX = 128
const VALUE_LENGTH_MAX = 256

/** `k=v&k2=v2`, percent-encoded: the form in headers. */
export function tagsOfHeader(text: string): Tag[] {
  if (text === '') return []
  const tags = text.split('&').map((item) => {
    const equals = item.indexOf('=')
    const [key, value] = equals < 0 ? [item, ''] : [item.slice(0, equals), item.slice(equals + 1)]
    try {
      return { key: decodeURIComponent(key), value: decodeURIComponent(value) }
    } catch {
      throw invalidTag('The header of tags is not percent-encoded.')
    }
  })
  return checked(tags, OBJECT_TAGS_MAX)
}

/** A `Tagging` document. */
export function readTagging(root: XmlElement, tagsMax: number): Tag[] {
  const set = root.name === 'Tagging' ? childOf(root, 'TagSet') : undefined
  if (!set) throw malformedXml('Tagging with a TagSet is expected')
  const tags = childrenOf(set, 'Tag').map((tag) => ({
    key: textOf(tag, 'Key') ?? '',
    value: textOf(tag, 'Value') ?? '',
  }))
  return checked(tags, tagsMax)
}

export const taggingXml = (tags: readonly Tag[]) => ({
  TagSet: { Tag: tags.map(({ key, value }) => ({ Key: key, Value: value })) },
})

function checked(tags: Tag[], tagsMax: number): Tag[] {
  if (tags.length > tagsMax) throw invalidTag(`There can not be more than ${tagsMax} tags.`)
  if (new Set(tags.map(({ key }) => key)).size < tags.length)
    throw invalidTag('Cannot provide multiple Tags with the same key.')
  for (const { key, value } of tags) {
    if (key === '' || key.length > KEY_LENGTH_MAX || !ALLOWED.test(key))
      throw invalidTag('The TagKey you have provided is invalid.')
    if (value.length > VALUE_LENGTH_MAX || !ALLOWED.test(value))
      throw invalidTag('The TagValue you have provided is invalid.')
  }
  return tags
}

/** Letters and digits of any script, spaces, and `+ - = . _ : /`. */
const ALLOWED = /^[\p{L}\p{N} +\-=._:/]*$/u
