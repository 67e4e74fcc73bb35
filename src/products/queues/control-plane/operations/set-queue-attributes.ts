import { authorize, sending } from '../../access.ts'
import { readQueueParameters } from '../queue-parameters.ts'
import { queueOperation, success } from '../vocabulary.ts'

export const setQueueAttributes = queueOperation('SetQueueAttributes', async (parameters, context) => {
  const { queueName, given, deadLetters } = readQueueParameters(parameters)
  if (deadLetters) authorize(context, sending(deadLetters.queueName))
  await context.queues.setAttributes(queueName, given, deadLetters)
  return success(context.requestId)
})
