import { checkKnown } from '../parameters.ts'
import { done, queueOperation } from '../vocabulary.ts'

export const deleteQueue = queueOperation(
  'DeleteQueue',
  async (queueName, parameters, { queues, janitor }) => {
    checkKnown(parameters, ['QueueName'])
    await queues.delete(queueName)
    janitor.removeSoon()
    return done
  },
)
