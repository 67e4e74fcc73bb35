import type { EventSources } from '../products/functions/event-sources.ts'
import { findBucket } from '../products/objects/bucket.ts'
import { findTopic } from '../products/queues/topic.ts'
import { changesAfter } from '../products/tables/stream-changes.ts'
import type { Outbox } from '../triggers/events/outbox.ts'
import type { SourceTriggers } from '../triggers/events/source-triggers.ts'
import type { TableTriggers } from '../triggers/tables/table-triggers.ts'
import type { Foundation } from './foundation.ts'

/** "At most 10 native triggers of a bucket." */
const triggersOfBucketMax = 10

/** What triggers can be wired to, and how far their events have got. */
export function eventSources(
  { accountId, stores }: Pick<Foundation, 'accountId' | 'stores'>,
  { triggers, outbox, ofTables }: { triggers: SourceTriggers; outbox: Outbox; ofTables: TableTriggers },
): EventSources {
  const { records } = stores
  const flaws: Readonly<Record<string, (source: string) => Promise<string | undefined>>> = {
    async oss(bucket) {
      if (!(await findBucket(records, bucket))) return `the bucket '${bucket}' of SourceArn does not exist`
      return (await triggers.of('oss', bucket)).length >= triggersOfBucketMax
        ? `the bucket '${bucket}' must not have more than ${triggersOfBucketMax} triggers`
        : undefined
    },
    async mns_topic(source) {
      const topicName = source.slice('/topics/'.length)
      return (await findTopic(records, topicName))
        ? undefined
        : `the topic '${topicName}' of SourceArn does not exist`
    },
    async tablestore(source) {
      const { instance, tableName } = tableOf(source)
      const found = await changesAfter(stores, { accountId, instance, tableName }, undefined, 1)
      if (found.is === 'noTable') return `the table '${tableName}' of SourceArn does not exist`
      return found.is === 'noStream' ? `the stream of the table '${tableName}' is not enabled` : undefined
    },
  }
  return {
    stateOf: (trigger) => (trigger.triggerType === 'tablestore' ? ofTables : outbox).state(trigger),
    flawOf: async (triggerType, source) => flaws[triggerType]?.(source),
  }
}

/** `instance/i/table/t`. Names of instances are kept in small letters. */
export function tableOf(source: string): { instance: string; tableName: string } {
  const [, instance = '', , tableName = ''] = source.split('/')
  return { instance: instance.toLowerCase(), tableName }
}
