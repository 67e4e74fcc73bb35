/** Topics and subscriptions as records. */

import type { XmlContent } from '../../lib/xml.ts'
import type { XmlElement } from '../../lib/xml-reader.ts'
import type { RecordStore, StoredRecord } from '../../ports/records.ts'
import type { Credential } from '../../wire/reach.ts'
import { booleanOf, fieldsOf, integerOf } from './document.ts'
import { invalidElement, notImplemented, subscriptionNotExist, topicNotExist } from './errors.ts'
import { subscriptionKey, topicKey } from './keys.ts'
import { isName } from './names.ts'
import { rangeOf } from './queue.ts'
import type { Tag } from './tags.ts'

export interface TopicRecord {
  topicId: string
  name: string
  maximumMessageSize: number
  tags?: readonly Tag[]
  /** Seconds since the epoch. */
  createdSeconds: number
  modifiedSeconds: number
}

export const notifyStrategies = ['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY'] as const
export type NotifyStrategy = (typeof notifyStrategies)[number]
export const contentFormats = ['XML', 'JSON', 'SIMPLIFIED'] as const
export type ContentFormat = (typeof contentFormats)[number]

/** What a subscriber wants. */
export interface SubscriptionSettings {
  /** As it was given. */
  endpoint: string
  filterTag?: string
  notifyStrategy: NotifyStrategy
  notifyContentFormat: ContentFormat
  /** The queue for messages that could not be delivered. */
  deadLetters?: string
  receivesPerSecondMax?: number
}

export interface SubscriptionRecord extends SubscriptionSettings {
  subscriptionId: string
  topicId: string
  topicName: string
  name: string
  /** What it was made with: how far pushes may go. */
  madeBy: Credential
  createdSeconds: number
  modifiedSeconds: number
}

/** Of tags and filters of tags. */
export const TAG_LENGTH_MAX = 16

/** Of one topic; the vendor's limit. A message is kept once for each of them. */
export const SUBSCRIPTIONS_MAX = 100

/** The size that a `<Topic>` document sets; undefined: none. */
export function readTopic(document: XmlElement): number | undefined {
  const fields = fieldsOf(document, ['MaximumMessageSize', 'LoggingEnabled', 'TopicName'])
  const logging = fields.get('LoggingEnabled')
  if (logging && booleanOf(logging.text, 'LoggingEnabled')) throw notImplemented('LoggingEnabled')
  const size = fields.get('MaximumMessageSize')
  return size && integerOf(size.text, 'MaximumMessageSize', rangeOf('maximumMessageSize'))
}

export const TOPIC_SIZE_STANDARD = 65_536
/** Seconds for which the vendor keeps a message of a topic that it cannot deliver: as long as its longest strategy takes. */
export const TOPIC_RETENTION = 86_400

export const describeTopic = (record: TopicRecord): XmlContent => ({
  TopicName: record.name,
  CreateTime: record.createdSeconds,
  LastModifyTime: record.modifiedSeconds,
  MaximumMessageSize: record.maximumMessageSize,
  MessageRetentionPeriod: TOPIC_RETENTION,
  LoggingEnabled: 'False',
})

/** As both APIs tell it. */
export const subscriptionFields = (record: SubscriptionRecord, accountId: string) => ({
  SubscriptionName: record.name,
  TopicOwner: accountId,
  TopicName: record.topicName,
  Endpoint: record.endpoint,
  NotifyStrategy: record.notifyStrategy,
  NotifyContentFormat: record.notifyContentFormat,
  FilterTag: record.filterTag,
  CreateTime: record.createdSeconds,
  LastModifyTime: record.modifiedSeconds,
})

export const describeSubscription = (record: SubscriptionRecord, accountId: string): XmlContent => ({
  Subscriber: accountId,
  ...subscriptionFields(record, accountId),
})

/** One of the words; undefined: none is given. Throws InvalidArgument. */
export function wordOf<Word extends string>(
  name: string,
  fields: ReadonlyMap<string, { text: string }>,
  words: readonly Word[],
): Word | undefined {
  const text = fields.get(name)?.text.trim()
  const word = words.find((candidate) => candidate === text)
  if (text !== undefined && word === undefined) throw invalidElement(name)
  return word
}

export const findTopic = async (
  records: RecordStore,
  name: string,
): Promise<StoredRecord<TopicRecord> | undefined> =>
  isName(name) ? records.get<TopicRecord>(topicKey(name)) : undefined

export async function requireTopic(records: RecordStore, name: string): Promise<StoredRecord<TopicRecord>> {
  const found = await findTopic(records, name)
  if (!found) throw topicNotExist()
  return found
}

export async function requireSubscription(
  records: RecordStore,
  topicName: string,
  name: string,
): Promise<StoredRecord<SubscriptionRecord>> {
  const { topicId } = (await requireTopic(records, topicName)).value
  const found = isName(name) && (await records.get<SubscriptionRecord>(subscriptionKey(topicId, name)))
  if (!found) throw subscriptionNotExist()
  return found
}

export const haveSameSettings = (a: SubscriptionSettings, b: SubscriptionSettings): boolean =>
  a.endpoint === b.endpoint &&
  a.filterTag === b.filterTag &&
  a.notifyStrategy === b.notifyStrategy &&
  a.notifyContentFormat === b.notifyContentFormat &&
  a.deadLetters === b.deadLetters &&
  a.receivesPerSecondMax === b.receivesPerSecondMax
