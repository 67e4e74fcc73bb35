import { createTopic as create } from '../../topics.ts'
import { checkType, tagsOf } from '../parameters.ts'
import { readTopicSize } from '../topics.ts'
import { done, topicOperation } from '../vocabulary.ts'

export const createTopic = topicOperation('CreateTopic', async (topicName, parameters, context) => {
  checkType(parameters, 'TopicType')
  const maximumMessageSize = readTopicSize(parameters, ['Tag', 'TopicType'])
  await create(topicName, { maximumMessageSize, tags: tagsOf(parameters) }, context)
  return done
})
