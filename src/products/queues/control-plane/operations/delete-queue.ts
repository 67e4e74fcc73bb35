import { parametersOf, requireQueueName } from '../queue-parameters.ts'
import { form, rpcOperation, success } from '../vocabulary.ts'

export const deleteQueue = rpcOperation({
  name: 'DeleteQueue',
  route: 'POST /DeleteQueue',
  body: form,

  async handle({ query, body }, { queues, janitor, requestId }) {
    await queues.delete(requireQueueName(parametersOf(query, body)))
    janitor.removeSoon()
    return success(requestId)
  },
})
