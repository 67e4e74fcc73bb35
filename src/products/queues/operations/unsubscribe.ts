import { doomedKey } from '../keys.ts'
import { overtaking } from '../overtaking.ts'
import { none, operation } from '../product.ts'
import { requireSubscription } from '../topic.ts'

export const unsubscribe = operation({
  name: 'Unsubscribe',
  route: 'DELETE /topics/{topic}/subscriptions/{subscription}',
  body: none,

  async handle({ path: { topic, subscription: name } }, { records, janitor }) {
    await overtaking(async () => {
      const { key, value, version } = await requireSubscription(records, topic, name)
      await records.commit([
        { remove: key, expect: version },
        { put: doomedKey(value.subscriptionId), value: {} },
      ])
    })
    janitor.removeSoon()
    return { status: 204 }
  },
})
