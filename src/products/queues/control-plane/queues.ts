/** Queues as the control plane is given and tells them. */

import type { MessageCounts, QueueRecord } from '../queue.ts'
import {
  attributeElements,
  attributesIn,
  describeQueue,
  type PolicyChange,
  type QueueAttributes,
} from '../queue.ts'
import { describeTags } from '../tags.ts'
import { checkKnown, checkNoLogging, type Parameters } from './parameters.ts'
import { deadLettersOfQueue, describeRate, rateIn } from './policies.ts'

export interface QueueParameters {
  given: Partial<QueueAttributes>
  policies: PolicyChange
}

export function readQueueParameters(
  parameters: Parameters,
  queueName: string,
  more: readonly string[] = [],
): QueueParameters {
  const known = ['QueueName', 'EnableLogging', 'DlqPolicy', 'TenantRateLimitPolicy']
  checkKnown(parameters, [...attributeElements, ...known, ...more])
  checkNoLogging(parameters)
  return {
    given: attributesIn((element) => parameters.get(element)),
    policies: {
      deadLetters: deadLettersOfQueue(parameters, queueName),
      receivesPerSecondMax: rateIn(parameters),
    },
  }
}

export const describe = (record: QueueRecord, counts: MessageCounts) => {
  const { deadLetters, receivesPerSecondMax, tags } = record
  return {
    ...describeQueue(record, counts),
    LoggingEnabled: false,
    QueueType: 'normal',
    DlqPolicy: deadLetters
      ? {
          Enabled: true,
          DeadLetterTargetQueue: deadLetters.queueName,
          MaxReceiveCount: String(deadLetters.maxReceiveCount),
        }
      : { Enabled: false },
    TenantRateLimitPolicy: describeRate(receivesPerSecondMax),
    Tags: describeTags(tags),
  }
}
