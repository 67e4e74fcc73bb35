import { authorize, sending } from '../../access.ts'
import { checkQueueName } from '../../names.ts'
import { checkType, tagsOf } from '../parameters.ts'
import { readQueueParameters } from '../queues.ts'
import { done, queueOperation } from '../vocabulary.ts'

export const createQueue = queueOperation('CreateQueue', async (queueName, parameters, context) => {
  checkType(parameters, 'QueueType')
  const { given, policies } = readQueueParameters(parameters, queueName, ['QueueType', 'Tag'])
  checkQueueName(queueName)
  const { deadLetters, receivesPerSecondMax } = policies
  if (deadLetters) authorize(context, sending(deadLetters.queueName))
  const tags = tagsOf(parameters)
  await context.queues.create(queueName, given, {
    ...(deadLetters && { deadLetters }),
    ...(receivesPerSecondMax && { receivesPerSecondMax }),
    ...(tags.length > 0 && { tags }),
  })
  return done
})
