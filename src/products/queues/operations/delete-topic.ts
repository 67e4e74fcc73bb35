import { none, operation } from '../product.ts'
import { deleteTopic as remove } from '../topics.ts'

export const deleteTopic = operation({
  name: 'DeleteTopic',
  route: 'DELETE /topics/{topic}',
  body: none,

  async handle({ path: { topic: name } }, context) {
    await remove(name, context)
    return { status: 204 }
  },
})
