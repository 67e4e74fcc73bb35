import { notImplemented } from '../../errors.ts'
import { subscribe as add } from '../../subscriptions.ts'
import { contentFormats, notifyStrategies, wordOf } from '../../topic.ts'
import { checkKnown, type Parameters, requireParameter } from '../parameters.ts'
import { deadLettersOfSubscription, rateIn } from '../policies.ts'
import { type ControlPlaneContext, rpcOperation } from '../vocabulary.ts'

/** It is asked about with its endpoint: conditions of policies can speak of that. */
export const subscribe = rpcOperation('Subscribe', async (parameters, context) => {
  checkKnown(parameters, [
    'TopicName',
    'SubscriptionName',
    'PushType',
    'Endpoint',
    'MessageTag',
    'NotifyStrategy',
    'NotifyContentFormat',
    'DlqPolicy',
    'TenantRateLimitPolicy',
  ])
  const topic = requireParameter(parameters, 'TopicName')
  const name = requireParameter(parameters, 'SubscriptionName')
  const filterTag = parameters.get('MessageTag')?.trim()
  const deadLetters = deadLettersOfSubscription(parameters)
  const receivesPerSecondMax = rateIn(parameters)
  const fields = new Map([...parameters].map(([parameter, text]) => [parameter, { text }]))
  const settings = {
    endpoint: endpointIn(parameters, context),
    ...(filterTag ? { filterTag } : {}),
    notifyStrategy: wordOf('NotifyStrategy', fields, notifyStrategies) ?? 'BACKOFF_RETRY',
    notifyContentFormat: wordOf('NotifyContentFormat', fields, contentFormats) ?? 'XML',
    ...(deadLetters ? { deadLetters } : {}),
    ...(receivesPerSecondMax ? { receivesPerSecondMax } : {}),
  }
  await add({ topic, name }, settings, context)
  return undefined
})

/** A queue is given by its name, or as the other API has it. */
function endpointIn(
  parameters: Parameters,
  { accountId, region }: Pick<ControlPlaneContext, 'accountId' | 'region'>,
): string {
  const endpoint = requireParameter(parameters, 'Endpoint').trim()
  const pushType = requireParameter(parameters, 'PushType')
  if (pushType === 'http') return endpoint
  if (pushType !== 'queue') throw notImplemented(`the PushType '${pushType.slice(0, 40)}'`)
  return endpoint.startsWith('acs:') ? endpoint : `acs:mns:${region}:${accountId}:queues/${endpoint}`
}
