import { requireSubscription } from '../../topic.ts'
import { checkKnown } from '../parameters.ts'
import { describeSubscription } from '../topics.ts'
import { subscriptionOperation } from '../vocabulary.ts'

export const getSubscriptionAttributes = subscriptionOperation(
  'GetSubscriptionAttributes',
  async ({ topic, name }, parameters, context) => {
    checkKnown(parameters, ['TopicName', 'SubscriptionName'])
    return describeSubscription((await requireSubscription(context.records, topic, name)).value, context)
  },
)
