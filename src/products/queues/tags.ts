/** Tags of queues and topics: set when one is made, told, and looked for. */
import { invalidArgument } from './errors.ts'

export interface Tag {
  key: string
  value: string
}

/** The vendor's general limits for tags of a resource. */
const TAGS_MAX = 20
const TAG_LENGTH_MAX = 128

/** Throws InvalidArgument. */
export function checkTags(tags: readonly Tag[]): void {
  if (tags.length > TAGS_MAX) throw invalidArgument(`There are at most ${TAGS_MAX} tags.`)
  if (new Set(tags.map(({ key }) => key)).size < tags.length)
    throw invalidArgument('The keys of tags must differ.')
  for (const { key, value } of tags) {
    if (key.length < 1 || key.length > TAG_LENGTH_MAX || value.length > TAG_LENGTH_MAX)
      throw invalidArgument(`The key of a tag has 1 to ${TAG_LENGTH_MAX} characters, its value no more.`)
    if (/^(aliyun|acs:)/i.test(key) || /https?:\/\//i.test(key + value))
      throw invalidArgument('A tag does not begin with aliyun or acs:, and has no http:// or https:// in it.')
  }
}

/** An empty value that is wanted stands for any. */
export const hasTags = (tags: readonly Tag[] = [], wanted: readonly Tag[]): boolean =>
  wanted.every(({ key, value }) =>
    tags.some((tag) => tag.key === key && (value === '' || tag.value === value)),
  )

export const haveSameTags = (a: readonly Tag[] = [], b: readonly Tag[] = []): boolean =>
  a.length === b.length &&
  a.every(({ key, value }) => b.some((other) => other.key === key && other.value === value))

export const describeTags = (tags: readonly Tag[] = []) =>
  tags.map(({ key, value }) => ({ TagKey: key, TagValue: value }))
