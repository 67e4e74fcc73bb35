import { authorize, sending } from '../../access.ts'
import { readQueueParameters } from '../queues.ts'
import { queueOperation } from '../vocabulary.ts'

export const setQueueAttributes = queueOperation(
  'SetQueueAttributes',
  async (queueName, parameters, context) => {
    const { given, policies } = readQueueParameters(parameters, queueName)
    if (policies.deadLetters) authorize(context, sending(policies.deadLetters.queueName))
    await context.queues.setAttributes(queueName, given, policies)
    return undefined
  },
)
