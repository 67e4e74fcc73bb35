import { checkKnown } from '../parameters.ts'
import { describe } from '../queues.ts'
import { queueOperation } from '../vocabulary.ts'

export const getQueueAttributes = queueOperation(
  'GetQueueAttributes',
  async (queueName, parameters, { queues }) => {
    checkKnown(parameters, ['QueueName'])
    return queues.use(queueName, async (queue) => describe(queue.record, await queue.counts()))
  },
)
