import { type EventRuleRecord, isAbout } from '../../event-rule.ts'
import { EVENT_RULES } from '../../keys.ts'
import { describeEventRule, endpointWanted, requireProduct } from '../event-rules.ts'
import { countedPage, describePage } from '../pages.ts'
import { checkKnown } from '../parameters.ts'
import { operationWanting } from '../vocabulary.ts'

export const listEventRules = operationWanting(
  'ListEventRules',
  () => ({ action: 'ListEventRules', path: '/products/oss/rules' }),
  async (parameters, { records }) => {
    checkKnown(parameters, [
      'ProductName',
      'ResourceName',
      'RuleName',
      'TopicName',
      'Subscription',
      'PageNum',
      'PageSize',
    ])
    if (parameters.get('ProductName')) requireProduct(parameters)
    const bucket = parameters.get('ResourceName')
    const isWanted = endpointWanted(parameters)
    const page = await countedPage<EventRuleRecord>(
      records,
      parameters,
      { within: EVENT_RULES, namePrefix: parameters.get('RuleName') },
      (rule) => isWanted(rule) && (!bucket || isAbout(rule, bucket)),
    )
    return describePage(page, page.items.map(describeEventRule))
  },
)
