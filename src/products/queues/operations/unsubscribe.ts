import { none, operation } from '../product.ts'
import { unsubscribe as remove } from '../subscriptions.ts'

export const unsubscribe = operation({
  name: 'Unsubscribe',
  route: 'DELETE /topics/{topic}/subscriptions/{subscription}',
  body: none,

  async handle({ path: { topic, subscription: name } }, context) {
    await remove({ topic, name }, context)
    return { status: 204 }
  },
})
