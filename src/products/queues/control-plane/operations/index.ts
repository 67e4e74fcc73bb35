import type { ControlPlaneOperation } from '../vocabulary.ts'
import {
  authorizeEndpointAcl,
  disableEndpoint,
  enableEndpoint,
  getEndpointAttribute,
  revokeEndpointAcl,
} from './access-point.ts'
import { createEventRule } from './create-event-rule.ts'
import { createQueue } from './create-queue.ts'
import { createTopic } from './create-topic.ts'
import { deleteEventRule } from './delete-event-rule.ts'
import { deleteQueue } from './delete-queue.ts'
import { deleteTopic } from './delete-topic.ts'
import { getEventRule } from './get-event-rule.ts'
import { getQueueAttributes } from './get-queue-attributes.ts'
import { getSubscriptionAttributes } from './get-subscription-attributes.ts'
import { getTopicAttributes } from './get-topic-attributes.ts'
import { listEventRules } from './list-event-rules.ts'
import { listQueue } from './list-queue.ts'
import { listSubscriptionByTopic } from './list-subscription-by-topic.ts'
import { listTopic } from './list-topic.ts'
import { notBuilt } from './not-built.ts'
import { setQueueAttributes } from './set-queue-attributes.ts'
import { setSubscriptionAttributes } from './set-subscription-attributes.ts'
import { setTopicAttributes } from './set-topic-attributes.ts'
import { subscribe } from './subscribe.ts'
import { unsubscribe } from './unsubscribe.ts'

/** Every operation of the control plane. */
export const operations: readonly ControlPlaneOperation[] = [
  createQueue,
  setQueueAttributes,
  getQueueAttributes,
  deleteQueue,
  listQueue,
  createTopic,
  setTopicAttributes,
  getTopicAttributes,
  deleteTopic,
  listTopic,
  subscribe,
  setSubscriptionAttributes,
  getSubscriptionAttributes,
  unsubscribe,
  listSubscriptionByTopic,
  createEventRule,
  getEventRule,
  deleteEventRule,
  listEventRules,
  enableEndpoint,
  disableEndpoint,
  getEndpointAttribute,
  authorizeEndpointAcl,
  revokeEndpointAcl,
  ...notBuilt,
]
