import { rootNamed, xmlBody } from '../document.ts'
import { operation } from '../product.ts'
import { readTopic } from '../topic.ts'
import { createTopic as create } from '../topics.ts'

export const createTopic = operation({
  name: 'CreateTopic',
  route: 'PUT /topics/{topic}',
  body: xmlBody,

  async handle({ path: { topic: name }, body }, context) {
    const maximumMessageSize = body ? readTopic(rootNamed(body, 'Topic')) : undefined
    const isNew = await create(name, { maximumMessageSize }, context)
    return { status: isNew ? 201 : 204, headers: { location: `${context.origin}/topics/${name}` } }
  },
})
