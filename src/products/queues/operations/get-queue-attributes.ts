import { none, operation, xmlReply } from '../product.ts'
import { describeQueue } from '../queue.ts'

export const getQueueAttributes = operation({
  name: 'GetQueueAttributes',
  route: 'GET /queues/{queue}',
  body: none,

  async handle({ path: { queue: name } }, { queues }) {
    return queues.use(name, async (queue) => {
      const counts = await queue.counts()
      return xmlReply(200, 'Queue', describeQueue(queue.record, counts))
    })
  },
})
