import { fieldsOf, rootNamed, xmlBody } from '../document.ts'
import { operation } from '../product.ts'
import { changeSubscription } from '../subscriptions.ts'
import { notifyStrategies, wordOf } from '../topic.ts'

/** Only how deliveries are tried again can be changed here; the control plane changes policies, too. */
export const setSubscriptionAttributes = operation({
  name: 'SetSubscriptionAttributes',
  route: 'PUT /topics/{topic}/subscriptions/{subscription}?metaoverride=true',
  body: xmlBody,

  async handle({ path: { topic, subscription: name }, body }, context) {
    const fields = fieldsOf(rootNamed(body, 'Subscription'), ['NotifyStrategy'])
    const notifyStrategy = wordOf('NotifyStrategy', fields, notifyStrategies)
    await changeSubscription({ topic, name }, { notifyStrategy }, context)
    return { status: 204 }
  },
})
