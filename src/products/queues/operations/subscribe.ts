import { fieldsOf, rootNamed, xmlBody } from '../document.ts'
import { checkEndpoint, parseEndpoint } from '../endpoint.ts'
import { endpointInvalid, invalidArgument, outOfRange, subscriptionAlreadyExist } from '../errors.ts'
import { subscriptionKey, subscriptionsPrefix, topicAliveKey } from '../keys.ts'
import { checkSubscriptionName } from '../names.ts'
import { overtaking } from '../overtaking.ts'
import { credentialOf, operation } from '../product.ts'
import {
  contentFormats,
  haveSameSettings,
  notifyStrategies,
  requireTopic,
  SUBSCRIPTIONS_MAX,
  type SubscriptionRecord,
  TAG_LENGTH_MAX,
  wordOf,
} from '../topic.ts'

export const subscribe = operation({
  name: 'Subscribe',
  route: 'PUT /topics/{topic}/subscriptions/{subscription}',
  body: xmlBody,

  async handle({ path: { topic, subscription: name }, body }, context) {
    const { records, clock, ids, origin, accountId, region } = context
    checkSubscriptionName(name)
    const fields = fieldsOf(rootNamed(body, 'Subscription'), [
      'Endpoint',
      'FilterTag',
      'NotifyStrategy',
      'NotifyContentFormat',
    ])
    const endpoint = fields.get('Endpoint')?.text.trim()
    if (endpoint === undefined) throw endpointInvalid()
    checkEndpoint(parseEndpoint(endpoint, { accountId, region }), context)
    const madeBy = credentialOf(context.principal)
    const filterTag = fields.get('FilterTag')?.text.trim()
    if (filterTag !== undefined && filterTag.length > TAG_LENGTH_MAX) {
      throw outOfRange('FilterTag', { min: 1, max: TAG_LENGTH_MAX, unit: '' })
    }
    const nowSeconds = Math.floor(clock.now() / 1000)
    const settings = {
      endpoint,
      ...(filterTag ? { filterTag } : {}),
      notifyStrategy: wordOf(fields.get('NotifyStrategy'), notifyStrategies, 'BACKOFF_RETRY'),
      notifyContentFormat: wordOf(fields.get('NotifyContentFormat'), contentFormats, 'XML'),
    }
    const headers = { location: `${origin}/topics/${topic}/subscriptions/${name}` }
    return overtaking(async () => {
      const { topicId } = (await requireTopic(records, topic)).value
      const key = subscriptionKey(topicId, name)
      const existing = await records.get<SubscriptionRecord>(key)
      if (existing && haveSameSettings(existing.value, settings)) {
        // Who may have it pushed further asks for just that.
        if (madeBy === 'key' && existing.value.madeBy !== 'key')
          await records.commit([{ put: key, value: { ...existing.value, madeBy }, expect: existing.version }])
        return { status: 204, headers }
      }
      if (existing) throw subscriptionAlreadyExist()
      const others = await records.list({ prefix: subscriptionsPrefix(topicId), limit: SUBSCRIPTIONS_MAX })
      if (others.length >= SUBSCRIPTIONS_MAX) {
        throw invalidArgument(`A topic has at most ${SUBSCRIPTIONS_MAX} subscriptions.`)
      }
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
      return { status: 201, headers }
    })
  },
})
