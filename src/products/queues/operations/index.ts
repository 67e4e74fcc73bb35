import { batchDeleteMessage } from './batch-delete-message.ts'
import { changeMessageVisibility } from './change-message-visibility.ts'
import { createQueue } from './create-queue.ts'
import { createTopic } from './create-topic.ts'
import { deleteMessage } from './delete-message.ts'
import { deleteQueue } from './delete-queue.ts'
import { deleteTopic } from './delete-topic.ts'
import { getQueueAttributes } from './get-queue-attributes.ts'
import { getSigningCertificate } from './get-signing-certificate.ts'
import { getSubscriptionAttributes } from './get-subscription-attributes.ts'
import { getTopicAttributes } from './get-topic-attributes.ts'
import { listQueue } from './list-queue.ts'
import { listSubscriptionByTopic } from './list-subscription-by-topic.ts'
import { listTopic } from './list-topic.ts'
import { notBuilt } from './not-built.ts'
import { peekMessage } from './peek-message.ts'
import { publishMessage } from './publish-message.ts'
import { receiveMessage } from './receive-message.ts'
import { sendMessage } from './send-message.ts'
import { setQueueAttributes } from './set-queue-attributes.ts'
import { setSubscriptionAttributes } from './set-subscription-attributes.ts'
import { setTopicAttributes } from './set-topic-attributes.ts'
import { subscribe } from './subscribe.ts'
import { unsubscribe } from './unsubscribe.ts'

/** Every operation of queues and topics: the coverage list. The batches of a message operation are part of it. */
export const operations = [
  createQueue,
  setQueueAttributes,
  getQueueAttributes,
  deleteQueue,
  listQueue,
  sendMessage,
  receiveMessage,
  peekMessage,
  deleteMessage,
  batchDeleteMessage,
  changeMessageVisibility,
  createTopic,
  setTopicAttributes,
  getTopicAttributes,
  deleteTopic,
  listTopic,
  publishMessage,
  subscribe,
  setSubscriptionAttributes,
  getSubscriptionAttributes,
  unsubscribe,
  listSubscriptionByTopic,
  getSigningCertificate,
  ...notBuilt,
]
