import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { AccessRequest } from '../../wire/access.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { wantedBy } from './access.ts'
import { operations } from './operations/index.ts'
import { runningTopics } from './topics.testing.ts'

const ann: Principal = { is: 'user', userName: 'ann', userId: '21' }
const queue = { queue: 'q' }
const topic = { topic: 't' }
const subscription = { ...topic, subscription: 's' }

/** By operation: what its path names, and what is asked about. */
const expected: Record<string, [Record<string, string>, action: string, path: string]> = {
  CreateQueue: [queue, 'CreateQueue', '/queues/q'],
  SetQueueAttributes: [queue, 'SetQueueAttributes', '/queues/q'],
  GetQueueAttributes: [queue, 'GetQueueAttributes', '/queues/q'],
  DeleteQueue: [queue, 'DeleteQueue', '/queues/q'],
  ListQueue: [{}, 'ListQueue', '/queues'],
  SendMessage: [queue, 'SendMessage', '/queues/q/messages'],
  ReceiveMessage: [queue, 'ReceiveMessage', '/queues/q/messages'],
  PeekMessage: [queue, 'PeekMessage', '/queues/q/messages'],
  DeleteMessage: [queue, 'DeleteMessage', '/queues/q/messages'],
  BatchDeleteMessage: [queue, 'DeleteMessage', '/queues/q/messages'],
  ChangeMessageVisibility: [queue, 'ChangeMessageVisibility', '/queues/q/messages'],
  CreateTopic: [topic, 'CreateTopic', '/topics/t'],
  SetTopicAttributes: [topic, 'SetTopicAttributes', '/topics/t'],
  GetTopicAttributes: [topic, 'GetTopicAttributes', '/topics/t'],
  DeleteTopic: [topic, 'DeleteTopic', '/topics/t'],
  ListTopic: [{}, 'ListTopic', '/topics'],
  PublishMessage: [topic, 'PublishMessage', '/topics/t/messages'],
  Subscribe: [subscription, 'Subscribe', '/topics/t/subscriptions/s'],
  SetSubscriptionAttributes: [subscription, 'SetSubscriptionAttributes', '/topics/t/subscriptions/s'],
  GetSubscriptionAttributes: [subscription, 'GetSubscriptionAttributes', '/topics/t/subscriptions/s'],
  Unsubscribe: [subscription, 'Unsubscribe', '/topics/t/subscriptions/s'],
  ListSubscriptionByTopic: [topic, 'ListSubscriptionByTopic', '/topics/t/subscriptions'],
  GetAccountAttributes: [{}, 'GetAccountAttributes', '/'],
  SetAccountAttributes: [{}, 'SetAccountAttributes', '/'],
  OpenService: [{}, 'OpenService', '/commonbuy/openservice'],
}

describe('what an operation on queues and topics asks for', () => {
  it('is its action on the path of the request', () => {
    const asking = operations.filter(({ name }) => name !== 'GetSigningCertificate')
    for (const operation of asking) {
      const [path, action, wanted] = expected[operation.name]!
      assert.deepEqual(wantedBy({ operation, path }), { action, path: wanted })
    }
    assert.equal(asking.length, Object.keys(expected).length)
  })

  it('is about a name as it is, whatever is in it', () => {
    const operation = operations.find(({ name }) => name === 'DeleteQueue')!
    assert.equal(wantedBy({ operation, path: { queue: '$&{queue}' } }).path, '/queues/$&{queue}')
  })
})

describe('a caller who may not do everything with queues and topics', () => {
  const asked: AccessRequest[] = []
  let allowed: ReadonlySet<string>
  let topics: Awaited<ReturnType<typeof runningTopics>>
  before(async () => {
    topics = await runningTopics({
      access: {
        mayDo(_, request) {
          asked.push(request)
          return allowed.has(request.action)
        },
      },
    })
    await topics.ask('PUT', '/topics/t')
    await topics.ask('PUT', '/queues/target')
    assert.deepEqual(asked, [], 'the account is not asked about')
    topics.callAs(ann)
  })
  after(() => topics.stop())
  beforeEach(() => {
    asked.length = 0
    allowed = new Set()
  })

  const arn = (path: string) => `acs:mns:cn-hangzhou:1234567890123456:${path}`
  const questions = () => asked.map(({ action, resource }) => [action, resource])

  it('is refused in the words of the vendor, before anybody looks for the queue', async () => {
    for (const name of ['target', 'nowhere']) {
      const { status, body } = await topics.ask('DELETE', `/queues/${name}`)
      assert.equal(status, 403)
      assert.match(body, /<Code>AccessDenied<\/Code>/)
      assert.match(
        body,
        /<Message>The OwnerId that your Access Key Id associated to is forbidden for this operation\.</,
      )
    }
    assert.equal(asked[0]!.conditions?.()['acs:SourceIp'], '127.0.0.1')
    allowed = new Set(['mns:GetQueueAttributes'])
    assert.equal((await topics.ask('GET', '/queues/target')).status, 200)
    assert.match((await topics.ask('GET', '/queues/nowhere')).body, /QueueNotExist/)
  })

  it('may fetch the certificate of pushes, as everybody may', async () => {
    assert.equal((await topics.ask('GET', '/x509_public_certificate.pem')).status, 200)
    assert.deepEqual(asked, [])
  })

  it('may have a topic write to a queue only where they may send messages there themselves', async () => {
    allowed = new Set(['mns:Subscribe'])
    const subscribe = () => topics.subscribe('s', topics.queueEndpoint('target'))
    assert.equal((await subscribe()).status, 403)
    assert.deepEqual(questions(), [
      ['mns:Subscribe', arn('/topics/t/subscriptions/s')],
      ['mns:SendMessage', arn('/queues/target/messages')],
    ])
    allowed = new Set([...allowed, 'mns:GetSubscriptionAttributes'])
    assert.match((await topics.ask('GET', '/topics/t/subscriptions/s')).body, /SubscriptionNotExist/)
    allowed = new Set([...allowed, 'mns:SendMessage'])
    assert.equal((await subscribe()).status, 201)
  })
})
