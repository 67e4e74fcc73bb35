import { rootNamed, xmlBody } from '../document.ts'
import { topicAlreadyExist } from '../errors.ts'
import { topicAliveKey, topicKey } from '../keys.ts'
import { checkTopicName } from '../names.ts'
import { overtaking } from '../overtaking.ts'
import { operation } from '../product.ts'
import { readTopic, TOPIC_SIZE_STANDARD, type TopicRecord } from '../topic.ts'

export const createTopic = operation({
  name: 'CreateTopic',
  route: 'PUT /topics/{topic}',
  body: xmlBody,

  async handle({ path: { topic: name }, body }, { records, clock, ids, origin }) {
    checkTopicName(name)
    const given = body ? readTopic(rootNamed(body, 'Topic')) : undefined
    const nowSeconds = Math.floor(clock.now() / 1000)
    const record: TopicRecord = {
      topicId: ids.uuid(),
      name,
      maximumMessageSize: given ?? TOPIC_SIZE_STANDARD,
      createdSeconds: nowSeconds,
      modifiedSeconds: nowSeconds,
    }
    const headers = { location: `${origin}/topics/${name}` }
    return overtaking(async () => {
      const existing = await records.get<TopicRecord>(topicKey(name))
      if (existing && existing.value.maximumMessageSize !== record.maximumMessageSize)
        throw topicAlreadyExist()
      if (existing) return { status: 204, headers }
      await records.commit([
        { put: topicKey(name), value: record, expect: 'absent' },
        { put: topicAliveKey(record.topicId), value: {}, expect: 'absent' },
      ])
      return { status: 201, headers }
    })
  },
})
