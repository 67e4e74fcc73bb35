import { none, operation } from '../product.ts'

export const deleteQueue = operation({
  name: 'DeleteQueue',
  route: 'DELETE /queues/{queue}',
  body: none,

  async handle({ path: { queue: name } }, { queues, janitor }) {
    await queues.delete(name)
    janitor.removeSoon()
    return { status: 204 }
  },
})
