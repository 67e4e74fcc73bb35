/** What either API does to topics. */
import { topicAlreadyExist } from './errors.ts'
import { doomedKey, topicAliveKey, topicKey } from './keys.ts'
import { checkTopicName } from './names.ts'
import { overtaking } from './overtaking.ts'
import type { QueuesContext } from './product.ts'
import { haveSameTags, type Tag } from './tags.ts'
import { requireTopic, TOPIC_SIZE_STANDARD, type TopicRecord } from './topic.ts'

export interface TopicSettings {
  maximumMessageSize: number | undefined
  tags?: readonly Tag[]
}

/** False: there is one with just these attributes already. Throws TopicAlreadyExist where they differ. */
export async function createTopic(
  name: string,
  { maximumMessageSize = TOPIC_SIZE_STANDARD, tags = [] }: TopicSettings,
  { records, clock, ids }: Pick<QueuesContext, 'records' | 'clock' | 'ids'>,
): Promise<boolean> {
  checkTopicName(name)
  const nowSeconds = Math.floor(clock.now() / 1000)
  const record: TopicRecord = {
    topicId: ids.uuid(),
    name,
    maximumMessageSize,
    createdSeconds: nowSeconds,
    modifiedSeconds: nowSeconds,
    ...(tags.length > 0 && { tags }),
  }
  return overtaking(async () => {
    const existing = (await records.get<TopicRecord>(topicKey(name)))?.value
    if (existing) {
      if (existing.maximumMessageSize === maximumMessageSize && haveSameTags(existing.tags, tags))
        return false
      throw topicAlreadyExist()
    }
    await records.commit([
      { put: topicKey(name), value: record, expect: 'absent' },
      { put: topicAliveKey(record.topicId), value: {}, expect: 'absent' },
    ])
    return true
  })
}

export const changeTopic = (
  name: string,
  { maximumMessageSize }: TopicSettings,
  { records, clock }: Pick<QueuesContext, 'records' | 'clock'>,
): Promise<void> =>
  overtaking(async () => {
    const { value, version } = await requireTopic(records, name)
    const record: TopicRecord = {
      ...value,
      maximumMessageSize: maximumMessageSize ?? value.maximumMessageSize,
      modifiedSeconds: Math.floor(clock.now() / 1000),
    }
    await records.commit([{ put: topicKey(name), value: record, expect: version }])
  })

/** Its subscriptions go with it, and what waits for their subscribers. */
export async function deleteTopic(
  name: string,
  { records, janitor }: Pick<QueuesContext, 'records' | 'janitor'>,
): Promise<void> {
  await overtaking(async () => {
    const { value, version } = await requireTopic(records, name)
    await records.commit([
      { remove: topicKey(name), expect: version },
      { remove: topicAliveKey(value.topicId) },
      { put: doomedKey(value.topicId), value: {} },
    ])
  })
  janitor.removeSoon()
}
