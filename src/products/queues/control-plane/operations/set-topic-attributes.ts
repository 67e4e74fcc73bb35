import { changeTopic } from '../../topics.ts'
import { readTopicSize } from '../topics.ts'
import { topicOperation } from '../vocabulary.ts'

export const setTopicAttributes = topicOperation(
  'SetTopicAttributes',
  async (topicName, parameters, context) => {
    await changeTopic(topicName, { maximumMessageSize: readTopicSize(parameters) }, context)
    return undefined
  },
)
