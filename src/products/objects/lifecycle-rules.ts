/** Lifecycle rules: what they are, and which of them an object falls under at a time. Pure. */
import { childOf, childrenOf, textOf, type XmlElement } from '../../lib/xml-reader.ts'
import { malformedXml, notImplemented } from './errors.ts'
import type { ObjectRecord, Tag } from './object.ts'
import { isStorageClass, STORAGE_CLASSES, type StorageClass } from './storage-class.ts'

/** After so many days, or all that is from before a date. */
export type Age = { days: number } | { createdBeforeMs: number }

export interface LifecycleRule {
  id: string
  prefix: string
  isEnabled: boolean
  tags: readonly Tag[]
  sizeAbove?: number
  sizeBelow?: number
  /** Objects under this prefix, or with this tag, are left out. */
  not?: { prefix: string; tag?: Tag }
  expiration?: Age | { expiredDeleteMarkers: true }
  transitions: readonly { age: Age; storageClass: StorageClass }[]
  abortUploads?: Age
  noncurrentExpirationDays?: number
  noncurrentTransitions: readonly { days: number; storageClass: StorageClass }[]
}

const RULES_MAX = 1000
const DAY_MS = 86_400_000

export function readLifecycle(root: XmlElement): LifecycleRule[] {
  const rules = childrenOf(root, 'Rule').map(readRule)
  if (rules.length === 0 || rules.length > RULES_MAX) throw malformedXml(`1 to ${RULES_MAX} Rule are taken`)
  if (new Set(rules.map(({ id }) => id)).size < rules.length) throw malformedXml('two rules have one ID')
  return rules
}

function readRule(rule: XmlElement, index: number): LifecycleRule {
  const status = textOf(rule, 'Status')
  if (status !== 'Enabled' && status !== 'Disabled') throw malformedXml('Status is Enabled or Disabled')
  const id = textOf(rule, 'ID') || `rule-${index + 1}`
  if (id.length > 255) throw malformedXml('an ID has at most 255 characters')
  const expiration = childOf(rule, 'Expiration')
  const transitions = childrenOf(rule, 'Transition').map(readTransition)
  const abort = childOf(rule, 'AbortMultipartUpload')
  const noncurrentExpiration = childOf(rule, 'NoncurrentVersionExpiration')
  const noncurrentTransitions = childrenOf(rule, 'NoncurrentVersionTransition').map((transition) => {
    refuseAccessTime(transition)
    return {
      days: daysOf(textOf(transition, 'NoncurrentDays')),
      storageClass: colderClassOf(textOf(transition, 'StorageClass')),
    }
  })
  if (
    !expiration &&
    !abort &&
    !noncurrentExpiration &&
    transitions.length + noncurrentTransitions.length === 0
  )
    throw malformedXml('a rule says what is to be done')
  return {
    id,
    prefix: childOf(rule, 'Prefix')?.text ?? '',
    isEnabled: status === 'Enabled',
    tags: childrenOf(rule, 'Tag').map(readTag),
    ...readFilter(childOf(rule, 'Filter')),
    ...(expiration ? { expiration: readExpiration(expiration) } : {}),
    transitions,
    ...(abort ? { abortUploads: readAge(abort) } : {}),
    ...(noncurrentExpiration
      ? { noncurrentExpirationDays: daysOf(textOf(noncurrentExpiration, 'NoncurrentDays')) }
      : {}),
    noncurrentTransitions,
  }
}

function readFilter(filter: XmlElement | undefined): Pick<LifecycleRule, 'sizeAbove' | 'sizeBelow' | 'not'> {
  if (!filter) return {}
  const above = textOf(filter, 'ObjectSizeGreaterThan')
  const below = textOf(filter, 'ObjectSizeLessThan')
  const [not, ...more] = childrenOf(filter, 'Not')
  if (more.length > 0) throw notImplemented('Filter with more than one Not')
  const tag = not && childOf(not, 'Tag')
  return {
    ...(above === undefined ? {} : { sizeAbove: wholeOf(above) }),
    ...(below === undefined ? {} : { sizeBelow: wholeOf(below) }),
    ...(not
      ? { not: { prefix: childOf(not, 'Prefix')?.text ?? '', ...(tag ? { tag: readTag(tag) } : {}) } }
      : {}),
  }
}

