/** Publishing: the message for every subscriber whose filter lets it through, all in one commit with what others are told of it. */

import type { XmlElement } from '../../lib/xml-reader.ts'
import type { StoredRecord, Write } from '../../ports/records.ts'
import { fieldsOf } from './document.ts'
import { invalidArgument, notImplemented, outOfRange } from './errors.ts'
import { subscriptionsPrefix, topicAliveKey } from './keys.ts'
import { bodyTextOf, checkBodyBytes } from './messages-document.ts'
import type { PayloadRecord } from './notification.ts'
import { overtaking } from './overtaking.ts'
import type { QueuesContext } from './product.ts'
import { requireTopic, SUBSCRIPTIONS_MAX, type SubscriptionRecord, TAG_LENGTH_MAX } from './topic.ts'

/** For mail and text messages only, which nobody can subscribe to here. */
const WITHOUT_EFFECT = ['DirectMail', 'DirectSMS']

export interface TopicMessage {
  body: string
  tag?: string
  /** Functions that led to it, each triggered by what the one before it did. */
  hops: number
}

/** A message as a publisher has written it. Throws `ApiError`. */
export function readTopicMessage(document: XmlElement): Omit<TopicMessage, 'hops'> {
  const fields = fieldsOf(document, ['MessageBody', 'MessageTag', 'MessageAttributes'])
  for (const { name } of fields.get('MessageAttributes')?.children ?? []) {
    if (!WITHOUT_EFFECT.includes(name)) throw notImplemented(`the message attribute '${name}'`)
  }
  const tag = fields.get('MessageTag')?.text
  if (tag !== undefined && tag.length > TAG_LENGTH_MAX) {
    throw outOfRange('MessageTag', { min: 1, max: TAG_LENGTH_MAX, unit: '' })
  }
  // It becomes a header of pushes.
  if (/[\x00-\x1f\x7f]/.test(tag ?? '')) throw invalidArgument('A MessageTag has no control characters.')
  return { body: bodyTextOf(fields.get('MessageBody')), ...(tag ? { tag } : {}) }
}

/** Durable when it resolves, together with what is `alongside`. Throws `ApiError`, and `AnnouncementsFull`. */
export const publish = (
  topicName: string,
  { body, tag, hops }: TopicMessage,
  {
    records,
    deliveries,
    clock,
    newMessageId,
    listeners,
  }: Pick<QueuesContext, 'records' | 'deliveries' | 'clock' | 'newMessageId' | 'listeners'>,
  alongside: readonly Write[] = [],
): Promise<PayloadRecord> =>
  overtaking(async () => {
    const topic = (await requireTopic(records, topicName)).value
    checkBodyBytes(body, topic.maximumMessageSize)
    const payload: PayloadRecord = {
      messageId: newMessageId(),
      body,
      ...(tag ? { tag } : {}),
      publishedMs: clock.now(),
    }
    const subscriptions: StoredRecord<SubscriptionRecord>[] = await records.list({
      prefix: subscriptionsPrefix(topic.topicId),
      limit: SUBSCRIPTIONS_MAX,
    })
    const reached = subscriptions.filter(
      ({ value }) => value.filterTag === undefined || value.filterTag === tag,
    )
    const subscribers = reached.map(({ value }) => value)
    const announcement = await listeners.announce({ topicName, ...payload, hops })
    await records.commit([
      { check: topicAliveKey(topic.topicId), expect: 'present' },
      // Who was removed at the same time leaves nothing behind that nobody would deliver.
      ...reached.map(({ key, version }) => ({ check: key, expect: version })),
      ...deliveries.writesFor(subscribers, payload),
      ...(announcement?.writes ?? []),
      ...alongside,
    ])
    announcement?.committed()
    deliveries.committed(subscribers)
    return payload
  })
