/** Queues and topics by `ali-mns`, which knows no endpoint: it goes through a proxy, and the platform is that proxy. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { aliMns as Mns } from './queues.fixture.ts'

describe('ali-mns', () => {
  let platform: Platform
  let account: Sdk
  let region: Sdk
  before(async () => {
    platform = await startPlatform({ sandbox: 'process' })
    // Its HTTP library reads this when a request is made; this file is a process of its own.
    process.env['HTTP_PROXY'] = platform.endpoints.mns
    account = new Mns.Account(platform.accountId, platform.accessKeyId, platform.accessKeySecret)
    // Otherwise it reports every call to a third party.
    account.setGA(false)
    region = new Mns.Region(Mns.City.Hangzhou)
  })
  after(() => platform?.remove())

  it('manages queues and sends messages', async () => {
    const mns = new Mns.MNSTopic(account, region)
    assert.equal(await mns.createP('jobs', { VisibilityTimeout: 20 }), 201)
    assert.equal(await mns.createP('jobs', { VisibilityTimeout: 20 }), 204)
    const listed = await mns.listP('jo', 10)
    assert.match(
      listed.Queues.Queue.QueueURL,
      /^http:\/\/\d+\.mns\.cn-hangzhou\.aliyuncs\.com\/queues\/jobs$/,
    )

    const queue = new Mns.MQBatch('jobs', account, region)
    const sent = await queue.sendP('first 一', 8, 0)
    assert.equal(sent.Message.MessageId.length, 32)
    await queue.sendP([new Mns.Msg('second', 8, 0), new Mns.Msg('urgent', 1, 0)])
    const peeked = await queue.peekP(2)
    assert.deepEqual(
      peeked.Messages.Message.map(({ MessageBody }: Sdk) => MessageBody),
      ['urgent', 'first 一'],
    )
    const one = (await queue.recvP(1, 1)).Message
    assert.equal(one.MessageBody, 'urgent')
    const kept = await queue.reserveP(one.ReceiptHandle, 40)
    assert.equal(await queue.deleteP([kept.ChangeVisibility.ReceiptHandle]), 204)
    const two = (await queue.recvP(1, 16)).Messages.Message
    assert.deepEqual(
      two.map(({ MessageBody }: Sdk) => MessageBody),
      ['first 一', 'second'],
    )
    await queue.setAttrsP({ PollingWaitSeconds: 0 })
    assert.equal((await queue.getAttrsP()).Queue.InactiveMessages, '2')
    await assert.rejects(queue.recvP(0, 1), ({ Error: error }: Sdk) => error.Code === 'MessageNotExist')
    assert.equal(await mns.deleteP('jobs'), 204)
  })

  it('manages topics and subscriptions, and publishes to a queue', async () => {
    const mns = new Mns.MNSTopic(account, region)
    await mns.createTopicP('events', { MaximumMessageSize: 4096 })
    assert.match((await mns.listTopicP('ev', 5)).Topics.Topic.TopicURL, /\/topics\/events$/)
    await mns.createP('inbox')
    const topic = new Mns.Topic('events', account, region)
    assert.equal((await topic.getAttrsP()).Topic.TopicName, 'events')
    await topic.setAttrsP({ MaximumMessageSize: 8192 })

    const endpoint = `acs:mns:${platform.region}:${platform.accountId}:queues/inbox`
    assert.equal(await topic.subscribeP('all', endpoint, 'BACKOFF_RETRY', 'SIMPLIFIED'), 201)
    assert.equal(await topic.subscribeP('all', endpoint, 'BACKOFF_RETRY', 'SIMPLIFIED'), 204)
    assert.equal(await topic.subscribeP('red', endpoint, 'EXPONENTIAL_DECAY_RETRY', 'XML', 'red'), 201)
    const subscriptions = await topic.listP('', 10)
    assert.equal(subscriptions.Subscriptions.Subscription.length, 2)
    const red = new Mns.Subscription('red', topic)
    await red.setAttrsP({ NotifyStrategy: 'BACKOFF_RETRY' })
    const { Subscription } = await red.getAttrsP()
    assert.equal(Subscription.NotifyStrategy, 'BACKOFF_RETRY')
    assert.equal(Subscription.FilterTag, 'red')
    assert.equal(Subscription.Endpoint, endpoint)

    const queue = new Mns.MQ('inbox', account, region)
    await topic.publishP('plain', true)
    assert.equal((await queue.recvP(5)).Message.MessageBody, 'plain')
    await topic.publishP('tagged', true, 'red')
    const bodies = [(await queue.recvP(5)).Message.MessageBody, (await queue.recvP(5)).Message.MessageBody]
    assert.ok(bodies.includes('tagged'))
    assert.equal(await topic.unsubscribeP('red'), 204)
    assert.equal(await mns.deleteTopicP('events'), 204)
    await assert.rejects(topic.getAttrsP(), ({ Error: error }: Sdk) => error.Code === 'TopicNotExist')
  })
})
