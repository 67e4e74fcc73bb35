import { VersionConflict } from '../../../ports/records.ts'
import { rootNamed, xmlBody } from '../document.ts'
import { topicAlreadyExist } from '../errors.ts'
import { topicAliveKey, topicKey } from '../keys.ts'
import { checkTopicName } from '../names.ts'
import { operation } from '../product.ts'
import { readTopic, requireTopic, TOPIC_SIZE_STANDARD, type TopicRecord } from '../topic.ts'

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
    try {
      await records.commit([
        { put: topicKey(name), value: record, expect: 'absent' },
        { put: topicAliveKey(record.topicId), value: {}, expect: 'absent' },
      ])
      return { status: 201, headers }
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      const { value: existing } = await requireTopic(records, name)
      if (existing.maximumMessageSize !== record.maximumMessageSize) throw topicAlreadyExist()
      return { status: 204, headers }
    }
  },
})
