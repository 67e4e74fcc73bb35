import { authorize, sending } from '../../access.ts'
import { checkQueueName } from '../../names.ts'
import { readQueueParameters } from '../queue-parameters.ts'
import { queueOperation, success } from '../vocabulary.ts'

export const createQueue = queueOperation('CreateQueue', async (parameters, context) => {
  const { queueName, given, deadLetters } = readQueueParameters(parameters)
  checkQueueName(queueName)
  if (deadLetters) authorize(context, sending(deadLetters.queueName))
  await context.queues.create(queueName, given, deadLetters ?? undefined)
  return success(context.requestId)
})
