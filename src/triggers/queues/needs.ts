/** What triggers of topics want of the rest of the platform; the composition root plugs it in. */
import type { Outbox } from '../events/outbox.ts'
import type { SourceTriggers } from '../events/source-triggers.ts'

/** A message that is about to be published. */
export interface PublishedMessage {
  topicName: string
  messageId: string
  body: string
  tag?: string
  publishedMs: number
  /** Functions that led here, one triggered by the other. */
  hops: number
}

export interface TopicTriggersNeeds {
  triggers: Pick<SourceTriggers, 'of'>
  outbox: Pick<Outbox, 'announcementOf'>
  newRequestId(): string
  accountId: string
}
