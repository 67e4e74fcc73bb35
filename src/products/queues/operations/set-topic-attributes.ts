import { rootNamed, xmlBody } from '../document.ts'
import { topicKey } from '../keys.ts'
import { overtaking } from '../overtaking.ts'
import { operation } from '../product.ts'
import { readTopic, requireTopic } from '../topic.ts'

export const setTopicAttributes = operation({
  name: 'SetTopicAttributes',
  route: 'PUT /topics/{topic}?metaoverride=true',
  body: xmlBody,

  async handle({ path: { topic: name }, body }, { records, clock }) {
    const maximumMessageSize = readTopic(rootNamed(body, 'Topic'))
    await overtaking(async () => {
      const { value, version } = await requireTopic(records, name)
      const record = {
        ...value,
        maximumMessageSize: maximumMessageSize ?? value.maximumMessageSize,
        modifiedSeconds: Math.floor(clock.now() / 1000),
      }
      await records.commit([{ put: topicKey(name), value: record, expect: version }])
    })
    return { status: 204 }
  },
})