function readExpiration(element: XmlElement): NonNullable<LifecycleRule['expiration']> {
  if (textOf(element, 'ExpiredObjectDeleteMarker') === 'true') return { expiredDeleteMarkers: true }
  return readAge(element)
}

function readAge(element: XmlElement): Age {
  const days = textOf(element, 'Days')
  if (days !== undefined) return { days: daysOf(days) }
  const date = textOf(element, 'CreatedBeforeDate') ?? textOf(element, 'Date')
  const createdBeforeMs = Date.parse(date ?? '')
  if (Number.isNaN(createdBeforeMs)) throw malformedXml(`${element.name} has Days or CreatedBeforeDate`)
  return { createdBeforeMs }
}

function readTransition(element: XmlElement): { age: Age; storageClass: StorageClass } {
  refuseAccessTime(element)
  return { age: readAge(element), storageClass: colderClassOf(textOf(element, 'StorageClass')) }
}

/** When an object was last read is not kept. */
function refuseAccessTime(element: XmlElement): void {
  if (textOf(element, 'IsAccessTime') === 'true') throw notImplemented('IsAccessTime')
}

const readTag = (element: XmlElement): Tag => ({
  key: textOf(element, 'Key') ?? '',
  value: textOf(element, 'Value') ?? '',
})

function colderClassOf(text: string | undefined): StorageClass {
  if (text === undefined || !isStorageClass(text) || text === 'Standard')
    throw malformedXml(`StorageClass: ${text}`)
  return text
}

function daysOf(text: string | undefined): number {
  const days = wholeOf(text ?? '')
  if (days < 1) throw malformedXml('days are a positive whole number')
  return days
}

function wholeOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw malformedXml(`not a whole number: ${text}`)
  return Number(text)
}

export const lifecycleXml = (rules: readonly LifecycleRule[]) => ({ Rule: rules.map(ruleXml) })

const ruleXml = (rule: LifecycleRule) => ({
  ID: rule.id,
  Prefix: rule.prefix,
  Status: rule.isEnabled ? 'Enabled' : 'Disabled',
  Tag: rule.tags.map(tagXml),
  Filter:
    rule.sizeAbove === undefined && rule.sizeBelow === undefined && rule.not === undefined
      ? undefined
      : {
          ObjectSizeGreaterThan: rule.sizeAbove,
          ObjectSizeLessThan: rule.sizeBelow,
          Not: rule.not && { Prefix: rule.not.prefix, Tag: rule.not.tag && tagXml(rule.not.tag) },
        },
  Expiration:
    rule.expiration &&
    ('expiredDeleteMarkers' in rule.expiration
      ? { ExpiredObjectDeleteMarker: 'true' }
      : ageXml(rule.expiration)),
  Transition: rule.transitions.map(({ age, storageClass }) => ({
    ...ageXml(age),
    StorageClass: storageClass,
  })),
  AbortMultipartUpload: rule.abortUploads && ageXml(rule.abortUploads),
  NoncurrentVersionExpiration:
    rule.noncurrentExpirationDays === undefined
      ? undefined
      : { NoncurrentDays: rule.noncurrentExpirationDays },
  NoncurrentVersionTransition: rule.noncurrentTransitions.map(({ days, storageClass }) => ({
    NoncurrentDays: days,
    StorageClass: storageClass,
  })),
})

const tagXml = ({ key, value }: Tag) => ({ Key: key, Value: value })

const ageXml = (age: Age) =>
  'days' in age ? { Days: age.days } : { CreatedBeforeDate: new Date(age.createdBeforeMs).toISOString() }

