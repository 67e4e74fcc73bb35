import { describeQueue } from '../../queue.ts'
import { requireQueueName } from '../queue-parameters.ts'
import { queueOperation, success } from '../vocabulary.ts'

export const getQueueAttributes = queueOperation(
  'GetQueueAttributes',
  async (parameters, { queues, requestId }) =>
    queues.use(requireQueueName(parameters), async (queue) => {
      const { deadLetters } = queue.record
      return success(requestId, {
        ...describeQueue(queue.record, await queue.counts()),
        LoggingEnabled: false,
        QueueType: 'normal',
        DlqPolicy: deadLetters
          ? {
              Enabled: true,
              DeadLetterTargetQueue: deadLetters.queueName,
              MaxReceiveCount: String(deadLetters.maxReceiveCount),
            }
          : { Enabled: false },
      })
    }),
)
