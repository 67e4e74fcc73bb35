/** Policies of queues and subscriptions: where dead letters go, and how much is received in a second. */
import { booleanOf, integerOf } from '../document.ts'
import { invalidArgument } from '../errors.ts'
import { isName } from '../names.ts'
import type { DeadLetterPolicy } from '../queue.ts'
import { objectOf, type Parameters } from './parameters.ts'

/** How often a message may have been received before it is dead. */
const RECEIVE_COUNT = { min: 1, max: 100, unit: '' } as const
/** The vendor names no bounds; its whole account is good for 20,000 a second. */
const RECEIVES_PER_SECOND = { min: 1, max: 20_000, unit: '' } as const

const fieldsOfQueues = ['Enabled', 'DeadLetterTargetQueue', 'MaxReceiveCount']
const fieldsOfSubscriptions = ['Enabled', 'DeadLetterTargetQueue']
const fieldsOfRates = ['Enabled', 'MaxReceivesPerSecond']

/** Undefined: it is not spoken of. Null: there is to be none any more. */
export function deadLettersOfQueue(
  parameters: Parameters,
  queueName: string,
): DeadLetterPolicy | null | undefined {
  const fields = objectOf(parameters, 'DlqPolicy', fieldsOfQueues)
  const target = targetIn(fields)
  if (target === undefined || target === null) return target
  if (target === queueName)
    throw invalidArgument('The value of DlqPolicy.DeadLetterTargetQueue should be the name of another queue.')
  const count = fields?.get('MaxReceiveCount') ?? ''
  return {
    queueName: target,
    maxReceiveCount: integerOf(count, 'DlqPolicy.MaxReceiveCount', RECEIVE_COUNT),
  }
}

export const deadLettersOfSubscription = (parameters: Parameters): string | null | undefined =>
  targetIn(objectOf(parameters, 'DlqPolicy', fieldsOfSubscriptions))

/** Messages a second. */
export function rateIn(parameters: Parameters): number | null | undefined {
  const fields = objectOf(parameters, 'TenantRateLimitPolicy', fieldsOfRates)
  if (!fields) return undefined
  if (!booleanOf(fields.get('Enabled') ?? 'false', 'TenantRateLimitPolicy.Enabled')) return null
  const rate = fields.get('MaxReceivesPerSecond') ?? ''
  return integerOf(rate, 'TenantRateLimitPolicy.MaxReceivesPerSecond', RECEIVES_PER_SECOND)
}

function targetIn(fields: ReadonlyMap<string, string> | undefined): string | null | undefined {
  if (!fields) return undefined
  if (!booleanOf(fields.get('Enabled') ?? 'false', 'DlqPolicy.Enabled')) return null
  const target = fields.get('DeadLetterTargetQueue') ?? ''
  if (!isName(target))
    throw invalidArgument('The value of DlqPolicy.DeadLetterTargetQueue should be the name of another queue.')
  return target
}

export const describeRate = (perSecond: number | undefined) =>
  perSecond === undefined ? { Enabled: false } : { Enabled: true, MaxReceivesPerSecond: perSecond }
