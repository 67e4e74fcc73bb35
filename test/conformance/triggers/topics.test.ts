/** `mns_topic` triggers: published by the vendor's SDK, seen by functions as the vendor's samples have it. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { assertRefused, sharedPlatform } from '../conformance.fixture.ts'
import { mnsClient } from '../queues/queues.fixture.ts'
import { createTrigger, eventsOf, recordingFunction, someEvents } from './triggers.fixture.ts'

const bed = sharedPlatform({ sandbox: 'process' })
let mns: Sdk
const topicTrigger = (functionName: string, config: object, fields: object = {}) =>
  createTrigger(bed.client, functionName, {
    triggerName: 'news',
    triggerType: 'mns_topic',
    sourceArn: `acs:mns:cn-hangzhou:${bed.platform.accountId}:/topics/news`,
    triggerConfig: JSON.stringify(config),
    ...fields,
  })

describe('a trigger of a topic', () => {
  before(async () => {
    mns = mnsClient(bed.platform)
    await mns.createTopic('news')
  })

  test('gives the function the text of a message, or the document of the vendor', async () => {
    const { client, platform } = bed
    await recordingFunction(client, 'plain')
    await topicTrigger('plain', { notifyContentFormat: 'STREAM', notifyStrategy: 'BACKOFF_RETRY' })
    await recordingFunction(client, 'document')
    await topicTrigger('document', { notifyContentFormat: 'JSON', notifyStrategy: 'EXPONENTIAL_DECAY_RETRY' })
    const { body } = await mns.publishMessage('news', { MessageBody: 'hello 函数' })
    const [plain] = await someEvents(platform, 'plain', 1)
    assert.equal(plain!.event.toString(), 'hello 函数')
    const [document] = await someEvents(platform, 'document', 1)
    const { PublishTime, ...fields } = JSON.parse(document!.event.toString())
    assert.ok(Math.abs(Date.now() - PublishTime) < 60_000)
    assert.deepEqual(fields, {
      TopicOwner: platform.accountId,
      Message: 'hello 函数',
      Subscriber: platform.accountId,
      SubscriptionName: 'news',
      MessageMD5: body.MessageBodyMD5,
      TopicName: 'news',
      MessageId: body.MessageId,
    })
  })

  test('lets through what has its tag', async () => {
    const { client, platform } = bed
    await recordingFunction(client, 'tagged')
    await topicTrigger('tagged', { filterTag: 'red' })
    await mns.publishMessage('news', { MessageBody: 'blue', MessageTag: 'blue' })
    await mns.publishMessage('news', { MessageBody: 'none' })
    await mns.publishMessage('news', { MessageBody: 'red', MessageTag: 'red' })
    const [first] = await someEvents(platform, 'tagged', 1)
    assert.equal(first!.event.toString(), 'red')
    assert.equal((await eventsOf(platform, 'tagged')).length, 1)
  })

  test('is refused for what it cannot be wired to, and for what it does not know', async () => {
    const { client, platform } = bed
    await recordingFunction(client, 'refused')
    const sourceArn = `acs:mns:cn-hangzhou:${platform.accountId}:/topics/none`
    for (const [fields, message] of [
      [{ sourceArn }, /the topic 'none' of SourceArn does not exist/],
      [{ sourceArn: `${sourceArn}/x` }, /SourceArn is set to an invalid value/],
      [{ triggerConfig: '{"notifyContentFormat":"XML"}' }, /notifyContentFormat/],
      [{ triggerConfig: '{"notifyStrategy":"NEVER"}' }, /notifyStrategy/],
      [{ triggerConfig: '{"filterTag":"12345678901234567"}' }, /filterTag/],
    ] as const)
      await assertRefused(topicTrigger('refused', {}, fields), 400, 'InvalidArgument', message)
  })
})
