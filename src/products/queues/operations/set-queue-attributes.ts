import { rootNamed, xmlBody } from '../document.ts'
import { operation } from '../product.ts'
import { readAttributes } from '../queue.ts'

export const setQueueAttributes = operation({
  name: 'SetQueueAttributes',
  route: 'PUT /queues/{queue}?metaoverride=true',
  body: xmlBody,

  async handle({ path: { queue: name }, body }, { queues }) {
    await queues.setAttributes(name, readAttributes(rootNamed(body, 'Queue')))
    return { status: 204 }
  },
})
