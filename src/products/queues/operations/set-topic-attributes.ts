import { rootNamed, xmlBody } from '../document.ts'
import { operation } from '../product.ts'
import { readTopic } from '../topic.ts'
import { changeTopic } from '../topics.ts'

export const setTopicAttributes = operation({
  name: 'SetTopicAttributes',
  route: 'PUT /topics/{topic}?metaoverride=true',
  body: xmlBody,

  async handle({ path: { topic: name }, body }, context) {
    await changeTopic(name, { maximumMessageSize: readTopic(rootNamed(body, 'Topic')) }, context)
    return { status: 204 }
  },
})
