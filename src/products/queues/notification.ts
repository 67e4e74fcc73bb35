/** A message of a topic as its subscribers are told of it. */
import { bodyMd5 } from './message.ts'
import { mnsDocument } from './mns-document.ts'
import type { ContentFormat } from './topic.ts'

/** What was published, as it waits for one subscriber. */
export interface PayloadRecord {
  messageId: string
  body: string
  tag?: string
  publishedMs: number
}

export interface Notification extends PayloadRecord {
  topicOwner: string
  topicName: string
  subscriber: string
  subscriptionName: string
}

const contentTypes: Readonly<Record<ContentFormat, string>> = {
  XML: 'text/xml;charset=utf-8',
  JSON: 'application/json;charset=utf-8',
  SIMPLIFIED: 'text/plain;charset=utf-8',
}

export function renderNotification(
  notification: Notification,
  format: ContentFormat,
): { contentType: string; body: string } {
  const contentType = contentTypes[format]
  if (format === 'SIMPLIFIED') return { contentType, body: notification.body }
  const fields = {
    TopicOwner: notification.topicOwner,
    TopicName: notification.topicName,
    Subscriber: notification.subscriber,
    SubscriptionName: notification.subscriptionName,
    MessageId: notification.messageId,
    MessageMD5: bodyMd5(notification.body),
    Message: notification.body,
    PublishTime: notification.publishedMs,
    MessageTag: notification.tag,
  }
  return {
    contentType,
    body: format === 'JSON' ? JSON.stringify(fields) : mnsDocument('Notification', fields),
  }
}

/** How long to wait before the next attempt; undefined: there is none. `failures` counts those so far, at least 1. */
export function retryDelayMs(
  strategy: 'BACKOFF_RETRY' | 'EXPONENTIAL_DECAY_RETRY',
  failures: number,
  random: () => number,
): number | undefined {
  // Help page 27481: three more attempts, 10 to 20 s apart.
  if (strategy === 'BACKOFF_RETRY') return failures > 3 ? undefined : 10_000 + Math.floor(random() * 10_001)
  // 176 more: after 1, 2, 4 … 256 s, and then every 512 s, a day in all.
  return failures > 176 ? undefined : 1000 * 2 ** Math.min(failures - 1, 9)
}
