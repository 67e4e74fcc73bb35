/** What queues and topics need of other products; `main/` plugs it in. */
import type { Announcement } from '../../ports/announcements.ts'

/** A message that is about to be published. */
export interface PublishedMessage {
  topicName: string
  messageId: string
  body: string
  tag?: string
  publishedMs: number
  /** Functions that led to it, each triggered by what the one before it did. */
  hops: number
}

/** Those who are told what is published, beside the subscribers. */
export interface TopicListeners {
  /** Undefined: nobody wants to know. Throws `AnnouncementsFull`. */
  announce(message: PublishedMessage): Promise<Announcement | undefined>
}
