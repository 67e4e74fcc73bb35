/** Event rules: what happens to objects becomes messages, by the control plane's API and the SDKs of both products. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { user } from '../identity/identity.fixture.ts'
import { ossClient } from '../objects/objects.fixture.ts'
import { call } from './control-plane.fixture.ts'
import { mnsClient } from './queues.fixture.ts'

let platform: Platform
let mns: Sdk
let oss: Sdk
before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  mns = mnsClient(platform)
  oss = ossClient(platform)
  await oss.putBucket('pictures')
  oss.useBucket('pictures')
  for (const name of ['inbox', 'all']) await mns.createQueue(name, { VisibilityTimeout: 600 })
  await mns.createTopic('news')
})
after(async () => {
  assert.doesNotMatch(platform.log(), /a defect of ours/)
  await platform?.remove()
})

const asOwner = (action: string, request: object) => call(platform, platform, action, request)
const rule = (RuleName: string, more: object = {}) => ({
  ProductName: 'oss',
  RuleName,
  EventTypes: ['ObjectCreated:PutObject'],
  MatchRules: [[{ MatchState: true, Prefix: 'pictures/in/', Suffix: '.jpg' }]],
  Endpoint: { EndpointType: 'queue', EndpointValue: 'inbox' },
  ...more,
})
/** The event in the next message of a queue. */
async function next(queue: string, open: (text: string) => string = (text) => text): Promise<Sdk> {
  const { body } = await mns.receiveMessage(queue, 10)
  const { events } = JSON.parse(Buffer.from(open(body.MessageBody), 'base64').toString())
  assert.equal(events.length, 1)
  return events[0]
}

