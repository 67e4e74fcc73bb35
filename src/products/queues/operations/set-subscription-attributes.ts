import { fieldsOf, rootNamed, xmlBody } from '../document.ts'
import { overtaking } from '../overtaking.ts'
import { operation } from '../product.ts'
import { notifyStrategies, requireSubscription, wordOf } from '../topic.ts'

/** Only how deliveries are tried again can be changed. */
export const setSubscriptionAttributes = operation({
  name: 'SetSubscriptionAttributes',
  route: 'PUT /topics/{topic}/subscriptions/{subscription}?metaoverride=true',
  body: xmlBody,

  async handle({ path: { topic, subscription: name }, body }, { records, clock }) {
    const fields = fieldsOf(rootNamed(body, 'Subscription'), ['NotifyStrategy'])
    await overtaking(async () => {
      const { key, value, version } = await requireSubscription(records, topic, name)
      const record = {
        ...value,
        notifyStrategy: wordOf(fields.get('NotifyStrategy'), notifyStrategies, value.notifyStrategy),
        modifiedSeconds: Math.floor(clock.now() / 1000),
      }
      await records.commit([{ put: key, value: record, expect: version }])
    })
    return { status: 204 }
  },
})
