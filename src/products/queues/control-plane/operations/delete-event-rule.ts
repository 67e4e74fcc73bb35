import { requireProduct } from '../event-rules.ts'
import { checkKnown, requireParameter } from '../parameters.ts'
import { operationWanting } from '../vocabulary.ts'

export const deleteEventRule = operationWanting(
  'DeleteEventRule',
  () => ({ action: 'DeleteEventNotifications', path: '*' }),
  async (parameters, { eventRules }) => {
    checkKnown(parameters, ['ProductName', 'RuleName'])
    requireProduct(parameters)
    await eventRules.delete(requireParameter(parameters, 'RuleName'))
    return undefined
  },
)
