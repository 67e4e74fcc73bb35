/**
 * Where things are among the records. A queue, topic and subscription has, beside its name, an id that is never used
 * again: what belongs to it is kept by id, so that a new one of the same name never sees what an old one left.
 *
 * A message is a body, and one entry that says where it stands: *active* (by priority, then as sent), or *later* (until when
 * it is delayed or being processed). The key of a later entry ends with its receipt handle.
 */
export const QUEUES = 'queues/queue/'
export const queueKey = (name: string): string => `${QUEUES}${name}`
/** How many messages there are of each kind; there as long as the queue is. */
export const countKey = (queueId: string): string => `queues/count/${queueId}`
export const activePrefix = (queueId: string): string => `queues/active/${queueId}/`
export const activePriorityPrefix = (queueId: string, priority: number): string =>
  `${activePrefix(queueId)}${String(priority).padStart(2, '0')}/`
export const activeKey = (queueId: string, priority: number, messageId: string): string =>
  `${activePriorityPrefix(queueId, priority)}${messageId}`
export const laterPrefix = (queueId: string): string => `queues/later/${queueId}/`
export const laterKey = (queueId: string, handle: string): string => `${laterPrefix(queueId)}${handle}`
export const bodyPrefix = (queueId: string): string => `queues/body/${queueId}/`
export const bodyKey = (queueId: string, messageId: string): string => `${bodyPrefix(queueId)}${messageId}`

export const TOPICS = 'queues/topic/'
export const topicKey = (name: string): string => `${TOPICS}${name}`
/** There as long as the topic is. */
export const topicAliveKey = (topicId: string): string => `queues/topic-alive/${topicId}`
export const ALL_SUBSCRIPTIONS = 'queues/subscription/'
export const subscriptionsPrefix = (topicId: string): string => `${ALL_SUBSCRIPTIONS}${topicId}/`
export const subscriptionKey = (topicId: string, name: string): string =>
  `${subscriptionsPrefix(topicId)}${name}`

/** What is to be delivered to a subscriber, by when it is tried next. */
export const duePrefix = (subscriptionId: string): string => `queues/due/${subscriptionId}/`
export const payloadPrefix = (subscriptionId: string): string => `queues/payload/${subscriptionId}/`
export const payloadKey = (subscriptionId: string, messageId: string): string =>
  `${payloadPrefix(subscriptionId)}${messageId}`

/** What happens in other products and is sent to a queue or topic. */
export const EVENT_RULES = 'queues/event-rule/'
export const eventRuleKey = (name: string): string => `${EVENT_RULES}${name}`

/** Who may come to the public endpoint. */
export const ACCESS_POINT = 'queues/access-point'

/** Ids whose owner was deleted: what is left of them is removed in the background. */
export const DOOMED = 'queues/doomed/'
export const doomedKey = (id: string): string => `${DOOMED}${id}`
export const prefixesOfId = (id: string): readonly string[] => [
  activePrefix(id),
  laterPrefix(id),
  bodyPrefix(id),
  subscriptionsPrefix(id),
  duePrefix(id),
  payloadPrefix(id),
]

/** Milliseconds as text whose order is that of the numbers. */
export const sortableMs = (ms: number): string => String(ms).padStart(15, '0')
