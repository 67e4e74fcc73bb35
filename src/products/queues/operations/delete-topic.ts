import { doomedKey, topicAliveKey, topicKey } from '../keys.ts'
import { overtaking } from '../overtaking.ts'
import { none, operation } from '../product.ts'
import { requireTopic } from '../topic.ts'

/** Its subscriptions go with it, and what waits for their subscribers. */
export const deleteTopic = operation({
  name: 'DeleteTopic',
  route: 'DELETE /topics/{topic}',
  body: none,

  async handle({ path: { topic: name } }, { records, janitor }) {
    await overtaking(async () => {
      const { value, version } = await requireTopic(records, name)
      await records.commit([
        { remove: topicKey(name), expect: version },
        { remove: topicAliveKey(value.topicId) },
        { put: doomedKey(value.topicId), value: {} },
      ])
    })
    janitor.removeSoon()
    return { status: 204 }
  },
})
