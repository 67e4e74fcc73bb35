import { subscriptionsPrefix } from '../keys.ts'
import { pageOf, wantsAttributes } from '../paging.ts'
import { none, operation, xmlReply } from '../product.ts'
import { describeSubscription, requireTopic, type SubscriptionRecord } from '../topic.ts'

export const listSubscriptionByTopic = operation({
  name: 'ListSubscriptionByTopic',
  route: 'GET /topics/{topic}/subscriptions',
  body: none,

  async handle({ path: { topic }, headers }, { records, origin, accountId }) {
    const withAttributes = wantsAttributes(headers)
    const { topicId } = (await requireTopic(records, topic)).value
    const page = await pageOf<SubscriptionRecord>(records, subscriptionsPrefix(topicId), headers)
    const listed = page.items.map((record) => ({
      SubscriptionURL: `${origin}/topics/${topic}/subscriptions/${record.name}`,
      ...(withAttributes ? (describeSubscription(record, accountId) as object) : {}),
    }))
    return xmlReply(200, 'Subscriptions', { Subscription: listed, NextMarker: page.nextMarker })
  },
})
