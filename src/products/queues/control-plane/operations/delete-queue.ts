import { requireQueueName } from '../queue-parameters.ts'
import { queueOperation, success } from '../vocabulary.ts'

export const deleteQueue = queueOperation(
  'DeleteQueue',
  async (parameters, { queues, janitor, requestId }) => {
    await queues.delete(requireQueueName(parameters))
    janitor.removeSoon()
    return success(requestId)
  },
)