/** Whether so old is old enough. */
export const isDue = (age: Age, sinceMs: number, nowMs: number): boolean =>
  'days' in age
    ? sinceMs + age.days * DAY_MS <= nowMs
    : sinceMs < age.createdBeforeMs && age.createdBeforeMs <= nowMs

const hasTag = (tags: readonly Tag[] | undefined, { key, value }: Tag): boolean =>
  tags?.some((tag) => tag.key === key && tag.value === value) === true

function fits(rule: LifecycleRule, key: string, { tags, sizeBytes }: ObjectRecord): boolean {
  if (!rule.isEnabled || !key.startsWith(rule.prefix)) return false
  if (!rule.tags.every((tag) => hasTag(tags, tag))) return false
  if (rule.sizeAbove !== undefined && sizeBytes <= rule.sizeAbove) return false
  if (rule.sizeBelow !== undefined && sizeBytes >= rule.sizeBelow) return false
  const { not } = rule
  return !(not && key.startsWith(not.prefix) && (not.tag === undefined || hasTag(tags, not.tag)))
}

/** What is to be done with a version. Who expires is not moved first. */
export type Due = { is: 'nothing' } | { is: 'expired' } | { is: 'moved'; to: StorageClass }

export function dueOfNewest(
  rules: readonly LifecycleRule[],
  key: string,
  object: ObjectRecord,
  nowMs: number,
): Due {
  const fitting = rules.filter((rule) => fits(rule, key, object))
  const since = object.lastModifiedMs
  if (
    fitting.some(
      ({ expiration }) =>
        expiration && !('expiredDeleteMarkers' in expiration) && isDue(expiration, since, nowMs),
    )
  )
    return { is: 'expired' }
  const due = fitting.flatMap(({ transitions }) => transitions.filter(({ age }) => isDue(age, since, nowMs)))
  return moved(
    object,
    due.map(({ storageClass }) => storageClass),
  )
}

export function dueOfOlder(
  rules: readonly LifecycleRule[],
  key: string,
  object: ObjectRecord,
  nowMs: number,
): Due {
  const since = object.noncurrentMs ?? object.lastModifiedMs
  const fitting = rules.filter((rule) => fits(rule, key, object))
  if (
    fitting.some(({ noncurrentExpirationDays: days }) => days !== undefined && isDue({ days }, since, nowMs))
  )
    return { is: 'expired' }
  if (object.deleteMarker) return { is: 'nothing' }
  const due = fitting.flatMap(({ noncurrentTransitions }) =>
    noncurrentTransitions.filter(({ days }) => isDue({ days }, since, nowMs)),
  )
  return moved(
    object,
    due.map(({ storageClass }) => storageClass),
  )
}

/** Objects move to colder classes only; of several, to the coldest. A symlink has nothing to move. */
function moved({ storageClass = 'Standard', symlinkTarget }: ObjectRecord, to: readonly StorageClass[]): Due {
  const coldness = (is: StorageClass): number => STORAGE_CLASSES.indexOf(is)
  const coldest = to.toSorted((a, b) => coldness(b) - coldness(a))[0]
  if (coldest === undefined || symlinkTarget !== undefined || coldness(coldest) <= coldness(storageClass))
    return { is: 'nothing' }
  return { is: 'moved', to: coldest }
}

export const removesExpiredMarkers = (rules: readonly LifecycleRule[], key: string): boolean =>
  rules.some(
    ({ isEnabled, prefix, expiration }) =>
      isEnabled && key.startsWith(prefix) && expiration !== undefined && 'expiredDeleteMarkers' in expiration,
  )

export const isUploadDue = (
  rules: readonly LifecycleRule[],
  key: string,
  initiatedMs: number,
  nowMs: number,
): boolean =>
  rules.some(
    ({ isEnabled, prefix, abortUploads }) =>
      isEnabled &&
      key.startsWith(prefix) &&
      abortUploads !== undefined &&
      isDue(abortUploads, initiatedMs, nowMs),
  )
