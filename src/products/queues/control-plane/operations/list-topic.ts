import { TOPICS } from '../../keys.ts'
import { hasTags } from '../../tags.ts'
import type { TopicRecord } from '../../topic.ts'
import { countedPage, describePage } from '../pages.ts'
import { checkKnown, checkType, tagsOf } from '../parameters.ts'
import { describeTopic } from '../topics.ts'
import { operationWanting } from '../vocabulary.ts'

export const listTopic = operationWanting(
  'ListTopic',
  () => ({ action: 'ListTopic', path: '/topics' }),
  async (parameters, context) => {
    checkKnown(parameters, ['PageNum', 'PageSize', 'TopicName', 'TopicType', 'Tag'])
    checkType(parameters, 'TopicType')
    const wanted = tagsOf(parameters)
    const page = await countedPage<TopicRecord>(
      context.records,
      parameters,
      { within: TOPICS, namePrefix: parameters.get('TopicName') },
      ({ tags }) => hasTags(tags, wanted),
    )
    return describePage(
      page,
      page.items.map((record) => describeTopic(record, context)),
    )
  },
)
