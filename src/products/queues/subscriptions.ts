/** What either API does to subscriptions. */
import { authorize, sending } from './access.ts'
import { checkEndpoint, type Endpoint, parseEndpoint } from './endpoint.ts'
import { invalidArgument, outOfRange, subscriptionAlreadyExist } from './errors.ts'
import { doomedKey, subscriptionKey, subscriptionsPrefix, topicAliveKey } from './keys.ts'
import { checkSubscriptionName } from './names.ts'
import { overtaking } from './overtaking.ts'
import { credentialOf, type QueuesContext } from './product.ts'
import { changedPolicies } from './queue.ts'
import {
  haveSameSettings,
  requireSubscription,
  requireTopic,
  SUBSCRIPTIONS_MAX,
  type SubscriptionRecord,
  type SubscriptionSettings,
  TAG_LENGTH_MAX,
} from './topic.ts'

export interface SubscriptionPlace {
  topic: string
  name: string
}

type Needs = Pick<
  QueuesContext,
  'records' | 'clock' | 'ids' | 'accountId' | 'region' | 'reachOf' | 'access' | 'principal' | 'conditions'
>

/** False: there is one with just these settings already. Throws SubscriptionAlreadyExist where they differ. */
export async function subscribe(
  { topic, name }: SubscriptionPlace,
  settings: SubscriptionSettings,
  context: Needs,
): Promise<boolean> {
  const { records, clock, ids } = context
  checkSubscriptionName(name)
  const endpoint = parseEndpoint(settings.endpoint, context)
  // Conditions of policies can speak of where it sends messages.
  const conditions = () => ({ ...context.conditions(), 'mns:PushType': endpoint.is })
  authorize(
    { ...context, conditions },
    { action: 'Subscribe', path: `/topics/${topic}/subscriptions/${name}` },
  )
  checkEndpoint(endpoint, context)
  checkDeadLetters(settings.deadLetters, endpoint, context)
  if (settings.filterTag !== undefined && settings.filterTag.length > TAG_LENGTH_MAX)
    throw outOfRange('FilterTag', { min: 1, max: TAG_LENGTH_MAX, unit: '' })
  const madeBy = credentialOf(context.principal)
  const nowSeconds = Math.floor(clock.now() / 1000)
  return overtaking(async () => {
    const { topicId } = (await requireTopic(records, topic)).value
    const key = subscriptionKey(topicId, name)
    const existing = await records.get<SubscriptionRecord>(key)
    if (existing && haveSameSettings(existing.value, settings)) {
      // Who may have it pushed further asks for just that.
      if (madeBy === 'key' && existing.value.madeBy !== 'key')
        await records.commit([{ put: key, value: { ...existing.value, madeBy }, expect: existing.version }])
      return false
    }
    if (existing) throw subscriptionAlreadyExist()
    const others = await records.list({ prefix: subscriptionsPrefix(topicId), limit: SUBSCRIPTIONS_MAX })
    if (others.length >= SUBSCRIPTIONS_MAX)
      throw invalidArgument(`A topic has at most ${SUBSCRIPTIONS_MAX} subscriptions.`)
    const record: SubscriptionRecord = {
      subscriptionId: ids.uuid(),
      topicId,
      topicName: topic,
      name,
      ...settings,
      madeBy,
      createdSeconds: nowSeconds,
      modifiedSeconds: nowSeconds,
    }
    await records.commit([
      { check: topicAliveKey(topicId), expect: 'present' },
      { put: key, value: record, expect: 'absent' },
    ])
    return true
  })
}

/** What is undefined stays as it is; null ends a policy. */
export interface SubscriptionChange {
  notifyStrategy?: SubscriptionRecord['notifyStrategy'] | undefined
  deadLetters?: string | null | undefined
  receivesPerSecondMax?: number | null | undefined
}

export async function changeSubscription(
  { topic, name }: SubscriptionPlace,
  change: SubscriptionChange,
  context: Needs,
): Promise<void> {
  const { records, clock } = context
  await overtaking(async () => {
    const { key, value, version } = await requireSubscription(records, topic, name)
    checkDeadLetters(change.deadLetters ?? undefined, parseEndpoint(value.endpoint, context), context)
    const record: SubscriptionRecord = {
      ...changedPolicies(value, change),
      notifyStrategy: change.notifyStrategy ?? value.notifyStrategy,
      modifiedSeconds: Math.floor(clock.now() / 1000),
    }
    await records.commit([{ put: key, value: record, expect: version }])
  })
}

export async function unsubscribe(
  { topic, name }: SubscriptionPlace,
  { records, janitor }: Pick<QueuesContext, 'records' | 'janitor'>,
): Promise<void> {
  await overtaking(async () => {
    const { key, value, version } = await requireSubscription(records, topic, name)
    await records.commit([
      { remove: key, expect: version },
      { put: doomedKey(value.subscriptionId), value: {} },
    ])
  })
  janitor.removeSoon()
}

/** Throws AccessDenied, InvalidArgument. */
function checkDeadLetters(queueName: string | undefined, endpoint: Endpoint, context: Needs): void {
  if (queueName === undefined) return
  // "If the subscription type is a queue, do not use the queue as the dead-letter queue."
  if (endpoint.is === 'queue' && endpoint.queueName === queueName)
    throw invalidArgument('The queue of a subscription cannot be the queue for its dead letters.')
  authorize(context, sending(queueName))
}
