import { none, operation, xmlReply } from '../product.ts'
import { describeTopic, requireTopic } from '../topic.ts'

export const getTopicAttributes = operation({
  name: 'GetTopicAttributes',
  route: 'GET /topics/{topic}',
  body: none,

  async handle({ path: { topic: name } }, { records }) {
    return xmlReply(200, 'Topic', describeTopic((await requireTopic(records, name)).value))
  },
})
