import { deleteTopic as remove } from '../../topics.ts'
import { checkKnown } from '../parameters.ts'
import { done, topicOperation } from '../vocabulary.ts'

export const deleteTopic = topicOperation('DeleteTopic', async (topicName, parameters, context) => {
  checkKnown(parameters, ['TopicName'])
  await remove(topicName, context)
  return done
})
