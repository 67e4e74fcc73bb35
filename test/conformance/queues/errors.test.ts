/** Every error of queues and topics, by both signatures, over the wire; the platform stays as it was. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { type Answered, type Asked, ask, field } from './queues.fixture.ts'

let platform: Platform
before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  await put('/queues/q', '<Queue><VisibilityTimeout>30</VisibilityTimeout></Queue>')
  await put('/topics/t', '<Topic/>')
})
after(async () => {
  assert.doesNotMatch(platform.log(), /a defect of ours/, 'bad input must never look like a defect')
  await platform?.remove()
})

const put = (target: string, body: string, more: Partial<Asked> = {}) =>
  ask(platform, { method: 'PUT', target, body, ...more })
const send = (message: string) =>
  ask(platform, { method: 'POST', target: '/queues/q/messages', body: message })

function assertRefused(answer: Answered, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.code], [status, code], answer.body)
  assert.match(
    answer.body,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error xmlns="http:\/\/mns.aliyuncs.com\/doc\/v1\/">/,
  )
  assert.equal(field(answer, 'RequestId'), answer.headers['x-mns-request-id'])
  assert.ok(field(answer, 'HostId'))
  assert.match(answer.headers['content-type'] ?? '', /^text\/xml/)
}

for (const version of ['v2', 'v4'] as const) {
  describe(`a signature of ${version}`, () => {
    const get = (more: Partial<Asked>) =>
      ask(platform, { method: 'GET', target: '/queues/q', version, ...more })

    it('is taken where it is right', async () => {
      assert.equal((await get({})).status, 200)
      assert.equal((await get({ target: '/queues?A=b%20c&a&Z=1' })).status, 200)
      assert.equal((await get({ headers: { 'x-mns-with-meta': 'true' }, target: '/queues' })).status, 200)
    })
    const cases: [string, Partial<Asked>, number, string][] = [
      ['by another secret', { accessKeySecret: 'guessed' }, 403, 'SignatureDoesNotMatch'],
      ['of an unknown key', { accessKeyId: 'LTAInobody' }, 403, 'InvalidAccessKeyId'],
      ['of 20 minutes ago', { dateMs: Date.now() - 20 * 60_000 }, 408, 'TimeExpired'],
      ['of tomorrow', { dateMs: Date.now() + 86_400_000 }, 408, 'TimeExpired'],
      ['with a token that is none', { headers: { 'security-token': 'x' } }, 403, 'InvalidSecurityToken'],
      ['without a version', { headers: { 'x-mns-version': '' } }, 400, 'MissingVersionHeader'],
      ['of another version', { headers: { 'x-mns-version': '2014-01-01' } }, 400, 'InvalidVersionHeader'],
    ]
    for (const [name, more, status, code] of cases) {
      it(`is refused ${name}`, async () => assertRefused(await get(more), status, code))
    }
    for (const [name, forged] of [
      ['content-md5', { 'content-md5': 'forged' }],
      ['content-type', { 'content-type': 'text/html' }],
      ['date', { date: new Date(Date.now() - 60_000).toUTCString() }],
      ['x-mns-prefix', { 'x-mns-prefix': 'forged' }],
    ] as const) {
      it(`covers ${name}`, async () => {
        assertRefused(await get({ forged }), 403, 'SignatureDoesNotMatch')
      })
    }
  })
}

describe('a head', () => {
  const cases: [string, Record<string, string>, number, string][] = [
    ['without Authorization', { authorization: '' }, 400, 'MissingAuthorizationHeader'],
    ['with another Authorization', { authorization: 'OSS a:b' }, 400, 'InvalidAuthorizationHeader'],
    ['without Date', { date: '' }, 400, 'MissingDateHeader'],
    ['with a Date that is none', { date: 'yesterday' }, 400, 'InvalidDateHeader'],
  ]
  for (const [name, headers, status, code] of cases) {
    it(`${name} is refused`, async () => {
      assertRefused(await ask(platform, { method: 'GET', target: '/queues', headers }), status, code)
    })
  }
  it('with a path that leads nowhere is refused', async () => {
    assertRefused(await ask(platform, { method: 'GET', target: '/buckets' }), 400, 'InvalidRequestURL')
    assertRefused(await ask(platform, { method: 'PATCH', target: '/queues/q' }), 400, 'InvalidRequestURL')
    assertRefused(await ask(platform, { method: 'GET', target: '/queues/%ff' }), 400, 'InvalidRequestURL')
  })
  it('of an operation that is not built is told so', async () => {
    assertRefused(await ask(platform, { method: 'GET', target: '/?accountmeta=true' }), 501, 'NotImplemented')
  })
})

describe('a queue', () => {
  const cases: [string, () => Promise<Answered>, number, string][] = [
    ['of a bad name', () => put('/queues/a%2Fb', ''), 400, 'InvalidQueueName'],
    ['of a name that begins badly', () => put('/queues/-a', ''), 400, 'InvalidQueueName'],
    ['of a long name', () => put(`/queues/${'a'.repeat(257)}`, ''), 400, 'QueueNameLengthError'],
    ['without an end', () => put('/queues/a', '<Queue>'), 400, 'MalformedXML'],
    ['that is a topic', () => put('/queues/a', '<Topic/>'), 400, 'InvalidArgument'],
    [
      'with an unknown attribute',
      () => put('/queues/a', '<Queue><Colour>1</Colour></Queue>'),
      400,
      'InvalidArgument',
    ],
    [
      'with logging',
      () => put('/queues/a', '<Queue><LoggingEnabled>true</LoggingEnabled></Queue>'),
      501,
      'NotImplemented',
    ],
    [
      'that differs',
      () =>
        put('/queues/q', '<Queue/>').then(() =>
          put('/queues/q', '<Queue><DelaySeconds>1</DelaySeconds></Queue>'),
        ),
      409,
      'QueueAlreadyExist',
    ],
    ['that is not there', () => put('/queues/none?metaoverride=true', '<Queue/>'), 404, 'QueueNotExist'],
    [
      'of a list too long',
      () => ask(platform, { method: 'GET', target: '/queues', headers: { 'x-mns-ret-number': '1001' } }),
      400,
      'InvalidArgument',
    ],
  ]
  for (const [name, act, status, code] of cases) {
    it(`${name} is refused`, async () => assertRefused(await act(), status, code))
  }
  const limits: [string, number, number][] = [
    ['VisibilityTimeout', 1, 43_200],
    ['DelaySeconds', 0, 604_800],
    ['MaximumMessageSize', 1024, 65_536],
    ['MessageRetentionPeriod', 60, 604_800],
    ['PollingWaitSeconds', 0, 30],
  ]
  for (const [name, min, max] of limits) {
    it(`has ${name} from ${min} to ${max}`, async () => {
      const set = (value: number) =>
        put('/queues/limits?metaoverride=true', `<Queue><${name}>${value}</${name}></Queue>`)
      await put('/queues/limits', '')
      for (const value of [min, max]) assert.equal((await set(value)).status, 204)
      for (const value of [min - 1, max + 1, 1.5]) assertRefused(await set(value), 400, 'InvalidArgument')
      assert.match((await set(max + 1)).body, new RegExp(`${name} should between ${min} and ${max}`))
    })
  }
})

describe('a message', () => {
  const cases: [string, string, number, string][] = [
    ['without a body', '<Message/>', 400, 'InvalidArgument'],
    ['with an empty body', '<Message><MessageBody/></Message>', 400, 'InvalidArgument'],
    [
      'that is too large',
      `<Message><MessageBody>${'中'.repeat(21_846)}</MessageBody></Message>`,
      400,
      'InvalidArgument',
    ],
    [
      'of priority 0',
      '<Message><MessageBody>x</MessageBody><Priority>0</Priority></Message>',
      400,
      'InvalidArgument',
    ],
    [
      'of priority 17',
      '<Message><MessageBody>x</MessageBody><Priority>17</Priority></Message>',
      400,
      'InvalidArgument',
    ],
    [
      'delayed too long',
      '<Message><MessageBody>x</MessageBody><DelaySeconds>604801</DelaySeconds></Message>',
      400,
      'InvalidArgument',
    ],
    [
      'of a group',
      '<Message><MessageBody>x</MessageBody><MessageGroupId>g</MessageGroupId></Message>',
      501,
      'NotImplemented',
    ],
    [
      'with an entity of its own',
      '<!DOCTYPE a [<!ENTITY b "c">]><Message><MessageBody>&b;</MessageBody></Message>',
      400,
      'MalformedXML',
    ],
    ['of no batch', '<Messages/>', 400, 'InvalidArgument'],
    [
      'of a batch of 17',
      `<Messages>${'<Message><MessageBody>x</MessageBody></Message>'.repeat(17)}</Messages>`,
      400,
      'InvalidArgument',
    ],
    [
      'of a batch with a bad one',
      '<Messages><Message><MessageBody>x</MessageBody></Message><Message/></Messages>',
      400,
      'InvalidArgument',
    ],
    ['in a request of 5 MB', 'x'.repeat(5 * 1024 * 1024), 400, 'InvalidArgument'],
    ['in no document', '', 400, 'MalformedXML'],
    ['in bytes that are no text', '\ud800', 400, 'MalformedXML'],
  ]
  for (const [name, body, status, code] of cases) {
    it(`${name} is refused, and none is sent`, async () => {
      assertRefused(await send(body), status, code)
      const answer = await ask(platform, { method: 'GET', target: '/queues/q' })
      assert.equal(field(answer, 'ActiveMessages'), '0')
    })
  }
  it('is as large as it may be', async () => {
    await put('/queues/large', '')
    const body = `${'&lt;'.repeat(65_535)}x`
    const answer = await ask(platform, {
      method: 'POST',
      target: '/queues/large/messages',
      body: `<Message><MessageBody>${body}</MessageBody></Message>`,
    })
    assert.equal(answer.status, 201)
  })

  const asked = (method: string, target: string, body = '') => ask(platform, { method, target, body })
  const calls: [string, string, number, string][] = [
    ['GET', '/queues/none/messages', 404, 'QueueNotExist'],
    ['GET', '/queues/q/messages', 404, 'MessageNotExist'],
    ['GET', '/queues/q/messages?PeekOnly=true', 404, 'MessageNotExist'],
    ['GET', '/queues/q/messages?waitseconds=31', 400, 'InvalidArgument'],
    ['GET', '/queues/q/messages?numOfMessages=17', 400, 'InvalidArgument'],
    ['GET', '/queues/q/messages?numOfMessages=0', 400, 'InvalidArgument'],
    ['DELETE', '/queues/q/messages', 400, 'MissingReceiptHandle'],
    ['DELETE', '/queues/q/messages?ReceiptHandle=..%2F..', 400, 'ReceiptHandleError'],
    ['PUT', '/queues/q/messages?VisibilityTimeout=1', 400, 'MissingReceiptHandle'],
    ['PUT', '/queues/q/messages?ReceiptHandle=x', 400, 'MissingVisibilityTimeout'],
    ['PUT', '/queues/q/messages?ReceiptHandle=x&VisibilityTimeout=0', 400, 'InvalidArgument'],
    ['PUT', '/queues/q/messages?receiptHandle=x&visibilityTimeout=9', 400, 'ReceiptHandleError'],
  ]
  for (const [method, target, status, code] of calls) {
    it(`is refused by ${code} to ${method} ${target}`, async () => {
      assertRefused(await asked(method, target), status, code)
    })
  }
})

describe('a topic', () => {
  const queue = () => `acs:mns:${platform.region}:${platform.accountId}:queues/q`
  const subscription = (endpoint: string, more = '') =>
    `<Subscription><Endpoint>${endpoint}</Endpoint>${more}</Subscription>`
  const asked = (method: string, target: string, body = '') => ask(platform, { method, target, body })
  const cases: [string, () => Promise<Answered>, number, string][] = [
    ['of a bad name', () => put('/topics/a.b', ''), 400, 'TopicNameInvalid'],
    ['of a long name', () => put(`/topics/${'a'.repeat(257)}`, ''), 400, 'TopicNameLengthError'],
    ['that is not there', () => asked('DELETE', '/topics/none'), 404, 'TopicNotExist'],
    [
      'with a bad subscription',
      () => put('/topics/t/subscriptions/a.b', subscription(queue())),
      400,
      'SubsriptionNameInvalid',
    ],
    [
      'with a long subscription',
      () => put(`/topics/t/subscriptions/${'a'.repeat(257)}`, subscription(queue())),
      400,
      'SubscriptionNameLengthError',
    ],
    [
      'without an endpoint',
      () => put('/topics/t/subscriptions/s', '<Subscription/>'),
      400,
      'EndpointInvalid',
    ],
    [
      'with an endpoint of others',
      () => put('/topics/t/subscriptions/s', subscription('acs:mns:cn-hangzhou:1:queues/q')),
      400,
      'EndpointInvalid',
    ],
    [
      'with an endpoint that is no URL',
      () => put('/topics/t/subscriptions/s', subscription('http://')),
      400,
      'EndpointInvalid',
    ],
    [
      'with an endpoint for mail',
      () => put('/topics/t/subscriptions/s', subscription('mail:directmail:a@example.com')),
      501,
      'NotImplemented',
    ],
    [
      'with a long filter',
      () =>
        put('/topics/t/subscriptions/s', subscription(queue(), `<FilterTag>${'a'.repeat(17)}</FilterTag>`)),
      400,
      'InvalidArgument',
    ],
    [
      'with an unknown format',
      () =>
        put(
          '/topics/t/subscriptions/s',
          subscription(queue(), '<NotifyContentFormat>YAML</NotifyContentFormat>'),
        ),
      400,
      'InvalidArgument',
    ],
    [
      'with an unknown strategy',
      () => put('/topics/t/subscriptions/s', subscription(queue(), '<NotifyStrategy>NEVER</NotifyStrategy>')),
      400,
      'InvalidArgument',
    ],
    [
      'without the subscription',
      () => asked('GET', '/topics/t/subscriptions/none'),
      404,
      'SubscriptionNotExist',
    ],
    ['of no topic', () => put('/topics/none/subscriptions/s', subscription(queue())), 404, 'TopicNotExist'],
    [
      'with a long tag',
      () =>
        asked(
          'POST',
          '/topics/t/messages',
          `<Message><MessageBody>x</MessageBody><MessageTag>${'a'.repeat(17)}</MessageTag></Message>`,
        ),
      400,
      'InvalidArgument',
    ],
    [
      'with a tag that breaks a header',
      () =>
        asked(
          'POST',
          '/topics/t/messages',
          '<Message><MessageBody>x</MessageBody><MessageTag>a&#10;b</MessageTag></Message>',
        ),
      400,
      'InvalidArgument',
    ],
    [
      'with attributes that are not built',
      () =>
        asked(
          'POST',
          '/topics/t/messages',
          '<Message><MessageBody>x</MessageBody><MessageAttributes><Push>{}</Push></MessageAttributes></Message>',
        ),
      501,
      'NotImplemented',
    ],
    [
      'with an empty message',
      () => asked('POST', '/topics/t/messages', '<Message><MessageBody/></Message>'),
      400,
      'InvalidArgument',
    ],
  ]
  for (const [name, act, status, code] of cases) {
    it(`${name} is refused`, async () => assertRefused(await act(), status, code))
  }
  it('has one subscription of a name', async () => {
    assert.equal((await put('/topics/t/subscriptions/s', subscription(queue()))).status, 201)
    assert.equal((await put('/topics/t/subscriptions/s', subscription(queue()))).status, 204)
    assertRefused(
      await put('/topics/t/subscriptions/s', subscription(queue(), '<FilterTag>a</FilterTag>')),
      409,
      'SubscriptionAlreadyExist',
    )
    assert.equal((await asked('DELETE', '/topics/t/subscriptions/s')).status, 204)
  })
})
