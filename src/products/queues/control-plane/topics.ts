/** Topics and subscriptions as the control plane tells them. */
import { integerOf } from '../document.ts'
import { rangeOf } from '../queue.ts'
import { describeTags } from '../tags.ts'
import { type SubscriptionRecord, subscriptionFields, TOPIC_RETENTION, type TopicRecord } from '../topic.ts'
import { checkKnown, checkNoLogging, type Parameters } from './parameters.ts'
import { describeRate } from './policies.ts'
import type { ControlPlaneContext } from './vocabulary.ts'

/** Bytes; undefined: it is not given. */
export function readTopicSize(parameters: Parameters, more: readonly string[] = []): number | undefined {
  checkKnown(parameters, ['TopicName', 'MaxMessageSize', 'EnableLogging', ...more])
  checkNoLogging(parameters)
  const text = parameters.get('MaxMessageSize')
  return text === undefined ? undefined : integerOf(text, 'MaxMessageSize', rangeOf('maximumMessageSize'))
}

export const describeTopic = (record: TopicRecord, { origin }: Pick<ControlPlaneContext, 'origin'>) => ({
  TopicName: record.name,
  TopicType: 'normal',
  CreateTime: record.createdSeconds,
  LastModifyTime: record.modifiedSeconds,
  MaxMessageSize: record.maximumMessageSize,
  MessageRetentionPeriod: TOPIC_RETENTION,
  LoggingEnabled: false,
  Tags: describeTags(record.tags),
  TopicUrl: `${origin}/topics/${record.name}`,
  TopicInnerUrl: `${origin}/topics/${record.name}`,
})

export const describeSubscription = (
  record: SubscriptionRecord,
  { accountId }: Pick<ControlPlaneContext, 'accountId'>,
) => ({
  ...subscriptionFields(record, accountId),
  DlqPolicy:
    record.deadLetters === undefined
      ? { Enabled: false }
      : { Enabled: true, DeadLetterTargetQueue: record.deadLetters },
  TenantRateLimitPolicy: describeRate(record.receivesPerSecondMax),
})
