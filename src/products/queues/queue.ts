/** Queues as records: what can be set of them, within the vendor's limits. */

import type { XmlElement } from '../../lib/xml-reader.ts'
import { booleanOf, fieldsOf, integerOf } from './document.ts'
import { notImplemented } from './errors.ts'
import { haveSameTags, type Tag } from './tags.ts'

export interface QueueAttributes {
  /** Seconds, as all times that clients set. */
  delaySeconds: number
  maximumMessageSize: number
  messageRetentionPeriod: number
  visibilityTimeout: number
  pollingWaitSeconds: number
}

/** Where messages go that were received too often and never deleted. */
export interface DeadLetterPolicy {
  queueName: string
  maxReceiveCount: number
}

export interface QueueRecord extends QueueAttributes {
  queueId: string
  name: string
  deadLetters?: DeadLetterPolicy
  /** Messages that may be received from it in a second; none: any number. */
  receivesPerSecondMax?: number
  tags?: readonly Tag[]
  /** Seconds since the epoch. */
  createdSeconds: number
  modifiedSeconds: number
}

/** What only the control plane sets when it makes a queue. */
export type QueueExtras = Pick<QueueRecord, 'deadLetters' | 'receivesPerSecondMax' | 'tags'>

/** What is undefined stays as it is; null ends a policy. */
export interface PolicyChange {
  deadLetters?: DeadLetterPolicy | null | undefined
  receivesPerSecondMax?: number | null | undefined
}

export interface MessageCounts {
  active: number
  inactive: number
  delayed: number
}

interface Attribute {
  element: string
  min: number
  max: number
  unit: 'seconds' | 'bytes'
  standard: number
}

/** Limits and defaults of the vendor's reference (API 2022-01-19 has them all). */
const attributes: Readonly<Record<keyof QueueAttributes, Attribute>> = {
  delaySeconds: { element: 'DelaySeconds', min: 0, max: 604_800, unit: 'seconds', standard: 0 },
  maximumMessageSize: {
    element: 'MaximumMessageSize',
    min: 1024,
    max: 65_536,
    unit: 'bytes',
    standard: 65_536,
  },
  messageRetentionPeriod: {
    element: 'MessageRetentionPeriod',
    min: 60,
    max: 604_800,
    unit: 'seconds',
    standard: 345_600,
  },
  visibilityTimeout: { element: 'VisibilityTimeout', min: 1, max: 43_200, unit: 'seconds', standard: 30 },
  pollingWaitSeconds: { element: 'PollingWaitSeconds', min: 0, max: 30, unit: 'seconds', standard: 0 },
}

type AttributeName = keyof QueueAttributes
const names = Object.keys(attributes) as AttributeName[]

/** The range of a number of seconds that is given for one message or one call. */
export const rangeOf = (name: AttributeName): Attribute => attributes[name]

export const standardAttributes = Object.fromEntries(
  names.map((name) => [name, attributes[name].standard]),
) as unknown as QueueAttributes

export const attributeElements = names.map((name) => attributes[name].element)

/** The attributes that a `<Queue>` document sets. */
export function readAttributes(document: XmlElement): Partial<QueueAttributes> {
  const fields = fieldsOf(document, [...attributeElements, 'LoggingEnabled', 'QueueName'])
  const logging = fields.get('LoggingEnabled')
  if (logging && booleanOf(logging.text, 'LoggingEnabled')) throw notImplemented('LoggingEnabled')
  return attributesIn((element) => fields.get(element)?.text)
}

/** The attributes that are given under the names of their elements, each checked. */
export function attributesIn(textOf: (element: string) => string | undefined): Partial<QueueAttributes> {
  const given: Partial<QueueAttributes> = {}
  for (const name of names) {
    const { element, ...range } = attributes[name]
    const text = textOf(element)
    if (text !== undefined) given[name] = integerOf(text, element, range)
  }
  return given
}

/** Of a queue or a subscription. */
export function changedPolicies<Kept extends { deadLetters?: unknown; receivesPerSecondMax?: number }>(
  record: Kept,
  change: {
    deadLetters?: Kept['deadLetters'] | null | undefined
    receivesPerSecondMax?: number | null | undefined
  },
): Kept {
  const changed = { ...record }
  if (change.deadLetters === null) delete changed.deadLetters
  else if (change.deadLetters !== undefined) changed.deadLetters = change.deadLetters
  if (change.receivesPerSecondMax === null) delete changed.receivesPerSecondMax
  else if (change.receivesPerSecondMax !== undefined)
    changed.receivesPerSecondMax = change.receivesPerSecondMax
  return changed
}

export const haveSameAttributes = (a: QueueRecord, b: QueueRecord): boolean =>
  names.every((name) => a[name] === b[name]) &&
  a.deadLetters?.queueName === b.deadLetters?.queueName &&
  a.deadLetters?.maxReceiveCount === b.deadLetters?.maxReceiveCount &&
  a.receivesPerSecondMax === b.receivesPerSecondMax &&
  haveSameTags(a.tags, b.tags)

export function describeQueue(record: QueueRecord, counts: MessageCounts): Record<string, string | number> {
  return {
    QueueName: record.name,
    CreateTime: record.createdSeconds,
    LastModifyTime: record.modifiedSeconds,
    ...Object.fromEntries(names.map((name) => [attributes[name].element, record[name]])),
    ActiveMessages: counts.active,
    InactiveMessages: counts.inactive,
    DelayMessages: counts.delayed,
    LoggingEnabled: 'False',
  }
}
