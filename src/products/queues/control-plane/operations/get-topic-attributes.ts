import { requireTopic } from '../../topic.ts'
import { checkKnown } from '../parameters.ts'
import { describeTopic } from '../topics.ts'
import { topicOperation } from '../vocabulary.ts'

export const getTopicAttributes = topicOperation(
  'GetTopicAttributes',
  async (topicName, parameters, context) => {
    checkKnown(parameters, ['TopicName'])
    return describeTopic((await requireTopic(context.records, topicName)).value, context)
  },
)
