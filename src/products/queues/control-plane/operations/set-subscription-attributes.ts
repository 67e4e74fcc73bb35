import { changeSubscription } from '../../subscriptions.ts'
import { notifyStrategies, wordOf } from '../../topic.ts'
import { checkKnown } from '../parameters.ts'
import { deadLettersOfSubscription, rateIn } from '../policies.ts'
import { subscriptionOperation } from '../vocabulary.ts'

export const setSubscriptionAttributes = subscriptionOperation(
  'SetSubscriptionAttributes',
  async (place, parameters, context) => {
    checkKnown(parameters, [
      'TopicName',
      'SubscriptionName',
      'NotifyStrategy',
      'DlqPolicy',
      'TenantRateLimitPolicy',
    ])
    const fields = new Map([...parameters].map(([parameter, text]) => [parameter, { text }]))
    const change = {
      notifyStrategy: wordOf('NotifyStrategy', fields, notifyStrategies),
      deadLetters: deadLettersOfSubscription(parameters),
      receivesPerSecondMax: rateIn(parameters),
    }
    await changeSubscription(place, change, context)
    return undefined
  },
)