describe('an event rule', () => {
  it('sends what it means to a queue, in base64, and nothing else', async () => {
    const { Data } = await asOwner('CreateEventRule', rule('jpgs'))
    assert.equal(Data, 'jpgs')
    await oss.put('out/a.jpg', Buffer.from('a'))
    await oss.put('in/a.png', Buffer.from('a'))
    await oss.put('in/a.jpg', Buffer.from('abc'), { mime: 'image/jpeg' })
    const event = await next('inbox')
    assert.deepEqual(
      [event.eventName, event.eventSource, event.region, event.userIdentity.principalId],
      ['ObjectCreated:PutObject', 'acs:oss', platform.region, platform.accountId],
    )
    assert.equal(event.oss.ruleId, 'jpgs')
    assert.equal(event.oss.bucket.name, 'pictures')
    assert.deepEqual([event.oss.object.key, event.oss.object.size], ['in/a.jpg', 3])
    await assert.rejects(mns.receiveMessage('inbox', 1), { name: 'MNSMessageNotExistError' })
  })

  it('publishes to a topic, whose subscribers are told', async () => {
    await asOwner('Subscribe', {
      TopicName: 'news',
      SubscriptionName: 's',
      PushType: 'queue',
      Endpoint: 'all',
      NotifyContentFormat: 'JSON',
    })
    const Endpoint = { EndpointType: 'topic', EndpointValue: 'news' }
    const types = ['oss:ObjectRemoved:*', 'ObjectCreated:CopyObject']
    const MatchRules = [
      [{ Name: 'pictures/x' }],
      [{ Prefix: 'pictures/y' }, { MatchState: false, Suffix: 'z' }],
    ]
    await asOwner('CreateEventRule', rule('changes', { EventTypes: types, MatchRules, Endpoint }))
    const message = (text: string): string => JSON.parse(text).Message
    await oss.put('x', Buffer.from('a'))
    await oss.copy('yz', 'x')
    await oss.copy('y1', 'x')
    const copied = await next('all', message)
    assert.deepEqual([copied.eventName, copied.oss.object.key], ['ObjectCreated:CopyObject', 'y1'])
    await oss.delete('x')
    const removed = await next('all', message)
    assert.deepEqual([removed.eventName, removed.oss.object.key], ['ObjectRemoved:DeleteObject', 'x'])
  })

  it('is told and listed, by what it is about and where it sends', async () => {
    const { Data } = await asOwner('GetEventRule', { ProductName: 'oss', RuleName: 'changes' })
    const endpoint = { EndpointType: 'topic', EndpointValue: 'news' }
    assert.deepEqual(Data, {
      RuleName: 'changes',
      EventTypes: ['oss:ObjectRemoved:*', 'oss:ObjectCreated:CopyObject'],
      MatchRules: [
        [{ MatchState: true, Name: 'pictures/x' }],
        [
          { MatchState: true, Prefix: 'pictures/y' },
          { MatchState: false, Suffix: 'z' },
        ],
      ],
      Endpoint: endpoint,
      Subscriptions: [endpoint],
      TopicName: 'news',
    })
    const list = async (more: object): Promise<string[]> =>
      (await asOwner('ListEventRules', more)).Data.PageData.map(({ RuleName }: Sdk) => RuleName)
    assert.deepEqual(await list({}), ['changes', 'jpgs'])
    assert.deepEqual(await list({ ProductName: 'oss', ResourceName: 'pictures', RuleName: 'j' }), ['jpgs'])
    assert.deepEqual(await list({ ResourceName: 'others' }), [])
    assert.deepEqual(await list({ TopicName: 'news' }), ['changes'])
    assert.deepEqual(await list({ Subscription: { EndpointType: 'queue' } }), ['jpgs'])
  })

  it('holds over a kill, with what waits for its queue, and ends when it is deleted', async () => {
    await mns.createQueue('late')
    const MatchRules = [[{ Prefix: 'pictures/late' }]]
    const Endpoint = { EndpointType: 'queue', EndpointValue: 'late' }
    await asOwner('CreateEventRule', rule('late', { MatchRules, Endpoint }))
    await mns.deleteQueue('late')
    for (let index = 0; index < 3; index++) await oss.put(`late-${index}`, Buffer.from('a'))
    await platform.kill()
    platform = await startPlatform({ sandbox: 'process', dataDir: platform.dataDir })
    mns = mnsClient(platform)
    oss = ossClient(platform)
    oss.useBucket('pictures')
    await mns.createQueue('late', { VisibilityTimeout: 600 })
    const keys: string[] = []
    for (let index = 0; index < 3; index++) keys.push((await next('late')).oss.object.key)
    assert.deepEqual(keys.sort(), ['late-0', 'late-1', 'late-2'])
    await asOwner('DeleteEventRule', { ProductName: 'oss', RuleName: 'late' })
    await oss.put('late-3', Buffer.from('a'))
    await assert.rejects(mns.receiveMessage('late', 1), { name: 'MNSMessageNotExistError' })
    const gone = { ProductName: 'oss', RuleName: 'late' }
    await assert.rejects(asOwner('GetEventRule', gone), { code: 'EventRuleNotExist' })
    await assert.rejects(asOwner('DeleteEventRule', gone), { code: 'EventRuleNotExist' })
  })

  const cases: [string, object, string][] = [
    ['another product', { ProductName: 'ecs' }, 'NotImplemented'],
    ['events that are not told here', { EventTypes: ['ObjectDownloaded:GetObject'] }, 'NotImplemented'],
    ['events that nobody knows', { EventTypes: ['Put'] }, 'InvalidArgument'],
    ['no events', { EventTypes: [] }, 'InvalidArgument'],
    ['no rules', { MatchRules: [] }, 'InvalidArgument'],
    ['an empty rule', { MatchRules: [[{}]] }, 'InvalidArgument'],
    ['rules that are no lists', { MatchRules: [{ Name: 'pictures/x' }] }, 'InvalidArgument'],
    ['a name and a prefix', { MatchRules: [[{ Name: 'a/b', Prefix: 'a/' }]] }, 'InvalidArgument'],
    ['a field that nobody knows', { MatchRules: [[{ Name: 'a/b', Size: 1 }]] }, 'NotImplemented'],
    ['no endpoint', { Endpoint: {} }, 'InvalidArgument'],
    ['HTTP', { Endpoint: { EndpointType: 'http', EndpointValue: 'http://a.example' } }, 'NotImplemented'],
    [
      'a queue that is not there',
      { Endpoint: { EndpointType: 'queue', EndpointValue: 'no' } },
      'QueueNotExist',
    ],
    [
      'a topic that is not there',
      { Endpoint: { EndpointType: 'topic', EndpointValue: 'no' } },
      'TopicNotExist',
    ],
    ['a name with a slash', { RuleName: 'a/b' }, 'InvalidArgument'],
    [
      'other settings of one that is there',
      { RuleName: 'jpgs', EventTypes: ['ObjectRemoved:*'] },
      'EventRuleAlreadyExist',
    ],
  ]
  for (const [name, more, code] of cases) {
    it(`is refused with ${name}`, async () => {
      await assert.rejects(asOwner('CreateEventRule', rule('refused', more)), { code })
      const { Data } = await asOwner('ListEventRules', {})
      assert.equal(Data.Total, 2)
    })
  }

  it('is made by who may make rules and send to its endpoint', async () => {
    const allow = (Action: string | string[], path: string) => ({
      Effect: 'Allow',
      Action,
      Resource: `acs:mns:*:*:${path}`,
    })
    const ruler = await user(platform, 'mns-ruler', [
      allow(['mns:PutEventNotifications', 'mns:DeleteEventNotifications'], '*'),
      allow('mns:SendMessage', '/queues/inbox/messages'),
      allow('mns:ListEventRules', '/products/oss/rules'),
    ])
    const sender = await user(platform, 'mns-sender', [allow('mns:SendMessage', '/queues/*')])
    const ofRuler = (action: string, request: object) => call(platform, ruler, action, request)
    const denied = { code: 'AccessDenied' }
    await assert.rejects(call(platform, sender, 'CreateEventRule', rule('his')), denied)
    const toAll = { Endpoint: { EndpointType: 'queue', EndpointValue: 'all' } }
    const toNews = { Endpoint: { EndpointType: 'topic', EndpointValue: 'news' } }
    await assert.rejects(ofRuler('CreateEventRule', rule('his', toAll)), denied)
    await assert.rejects(ofRuler('CreateEventRule', rule('his', toNews)), denied)
    await ofRuler('CreateEventRule', rule('his'))
    assert.equal((await ofRuler('ListEventRules', {})).Data.Total, 3)
    await assert.rejects(ofRuler('GetEventRule', { ProductName: 'oss', RuleName: 'his' }), denied)
    await assert.rejects(
      call(platform, sender, 'DeleteEventRule', { ProductName: 'oss', RuleName: 'his' }),
      denied,
    )
    await ofRuler('DeleteEventRule', { ProductName: 'oss', RuleName: 'his' })
  })
})
