import { unsubscribe as remove } from '../../subscriptions.ts'
import { checkKnown } from '../parameters.ts'
import { subscriptionOperation } from '../vocabulary.ts'

export const unsubscribe = subscriptionOperation('Unsubscribe', async (place, parameters, context) => {
  checkKnown(parameters, ['TopicName', 'SubscriptionName'])
  await remove(place, context)
  return undefined
})
