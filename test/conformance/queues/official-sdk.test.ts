/** Queues and topics by `@alicloud/mns`, as a user points it at a platform. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform, until } from '../../platform.fixture.ts'
import { mnsClient } from './queues.fixture.ts'

const md5 = (body: string) => createHash('md5').update(body).digest('hex').toUpperCase()

describe('@alicloud/mns', () => {
  let platform: Platform
  let client: Sdk
  before(async () => {
    platform = await startPlatform({ sandbox: 'process' })
    client = mnsClient(platform)
  })
  after(() => platform?.remove())

  it('creates, changes, describes, lists and deletes queues', async () => {
    const created = await client.createQueue('life', { VisibilityTimeout: 12, DelaySeconds: 0 })
    assert.equal(created.code, 201)
    assert.equal(created.headers.location, `${platform.endpoints.mns}/queues/life`)
    assert.equal((await client.createQueue('life', { VisibilityTimeout: 12 })).code, 204)
    await assert.rejects(client.createQueue('life', { VisibilityTimeout: 13 }), {
      name: 'MNSQueueAlreadyExistError',
    })

    assert.equal((await client.setQueueAttributes('life', { PollingWaitSeconds: 3 })).code, 204)
    const { body } = await client.getQueueAttributes('life')
    const nowSeconds = Date.now() / 1000
    assert.ok(Math.abs(nowSeconds - Number(body.CreateTime)) < 60)
    assert.ok(Number(body.LastModifyTime) >= Number(body.CreateTime))
    assert.deepEqual(
      { ...body, CreateTime: undefined, LastModifyTime: undefined },
      {
        QueueName: 'life',
        CreateTime: undefined,
        LastModifyTime: undefined,
        DelaySeconds: '0',
        MaximumMessageSize: '65536',
        MessageRetentionPeriod: '345600',
        VisibilityTimeout: '12',
        PollingWaitSeconds: '3',
        ActiveMessages: '0',
        InactiveMessages: '0',
        DelayMessages: '0',
        LoggingEnabled: 'False',
      },
    )

    for (const name of ['page-a', 'page-b', 'page-c']) await client.createQueue(name)
    const first = await client.listQueue('', 2, 'page-')
    assert.deepEqual(
      first.body.map(({ QueueURL }: { QueueURL: string }) => QueueURL),
      ['page-a', 'page-b'].map((name) => `${platform.endpoints.mns}/queues/${name}`),
    )
    const rest = await client.listQueue('page-b', 2, 'page-')
    assert.equal(rest.body.length, 1)

    assert.equal((await client.deleteQueue('life')).code, 204)
    await assert.rejects(client.deleteQueue('life'), { name: 'MNSQueueNotExistError' })
    await assert.rejects(client.getQueueAttributes('life'), { name: 'MNSQueueNotExistError' })
  })

  it('sends, receives, peeks at and deletes messages', async () => {
    await client.createQueue('messages', { VisibilityTimeout: 30 })
    const sent = await client.sendMessage('messages', { MessageBody: 'hello 中文', Priority: 9 })
    assert.equal(sent.code, 201)
    assert.equal(sent.body.MessageBodyMD5, md5('hello 中文'))
    assert.equal(sent.body.ReceiptHandle, undefined)
    await client.sendMessage('messages', { MessageBody: 'urgent', Priority: 1 })

    const peeked = (await client.peekMessage('messages')).body
    assert.equal(peeked.MessageBody, 'urgent')
    assert.equal(peeked.DequeueCount, '0')
    assert.equal(peeked.ReceiptHandle, undefined)
    assert.equal(peeked.NextVisibleTime, undefined)

    const urgent = (await client.receiveMessage('messages')).body
    assert.equal(urgent.MessageBody, 'urgent')
    const { body } = await client.receiveMessage('messages', 1)
    assert.equal(body.MessageId, sent.body.MessageId)
    assert.equal(body.MessageBody, 'hello 中文')
    assert.equal(body.MessageBodyMD5, md5('hello 中文'))
    assert.equal(body.Priority, '9')
    assert.equal(body.DequeueCount, '1')
    assert.ok(Number(body.NextVisibleTime) - Number(body.FirstDequeueTime) === 30_000)
    assert.ok(Number(body.EnqueueTime) <= Number(body.FirstDequeueTime))
    await assert.rejects(client.receiveMessage('messages'), { name: 'MNSMessageNotExistError' })
    await assert.rejects(client.peekMessage('messages'), { name: 'MNSMessageNotExistError' })

    const changed = await client.changeMessageVisibility('messages', body.ReceiptHandle, 100)
    assert.equal(changed.code, 200)
    assert.notEqual(changed.body.ReceiptHandle, body.ReceiptHandle)
    await assert.rejects(client.deleteMessage('messages', body.ReceiptHandle), {
      name: 'MNSMessageNotExistError',
    })
    assert.equal((await client.deleteMessage('messages', changed.body.ReceiptHandle)).code, 204)
    await assert.rejects(client.deleteMessage('messages', 'nonsense'), { name: 'MNSReceiptHandleErrorError' })
  })

  it('sends, receives, peeks at and deletes batches', async () => {
    await client.createQueue('batches')
    const messages = Array.from({ length: 5 }, (_, index) => ({ MessageBody: `m${index}` }))
    const sent = await client.batchSendMessage('batches', messages)
    assert.equal(sent.code, 201)
    assert.deepEqual(
      sent.body.map(({ MessageBodyMD5 }: { MessageBodyMD5: string }) => MessageBodyMD5),
      messages.map(({ MessageBody }) => md5(MessageBody)),
    )
    const peeked = await client.batchPeekMessage('batches', 3)
    assert.deepEqual(
      peeked.body.map(({ MessageBody }: { MessageBody: string }) => MessageBody),
      ['m0', 'm1', 'm2'],
    )
    const received = await client.batchReceiveMessage('batches', 16, 1)
    assert.equal(received.body.length, 5)
    const handles = received.body.map(({ ReceiptHandle }: { ReceiptHandle: string }) => ReceiptHandle)
    assert.equal((await client.batchDeleteMessage('batches', handles.slice(0, 2))).code, 204)
    const partly = await client.batchDeleteMessage('batches', ['bad', ...handles.slice(1)])
    assert.equal(partly.code, 404)
    assert.deepEqual(
      partly.body.map(({ ErrorCode, ReceiptHandle }: Sdk) => [ErrorCode, ReceiptHandle]),
      [
        ['ReceiptHandleError', 'bad'],
        ['MessageNotExist', handles[1]],
      ],
    )
    await assert.rejects(client.batchReceiveMessage('batches', 16), { name: 'MNSMessageNotExistError' })
  })

  it('takes back a message that is delayed, and delivers one when its delay is over', async () => {
    await client.createQueue('delays')
    const taken = await client.sendMessage('delays', { MessageBody: 'never', DelaySeconds: 1 })
    assert.equal((await client.deleteMessage('delays', taken.body.ReceiptHandle)).code, 204)
    await client.sendMessage('delays', { MessageBody: 'later', DelaySeconds: 1 })
    assert.equal((await client.getQueueAttributes('delays')).body.DelayMessages, '1')
    const received = await client.receiveMessage('delays', 10)
    assert.equal(received.body.MessageBody, 'later')
  })

  it('wakes whoever waits when a message is sent', async () => {
    await client.createQueue('waiting')
    const waiting = client.receiveMessage('waiting', 20)
    await client.sendMessage('waiting', { MessageBody: 'now' })
    assert.equal((await waiting).body.MessageBody, 'now')
  })

  it('hears of what it forgot to escape', async () => {
    await client.createQueue('escapes')
    await assert.rejects(client.sendMessage('escapes', { MessageBody: 'a < b' }), {
      name: 'MNSMalformedXMLError',
    })
    await client.sendMessage('escapes', { MessageBody: 'a &lt; b' })
    assert.equal((await client.receiveMessage('escapes')).body.MessageBody, 'a &lt; b'.replace('&lt;', '<'))
  })

  it('creates, changes, describes and lists topics, and publishes', async () => {
    const created = await client.createTopic('news')
    assert.equal(created.code, 201)
    assert.equal((await client.createTopic('news')).code, 204)
    await assert.rejects(client.createTopic('news', { MaximumMessageSize: 1024 }), {
      name: 'MNSTopicAlreadyExistError',
    })
    assert.equal((await client.setTopicAttributes('news', { MaximumMessageSize: 2048 })).code, 204)
    assert.equal((await client.getTopicAttributes('news')).body.MaximumMessageSize, '2048')
    assert.equal((await client.listTopic('', 10, 'ne')).body.length, 1)
    const published = await client.publishMessage('news', { MessageBody: 'extra' })
    assert.equal(published.code, 201)
    assert.equal(published.body.MessageBodyMD5, md5('extra'))
    await assert.rejects(client.publishMessage('none', { MessageBody: 'x' }), {
      name: 'MNSTopicNotExistError',
    })
  })

  it('keeps messages over a restart', async () => {
    await client.createQueue('kept')
    await client.batchSendMessage('kept', [{ MessageBody: 'a' }, { MessageBody: 'b' }])
    const held = (await client.receiveMessage('kept')).body
    await platform.kill()
    platform = await startPlatform({ sandbox: 'process', dataDir: platform.dataDir })
    client = mnsClient(platform)
    assert.equal((await client.getQueueAttributes('kept')).body.InactiveMessages, '1')
    assert.equal((await client.receiveMessage('kept')).body.MessageBody, 'b')
    assert.equal((await client.deleteMessage('kept', held.ReceiptHandle)).code, 204)
    await until(async () => (await client.getQueueAttributes('kept')).body.InactiveMessages === '1', {
      what: 'the counts after a deletion',
    })
  })
})
