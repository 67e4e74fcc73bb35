import { checkQueueName } from '../../names.ts'
import { parametersOf, readQueueParameters } from '../queue-parameters.ts'
import { form, rpcOperation, success } from '../vocabulary.ts'

export const createQueue = rpcOperation({
  name: 'CreateQueue',
  route: 'POST /CreateQueue',
  body: form,

  async handle({ query, body }, { queues, requestId }) {
    const { queueName, given, deadLetters } = readQueueParameters(parametersOf(query, body))
    checkQueueName(queueName)
    await queues.create(queueName, given, deadLetters ?? undefined)
    return success(requestId)
  },
})
