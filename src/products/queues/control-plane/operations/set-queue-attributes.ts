import { parametersOf, readQueueParameters } from '../queue-parameters.ts'
import { form, rpcOperation, success } from '../vocabulary.ts'

export const setQueueAttributes = rpcOperation({
  name: 'SetQueueAttributes',
  route: 'POST /SetQueueAttributes',
  body: form,

  async handle({ query, body }, { queues, requestId }) {
    const { queueName, given, deadLetters } = readQueueParameters(parametersOf(query, body))
    await queues.setAttributes(queueName, given, deadLetters)
    return success(requestId)
  },
})
