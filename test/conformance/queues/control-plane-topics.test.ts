/** Topics, subscriptions and lists of the control plane (`Mns-open` 2022-01-19), by the vendor's generic clients. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { role, stsClient, stsModels, user } from '../identity/identity.fixture.ts'
import {
  apartFromOthers,
  type Caller,
  type CallOptions,
  call,
  callByVersion1,
} from './control-plane.fixture.ts'
import { ask, field, mnsClient } from './queues.fixture.ts'

let platform: Platform
let mns: Sdk
before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  mns = mnsClient(platform)
})
after(async () => {
  assert.doesNotMatch(platform.log(), /a defect of ours/)
  await platform?.remove()
})

const asOwner = (action: string, request: object = {}, options: CallOptions = {}) =>
  call(platform, platform, action, request, options)
const names = (page: Sdk, field: string): string[] => page.PageData.map((item: Sdk) => item[field])

describe('topics', () => {
  it('are made, told, changed and removed, and are those of the other API', async () => {
    const tags = [
      { Key: 'team', Value: 'blue' },
      { Key: 'stage', Value: '' },
    ]
    const created = await asOwner('CreateTopic', { TopicName: 'made', MaxMessageSize: 2048, Tag: tags })
    assert.deepEqual([created.Code, created.Success, created.Status], [200, true, 'Success'])
    const { Data } = await asOwner('GetTopicAttributes', { TopicName: 'made' })
    assert.deepEqual(Data.Tags, [
      { TagKey: 'team', TagValue: 'blue' },
      { TagKey: 'stage', TagValue: '' },
    ])
    assert.deepEqual([Data.TopicName, Data.MaxMessageSize, Data.LoggingEnabled], ['made', 2048, false])
    assert.equal(Data.TopicUrl, `http://${apartFromOthers(platform.endpoints.mns)}/topics/made`)
    await asOwner('CreateTopic', { TopicName: 'made', MaxMessageSize: 2048, Tag: tags })
    await assert.rejects(asOwner('CreateTopic', { TopicName: 'made', MaxMessageSize: 2048 }), {
      code: 'TopicAlreadyExist',
    })
    await asOwner('SetTopicAttributes', { TopicName: 'made', MaxMessageSize: 1024 })
    assert.equal((await mns.getTopicAttributes('made')).body.MaximumMessageSize, '1024')
    await assert.rejects(mns.publishMessage('made', { MessageBody: 'x'.repeat(1025) }))
    await asOwner('DeleteTopic', { TopicName: 'made' })
    await assert.rejects(asOwner('GetTopicAttributes', { TopicName: 'made' }), { code: 'TopicNotExist' })
    await assert.rejects(asOwner('DeleteTopic', { TopicName: 'made' }), { code: 'TopicNotExist' })
  })

  it('are listed by pages that are counted, by the beginning of their names and by tags', async () => {
    for (let index = 0; index < 12; index++) {
      const Tag = [{ Key: 'parity', Value: index % 2 === 0 ? 'even' : 'odd' }]
      await asOwner('CreateTopic', { TopicName: `page-${String(index).padStart(2, '0')}`, Tag })
    }
    await mns.createTopic('other')
    const first = (await asOwner('ListTopic', { TopicName: 'page-', PageSize: 3 })).Data
    assert.deepEqual(
      [first.PageNum, first.PageSize, first.Size, first.Pages, first.Total],
      [1, 10, 10, 2, 12],
    )
    const second = (await asOwner('ListTopic', { TopicName: 'page-', PageNum: 2, PageSize: 10 })).Data
    assert.deepEqual(names(second, 'TopicName'), ['page-10', 'page-11'])
    const beyond = (await asOwner('ListTopic', { TopicName: 'page-', PageNum: 3, PageSize: 10 })).Data
    assert.deepEqual([beyond.Size, beyond.Total, beyond.PageData], [0, 12, []])
    const all = (await asOwner('ListTopic', { PageNum: -1, PageSize: 1000 })).Data
    assert.deepEqual([all.PageNum, all.PageSize, all.Total, all.Size], [1, 50, 13, 13])
    const odd = (await asOwner('ListTopic', { Tag: [{ Key: 'parity', Value: 'odd' }] })).Data
    assert.equal(odd.Total, 6)
    assert.equal((await asOwner('ListTopic', { Tag: [{ Key: 'parity' }] })).Data.Total, 12)
    assert.equal((await asOwner('ListTopic', { TopicName: '/' })).Data.Total, 0)
  })
})

describe('queues', () => {
  it('are listed with their counts, policies and tags', async () => {
    const rate = { Enabled: true, MaxReceivesPerSecond: 7 }
    const Tag = [{ Key: 'team', Value: 'red' }]
    await asOwner('CreateQueue', { QueueName: 'list-a', Tag, TenantRateLimitPolicy: rate })
    await mns.createQueue('list-b')
    await mns.sendMessage('list-a', { MessageBody: 'x' })
    const { Data } = await asOwner('ListQueue', { QueueName: 'list-', PageSize: 50 })
    assert.deepEqual([Data.Total, Data.Pages, names(Data, 'QueueName')], [2, 1, ['list-a', 'list-b']])
    const [a, b] = Data.PageData
    assert.deepEqual([a.ActiveMessages, a.TenantRateLimitPolicy], [1, rate])
    assert.deepEqual([a.Tags, b.Tags], [[{ TagKey: 'team', TagValue: 'red' }], []])
    assert.deepEqual([b.DlqPolicy, b.TenantRateLimitPolicy], [{ Enabled: false }, { Enabled: false }])
    const tagged = (await asOwner('ListQueue', { Tag })).Data
    assert.deepEqual(names(tagged, 'QueueName'), ['list-a'])
  })

  it('give no more in a second than their policy allows, and all in the end', async () => {
    const policy = { Enabled: true, MaxReceivesPerSecond: 2 }
    await asOwner('CreateQueue', { QueueName: 'slow', VisibilityTimeout: 60 })
    await asOwner('SetQueueAttributes', { QueueName: 'slow', TenantRateLimitPolicy: policy })
    const { Data } = await asOwner('GetQueueAttributes', { QueueName: 'slow' })
    assert.deepEqual(Data.TenantRateLimitPolicy, policy)
    const bodies = Array.from({ length: 6 }, (_, index) => ({ MessageBody: `m${index}` }))
    await mns.batchSendMessage('slow', bodies)
    const received: string[] = []
    while (received.length < 6) {
      const target = '/queues/slow/messages?numOfMessages=16&waitseconds=5'
      const { status, body } = await ask(platform, { method: 'GET', target })
      assert.equal(status, 200, body)
      const some = [...body.matchAll(/<MessageBody>(.*?)</g)].map(([, text]) => text!)
      assert.ok(some.length >= 1 && some.length <= 2, body)
      received.push(...some)
    }
    assert.deepEqual(received.sort(), ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'])
  })
})

describe('subscriptions', () => {
  const pushed: [IncomingMessage, string][] = []
  const application = createServer(async (message, response) => {
    let body = ''
    for await (const chunk of message) body += chunk
    pushed.push([message, body])
    response.writeHead(204).end()
    application.emit('pushed')
  })
  let origin = ''
  before(async () => {
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
    await asOwner('CreateTopic', { TopicName: 'news' })
    for (const name of ['inbox', 'dead']) await mns.createQueue(name)
  })
  after(() => void application.close().closeAllConnections())

  const ofNews = (SubscriptionName: string, more: object = {}) => ({
    TopicName: 'news',
    SubscriptionName,
    ...more,
  })
  const attributes = async (name: string) => (await asOwner('GetSubscriptionAttributes', ofNews(name))).Data

  it('send to queues by their names and to addresses, filtered by their tags', async () => {
    const simplified = { NotifyContentFormat: 'SIMPLIFIED' }
    await asOwner(
      'Subscribe',
      ofNews('q', { PushType: 'queue', Endpoint: 'inbox', MessageTag: 'red', ...simplified }),
    )
    await asOwner('Subscribe', ofNews('h', { PushType: 'http', Endpoint: `${origin}/hook`, ...simplified }))
    const arrived = once(application, 'pushed')
    await mns.publishMessage('news', { MessageBody: 'hello', MessageTag: 'red' })
    assert.equal((await mns.receiveMessage('inbox', 10)).body.MessageBody, 'hello')
    await arrived
    assert.deepEqual(
      pushed.map(([{ url }, body]) => [url, body]),
      [['/hook', 'hello']],
    )
    const told = await attributes('q')
    assert.equal(told.Endpoint, `acs:mns:${platform.region}:${platform.accountId}:queues/inbox`)
    assert.deepEqual(
      [told.FilterTag, told.NotifyStrategy, told.TopicOwner],
      ['red', 'BACKOFF_RETRY', platform.accountId],
    )
    const byOther = await ask(platform, { method: 'GET', target: '/topics/news/subscriptions/q' })
    assert.equal(field(byOther, 'Endpoint'), told.Endpoint)
  })

  it('are listed by pages, kinds of endpoints and endpoints', async () => {
    for (let index = 0; index < 10; index++) {
      await asOwner('Subscribe', ofNews(`n${index}`, { PushType: 'queue', Endpoint: `q${index}` }))
    }
    const list = async (more: object) =>
      (await asOwner('ListSubscriptionByTopic', { TopicName: 'news', ...more })).Data
    const second = await list({ PageNum: 2, PageSize: 10 })
    assert.deepEqual([second.Total, second.Pages, names(second, 'SubscriptionName')], [12, 2, ['n9', 'q']])
    assert.deepEqual(names(await list({ EndpointType: 'http' }), 'SubscriptionName'), ['h'])
    assert.deepEqual(names(await list({ EndpointValue: 'q3' }), 'SubscriptionName'), ['n3'])
    assert.equal((await list({ SubscriptionName: 'n' })).Total, 10)
    for (let index = 0; index < 10; index++) await asOwner('Unsubscribe', ofNews(`n${index}`))
    assert.equal((await list({})).Total, 2)
    await assert.rejects(asOwner('Unsubscribe', ofNews('n0')), { code: 'SubscriptionNotExist' })
  })

  it('have policies for dead letters and rates, which are changed and ended', async () => {
    const dead = { Enabled: true, DeadLetterTargetQueue: 'dead' }
    const rate = { Enabled: true, MaxReceivesPerSecond: 5 }
    const request = ofNews('p', { PushType: 'http', Endpoint: origin, DlqPolicy: dead })
    await asOwner('Subscribe', request)
    await asOwner('Subscribe', request)
    await assert.rejects(asOwner('Subscribe', { ...request, TenantRateLimitPolicy: rate }), {
      code: 'SubscriptionAlreadyExist',
    })
    const of = async () => {
      const { DlqPolicy, TenantRateLimitPolicy, NotifyStrategy } = await attributes('p')
      return [DlqPolicy, TenantRateLimitPolicy, NotifyStrategy]
    }
    assert.deepEqual(await of(), [dead, { Enabled: false }, 'BACKOFF_RETRY'])
    const strategy = 'EXPONENTIAL_DECAY_RETRY'
    await asOwner(
      'SetSubscriptionAttributes',
      ofNews('p', { TenantRateLimitPolicy: rate, NotifyStrategy: strategy }),
    )
    assert.deepEqual(await of(), [dead, rate, strategy])
    await asOwner('SetSubscriptionAttributes', ofNews('p', { DlqPolicy: { Enabled: false } }))
    assert.deepEqual(await of(), [{ Enabled: false }, rate, strategy])
    // The other API leaves them as they are.
    const body = '<Subscription><NotifyStrategy>BACKOFF_RETRY</NotifyStrategy></Subscription>'
    await ask(platform, { method: 'PUT', target: '/topics/news/subscriptions/p?metaoverride=true', body })
    assert.deepEqual(await of(), [{ Enabled: false }, rate, 'BACKOFF_RETRY'])
    await asOwner('Unsubscribe', ofNews('p'))
  })

  const subscribing = (more: object) => ['Subscribe', ofNews('x', more)] as const
  const toQueue = { PushType: 'queue', Endpoint: 'inbox' }
  const cases: [string, readonly [string, object], string][] = [
    ['a subscription without an endpoint', subscribing({ PushType: 'http' }), 'MissingParameter'],
    ['a subscription without a kind of endpoint', subscribing({ Endpoint: 'inbox' }), 'MissingParameter'],
    ['mail', subscribing({ PushType: 'email', Endpoint: 'a@b.example' }), 'NotImplemented'],
    ['text messages', subscribing({ PushType: 'alisms', Endpoint: '123' }), 'NotImplemented'],
    ['an address that is none', subscribing({ PushType: 'http', Endpoint: 'inbox' }), 'EndpointInvalid'],
    ['a queue with odd letters', subscribing({ PushType: 'queue', Endpoint: '../x' }), 'EndpointInvalid'],
    ['a role to push in', subscribing({ ...toQueue, StsRoleArn: 'acs:ram::1:role/r' }), 'NotImplemented'],
    ['a strategy nobody knows', subscribing({ ...toQueue, NotifyStrategy: 'NEVER' }), 'InvalidArgument'],
    ['a tag that is too long', subscribing({ ...toQueue, MessageTag: 'x'.repeat(17) }), 'InvalidArgument'],
    [
      'dead letters in the queue itself',
      subscribing({ ...toQueue, DlqPolicy: { Enabled: true, DeadLetterTargetQueue: 'inbox' } }),
      'InvalidArgument',
    ],
    ['dead letters nowhere', subscribing({ ...toQueue, DlqPolicy: { Enabled: true } }), 'InvalidArgument'],
    [
      'a rate of none',
      subscribing({ ...toQueue, TenantRateLimitPolicy: { Enabled: true, MaxReceivesPerSecond: 0 } }),
      'InvalidArgument',
    ],
    [
      'a topic that is not there',
      ['Subscribe', { ...ofNews('x', toQueue), TopicName: 'gone' }],
      'TopicNotExist',
    ],
    ['a topic that keeps logs', ['CreateTopic', { TopicName: 'x', EnableLogging: true }], 'NotImplemented'],
    ['a topic in order', ['CreateTopic', { TopicName: 'x', TopicType: 'fifo' }], 'NotImplemented'],
    ['a topic with a name that is none', ['CreateTopic', { TopicName: 'ü' }], 'TopicNameInvalid'],
    ['a page that is no number', ['ListTopic', { PageNum: 'two' }], 'InvalidArgument'],
    [
      'a tag that begins with aliyun',
      ['CreateTopic', { TopicName: 'x', Tag: [{ Key: 'aliyun' }] }],
      'InvalidArgument',
    ],
    ['a parameter nobody knows', ['ListQueue', { Colour: 'red' }], 'NotImplemented'],
  ]
  for (const [name, [action, request], code] of cases) {
    it(`refuse ${name}`, async () => {
      await assert.rejects(asOwner(action, request), { code })
      await assert.rejects(asOwner('GetSubscriptionAttributes', ofNews('x')), {
        code: 'SubscriptionNotExist',
      })
      await assert.rejects(asOwner('GetTopicAttributes', { TopicName: 'x' }), { code: 'TopicNotExist' })
    })
  }
})

describe('the signature of version 1.0', () => {
  const byVersion1 = (caller: Caller, action: string, request: object, options: CallOptions = {}) =>
    callByVersion1(platform, caller, action, request, options)

  it('does as the other, with parameters in a form and in the query', async () => {
    const DlqPolicy = { Enabled: true, DeadLetterTargetQueue: 'v1-dead', MaxReceiveCount: 3 }
    const Tag = [{ Key: 'a b&c', Value: '*~ü' }]
    await byVersion1(platform, 'CreateQueue', { QueueName: 'v1', DlqPolicy, Tag })
    const request = { QueueName: 'v1' }
    for (const method of ['GET', 'POST'] as const) {
      const answer = await byVersion1(platform, 'GetQueueAttributes', request, { method })
      // Its objects have no prototype.
      const { Data } = JSON.parse(JSON.stringify(answer))
      assert.deepEqual(Data.DlqPolicy, { ...DlqPolicy, MaxReceiveCount: '3' })
      assert.deepEqual(Data.Tags, [{ TagKey: 'a b&c', TagValue: '*~ü' }])
    }
    await byVersion1(platform, 'DeleteQueue', request)
    await assert.rejects(byVersion1(platform, 'GetQueueAttributes', request), { code: 'QueueNotExist' })
  })

  it('is refused where it is wrong', async () => {
    const { accessKeyId, accessKeySecret } = platform
    const refusals: [string, Caller, CallOptions][] = [
      ['SignatureDoesNotMatch', { accessKeyId, accessKeySecret: 'guessed' }, {}],
      ['InvalidAccessKeyId.NotFound', { accessKeyId: 'LTAInobody', accessKeySecret }, {}],
      ['InvalidVersion', platform, { version: '2015-06-06' }],
    ]
    for (const [code, caller, options] of refusals) {
      await assert.rejects(byVersion1(caller, 'CreateQueue', { QueueName: 'v1-no' }, options), { code })
    }
    await assert.rejects(mns.getQueueAttributes('v1-no'), { name: 'MNSQueueNotExistError' })
    const unsigned = await fetch(`${platform.endpoints.mns}/?Action=ListQueue&Version=2022-01-19&Format=JSON`)
    assert.equal(((await unsigned.json()) as Sdk).Code, 'MissingAccessKeyId')
  })
})

describe('a user of topics by the control plane', () => {
  const statement = (Effect: string, Action: string | string[], path: string, Condition?: object) => ({
    Effect,
    Action,
    Resource: `acs:mns:*:*:${path}`,
    ...(Condition && { Condition }),
  })

  it('has the rights of the other API, and may be held to kinds of endpoints by either', async () => {
    await asOwner('CreateTopic', { TopicName: 'held' })
    await mns.createQueue('held')
    const keys = await user(platform, 'mns-topics', [
      statement('Allow', ['mns:GetTopicAttributes', 'mns:Subscribe', 'mns:Unsubscribe'], '/topics/held*'),
      statement('Deny', 'mns:Subscribe', '*', { StringEquals: { 'mns:PushType': 'http' } }),
      statement('Allow', 'mns:SendMessage', '/queues/held/messages'),
      statement('Allow', 'mns:ListTopic', '/topics'),
    ])
    const may = (action: string, request: object) =>
      call(platform, keys, action, request).then(
        () => 'Success',
        ({ code }: Sdk) => code,
      )
    const ofHeld = (more: object) => ({ TopicName: 'held', SubscriptionName: 's', ...more })
    assert.equal(await may('GetTopicAttributes', { TopicName: 'held' }), 'Success')
    assert.equal(await may('GetTopicAttributes', { TopicName: 'other' }), 'AccessDenied')
    assert.equal(await may('GetTopicAttributes', { TopicName: 'nowhere' }), 'AccessDenied')
    assert.equal(await may('ListTopic', {}), 'Success')
    assert.equal(await may('ListQueue', {}), 'AccessDenied')
    assert.equal(await may('CreateTopic', { TopicName: 'held-too' }), 'AccessDenied')
    assert.equal(await may('DeleteTopic', { TopicName: 'held' }), 'AccessDenied')
    assert.equal(await may('SetTopicAttributes', { TopicName: 'held' }), 'AccessDenied')
    const push = { PushType: 'http', Endpoint: 'http://127.0.0.1:1/' }
    assert.equal(await may('Subscribe', ofHeld(push)), 'AccessDenied')
    const body = '<Subscription><Endpoint>http://127.0.0.1:1/</Endpoint></Subscription>'
    const target = '/topics/held/subscriptions/s'
    assert.equal((await ask(platform, { ...keys, method: 'PUT', target, body })).code, 'AccessDenied')
    const queue = { PushType: 'queue', Endpoint: 'held' }
    const toOthers = { Enabled: true, DeadLetterTargetQueue: 'inbox' }
    assert.equal(await may('Subscribe', ofHeld({ ...queue, Endpoint: 'inbox' })), 'AccessDenied')
    assert.equal(await may('Subscribe', ofHeld({ ...queue, DlqPolicy: toOthers })), 'AccessDenied')
    assert.equal(await may('Subscribe', ofHeld(queue)), 'Success')
    assert.equal(await may('SetSubscriptionAttributes', ofHeld({ DlqPolicy: toOthers })), 'AccessDenied')
    assert.equal(await may('GetSubscriptionAttributes', ofHeld({})), 'AccessDenied')
    assert.equal(await may('ListSubscriptionByTopic', { TopicName: 'held' }), 'AccessDenied')
    assert.equal(await may('Unsubscribe', ofHeld({})), 'Success')
  })

  it('may be a session of a role, by either signature', async () => {
    const assumer = await user(platform, 'mns-cp-assumer', [], ['AliyunSTSAssumeRoleAccess'])
    const roleArn = await role(platform, 'MnsControl', {
      trusts: { RAM: [`acs:ram::${platform.accountId}:user/mns-cp-assumer`] },
      statements: [statement('Allow', 'mns:ListQueue', '/queues')],
    })
    const { body } = await stsClient(platform, assumer).assumeRole(
      new stsModels.AssumeRoleRequest({ roleArn, roleSessionName: 'lister' }),
    )
    for (const by of [call, callByVersion1]) {
      assert.equal((await by(platform, body.credentials, 'ListQueue', {})).Code, 200)
      await assert.rejects(by(platform, body.credentials, 'ListTopic', {}), { code: 'AccessDenied' })
      const forged = { ...body.credentials, securityToken: `${body.credentials.securityToken}0` }
      await assert.rejects(by(platform, forged, 'ListQueue', {}), { code: /^InvalidSecurityToken/ })
    }
  })
})
