import { describeQueue } from '../../queue.ts'
import { parametersOf, requireQueueName } from '../queue-parameters.ts'
import { form, rpcOperation, success } from '../vocabulary.ts'

export const getQueueAttributes = rpcOperation({
  name: 'GetQueueAttributes',
  route: 'POST /GetQueueAttributes',
  body: form,

  async handle({ query, body }, { queues, requestId }) {
    return queues.use(requireQueueName(parametersOf(query, body)), async (queue) => {
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
    })
  },
})
