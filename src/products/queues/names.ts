import {
  invalidQueueName,
  queueNameLengthError,
  subscriptionNameInvalid,
  subscriptionNameLengthError,
  topicNameInvalid,
  topicNameLengthError,
} from './errors.ts'

/** As the vendor's clients check it. */
const NAME_LENGTH_MAX = 256
/** Documentation says a letter first, its console takes digits too; the underscore is of the newer documentation. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

export function checkQueueName(name: string): void {
  if (name.length > NAME_LENGTH_MAX) throw queueNameLengthError()
  if (!NAME.test(name)) throw invalidQueueName()
}

export function checkTopicName(name: string): void {
  if (name.length > NAME_LENGTH_MAX) throw topicNameLengthError()
  if (!NAME.test(name)) throw topicNameInvalid()
}

export function checkSubscriptionName(name: string): void {
  if (name.length > NAME_LENGTH_MAX) throw subscriptionNameLengthError()
  if (!NAME.test(name)) throw subscriptionNameInvalid()
}

/** A name as it can be in the keys of records and answers. */
export const isName = (name: string): boolean => name.length <= NAME_LENGTH_MAX && NAME.test(name)
