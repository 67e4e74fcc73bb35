/** What is published to topics, for the triggers whose tag lets it through: committed with it, then moved on from the outbox. */
import type { Announcement } from '../../ports/announcements.ts'
import { topicEventText } from './event.ts'
import type { PublishedMessage, TopicTriggersNeeds } from './needs.ts'

export interface TopicTriggers {
  /** Undefined: nobody waits for it. Throws `AnnouncementsFull`. */
  announce(message: PublishedMessage): Promise<Announcement | undefined>
}

export const topicTriggers = ({
  triggers,
  outbox,
  newRequestId,
  accountId,
}: TopicTriggersNeeds): TopicTriggers => ({
  async announce(message) {
    const wired = await triggers.of('mns_topic', `/topics/${message.topicName}`)
    return outbox.announcementOf(
      wired
        .filter(({ config: { filterTag } }) => !filterTag || filterTag === message.tag)
        .map(({ functionName, triggerName, triggerId, config }) => ({
          functionName,
          triggerName,
          triggerId,
          requestId: newRequestId(),
          event: topicEventText(message, {
            accountId,
            triggerName,
            isJson: config['notifyContentFormat'] === 'JSON',
          }),
          hops: message.hops,
          happenedMs: message.publishedMs,
        })),
    )
  },
})
