import { describeEventRule, requireProduct } from '../event-rules.ts'
import { checkKnown, requireParameter } from '../parameters.ts'
import { operationWanting } from '../vocabulary.ts'

export const getEventRule = operationWanting(
  'GetEventRule',
  () => ({ action: 'GetEventRule', path: '/products/oss/rules' }),
  async (parameters, { eventRules }) => {
    checkKnown(parameters, ['ProductName', 'RuleName'])
    requireProduct(parameters)
    return describeEventRule(eventRules.require(requireParameter(parameters, 'RuleName')))
  },
)
