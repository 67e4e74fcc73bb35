import { createHash } from 'node:crypto'
import type { PublishedMessage } from './needs.ts'

/** What the function is given: the text itself, or with the format JSON the vendor's document (fc-events/fc3-mns-*.json). */
export function topicEventText(
  { topicName, messageId, body, publishedMs }: PublishedMessage,
  { accountId, triggerName, isJson }: { accountId: string; triggerName: string; isJson: boolean },
): string {
  if (!isJson) return body
  return JSON.stringify({
    TopicOwner: accountId,
    Message: body,
    Subscriber: accountId,
    PublishTime: publishedMs,
    SubscriptionName: triggerName,
    MessageMD5: createHash('md5').update(body).digest('hex').toUpperCase(),
    TopicName: topicName,
    MessageId: messageId,
  })
}
