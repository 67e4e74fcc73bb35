import { authorize, sending } from '../../access.ts'
import { requireTopic } from '../../topic.ts'
import { readEndpoint, readEventTypes, readMatchRules, requireProduct } from '../event-rules.ts'
import { checkKnown, requireParameter } from '../parameters.ts'
import { operationWanting } from '../vocabulary.ts'

/** Again with the same settings, it is made once; so there is no need to keep client tokens. */
export const createEventRule = operationWanting(
  'CreateEventRule',
  () => ({ action: 'PutEventNotifications', path: '*' }),
  async (parameters, context) => {
    const { records, queues, eventRules } = context
    const known = [
      'ProductName',
      'RuleName',
      'EventTypes',
      'MatchRules',
      'Endpoint',
      'Endpoints',
      'ClientToken',
    ]
    checkKnown(parameters, known)
    requireProduct(parameters)
    const name = requireParameter(parameters, 'RuleName')
    const settings = {
      name,
      eventTypes: readEventTypes(parameters),
      matchRules: readMatchRules(parameters),
      endpoint: readEndpoint(parameters),
    }
    const { type, name: target } = settings.endpoint
    if (type === 'queue') authorize(context, sending(target))
    else authorize(context, { action: 'PublishMessage', path: `/topics/${target}/messages` })
    if (type === 'queue') await queues.use(target, async () => {})
    else await requireTopic(records, target)
    await eventRules.create(settings)
    return name
  },
)
