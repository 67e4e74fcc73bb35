import { none, operation, xmlReply } from '../product.ts'
import { describeSubscription, requireSubscription } from '../topic.ts'

export const getSubscriptionAttributes = operation({
  name: 'GetSubscriptionAttributes',
  route: 'GET /topics/{topic}/subscriptions/{subscription}',
  body: none,

  async handle({ path: { topic, subscription: name } }, { records, accountId }) {
    const { value } = await requireSubscription(records, topic, name)
    return xmlReply(200, 'Subscription', describeSubscription(value, accountId))
  },
})
