/** What queues and topics need of other products; `main/` plugs it in. */
import type { Write } from '../../ports/records.ts'

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

export interface Announcement {
  /** To be committed with what happened. */
  writes: readonly Write[]
  /** Called when they are. */
  committed(): void
}

/** Those who are told what is published, beside the subscribers. */
export interface TopicListeners {
  /** Undefined: nobody wants to know. Throws `ListenersOverrun`. */
  announce(message: PublishedMessage): Promise<Announcement | undefined>
}

/** So much waits to be told already that nothing more may be published of which somebody wants to know. */
export class ListenersOverrun extends Error {}
