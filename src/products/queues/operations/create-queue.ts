import { rootNamed, xmlBody } from '../document.ts'
import { checkQueueName } from '../names.ts'
import { operation } from '../product.ts'
import { readAttributes } from '../queue.ts'

export const createQueue = operation({
  name: 'CreateQueue',
  route: 'PUT /queues/{queue}',
  body: xmlBody,

  async handle({ path: { queue: name }, body }, { queues, origin }) {
    checkQueueName(name)
    const isNew = await queues.create(name, body ? readAttributes(rootNamed(body, 'Queue')) : {})
    return { status: isNew ? 201 : 204, headers: { location: `${origin}/queues/${name}` } }
  },
})
