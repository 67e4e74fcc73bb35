import { parseEndpoint } from '../../endpoint.ts'
import { subscriptionsPrefix } from '../../keys.ts'
import { requireTopic, type SubscriptionRecord } from '../../topic.ts'
import { countedPage, describePage } from '../pages.ts'
import { checkKnown, requireParameter } from '../parameters.ts'
import { describeSubscription } from '../topics.ts'
import { operationWanting } from '../vocabulary.ts'

export const listSubscriptionByTopic = operationWanting(
  'ListSubscriptionByTopic',
  (parameters) => ({
    action: 'ListSubscriptionByTopic',
    path: `/topics/${requireParameter(parameters, 'TopicName')}/subscriptions`,
  }),
  async (parameters, context) => {
    checkKnown(parameters, [
      'TopicName',
      'SubscriptionName',
      'EndpointType',
      'EndpointValue',
      'PageNum',
      'PageSize',
    ])
    const { topicId } = (await requireTopic(context.records, requireParameter(parameters, 'TopicName'))).value
    const type = parameters.get('EndpointType')
    const value = parameters.get('EndpointValue')
    const page = await countedPage<SubscriptionRecord>(
      context.records,
      parameters,
      { within: subscriptionsPrefix(topicId), namePrefix: parameters.get('SubscriptionName') },
      ({ endpoint }) => {
        const parsed = parseEndpoint(endpoint, context)
        const isValue = endpoint === value || (parsed.is === 'queue' && parsed.queueName === value)
        return (!type || parsed.is === type) && (!value || isValue)
      },
    )
    return describePage(
      page,
      page.items.map((record) => describeSubscription(record, context)),
    )
  },
)
