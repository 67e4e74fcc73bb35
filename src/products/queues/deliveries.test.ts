import assert from 'node:assert/strict'
import { createVerify, X509Certificate } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { readXml } from '../../lib/xml-reader.ts'
import { AnnouncementsFull } from '../../ports/announcements.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import { never } from './testbed.fixture.ts'
import { eventually, type Pushed, runningTopics, subscriber } from './topics.testing.ts'

let topics: Awaited<ReturnType<typeof runningTopics>>
let endpoint: Awaited<ReturnType<typeof subscriber>>
beforeEach(async () => {
  topics = await runningTopics()
  endpoint = await subscriber()
  await topics.ask('PUT', '/topics/t')
})
afterEach(async () => {
  await topics.stop()
  await endpoint.stop()
})

const pushes = (count: number) => eventually(`${count} pushes`, () => endpoint.pushed.length >= count)
const delivered = () => eventually('no delivery that waits', async () => (await topics.waiting()) === 0)
const failedOnce = (dueMs: number) =>
  eventually(`a delivery that waits until ${dueMs}`, async () => {
    const [due] = await topics.records.list({ prefix: 'queues/due/', limit: 1 })
    return due?.key.includes(String(dueMs)) ?? false
  })

/** As the vendor's samples check it. */
async function isSignedBy({ target, headers, body }: Pushed): Promise<boolean> {
  assert.ok(body)
  const url = Buffer.from(headers['x-mns-signing-cert-url'] as string, 'base64').toString()
  const certificate = new X509Certificate(await (await fetch(url)).text())
  const lines = Object.keys(headers)
    .filter((name) => name.startsWith('x-mns-'))
    .sort()
    .map((name) => `${name}:${headers[name]}`)
    .join('\n')
  const text = `POST\n${headers['content-md5']}\n${headers['content-type']}\n${headers.date}\n${lines}\n${target}`
  return createVerify('RSA-SHA1').update(text).verify(certificate.publicKey, headers.authorization!, 'base64')
}

describe('a push', () => {
  it('is signed by the key of the certificate that it names', async () => {
    await topics.subscribe('s', `${endpoint.origin}/hook?a=b`)
    const { body } = await topics.publish('hello', 'red')
    await pushes(1)
    const [push] = endpoint.pushed
    assert.equal(push!.target, '/hook?a=b')
    assert.equal(push!.headers['user-agent'], 'Aliyun Notification Service Agent')
    assert.equal(push!.headers['x-mns-topic-name'], 't')
    assert.equal(push!.headers['x-mns-subscription-name'], 's')
    assert.equal(push!.headers['x-mns-message-tag'], 'red')
    assert.equal(push!.headers['x-mns-version'], '2015-06-06')
    assert.match(body, new RegExp(`<MessageId>${push!.headers['x-mns-message-id']}</MessageId>`))
    assert.ok(await isSignedBy(push!))
    assert.ok(!(await isSignedBy({ ...push!, target: '/other' })))
    const root = readXml(push!.body)
    assert.equal(root.children.find(({ name }) => name === 'Message')?.text, 'hello')
    await delivered()
  })

  it('goes to those whose filter lets it through, in the form that they want', async () => {
    await topics.subscribe(
      'all',
      `${endpoint.origin}/all`,
      '<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>',
    )
    await topics.subscribe(
      'red',
      `${endpoint.origin}/red`,
      '<NotifyContentFormat>JSON</NotifyContentFormat><FilterTag>red</FilterTag>',
    )
    await topics.publish('none')
    await topics.publish('blue', 'blue')
    await topics.publish('red', 'red')
    await pushes(4)
    await delivered()
    const of = (target: string) =>
      endpoint.pushed.filter((push) => push.target === target).map(({ body }) => body)
    assert.deepEqual(of('/all').sort(), ['blue', 'none', 'red'])
    assert.deepEqual(
      of('/red').map((body) => JSON.parse(body).Message),
      ['red'],
    )
  })

  it('is tried again until it is answered 2xx, at the times of its strategy', async () => {
    endpoint.answerWith(500, 302, 404)
    await topics.subscribe('s', endpoint.origin, '<NotifyStrategy>EXPONENTIAL_DECAY_RETRY</NotifyStrategy>')
    await topics.publish('a')
    for (const [index, delayMs] of [1000, 2000, 4000].entries()) {
      await pushes(index + 1)
      await failedOnce(topics.clock.now() + delayMs)
      topics.clock.advance(delayMs - 1)
      assert.equal(endpoint.pushed.length, index + 1)
      topics.clock.advance(1)
    }
    await pushes(4)
    await delivered()
    assert.equal(new Set(endpoint.pushed.map(({ headers }) => headers['x-mns-message-id'])).size, 1)
  })

  it('is given up after the last attempt', async () => {
    endpoint.answerWith(500, 500, 500, 500, 500)
    await topics.subscribe('s', endpoint.origin)
    await topics.publish('a')
    for (let attempt = 1; attempt < 4; attempt++) {
      await pushes(attempt)
      await failedOnce(topics.clock.now() + 10_000)
      topics.clock.advance(10_000)
    }
    await delivered()
    assert.equal(endpoint.pushed.length, 4)
    assert.deepEqual(topics.warned, ['a message of a topic was given up'])
    assert.deepEqual(await topics.records.list({ prefix: 'queues/payload/', limit: 1 }), [])
  })

  it('is tried again where no answer comes', async () => {
    endpoint.hang(true)
    await topics.subscribe('s', endpoint.origin)
    await topics.publish('a')
    await pushes(1)
    topics.clock.advance(5000)
    await failedOnce(topics.clock.now() + 10_000)
    endpoint.hang(false)
    topics.clock.advance(10_000)
    await delivered()
  })

  it('is made by the next that opens the records, where none was made before', async () => {
    endpoint.hang(true)
    await topics.subscribe('s', endpoint.origin)
    await topics.publish('a')
    await pushes(1)
    await topics.stop()
    endpoint.hang(false)
    topics = await runningTopics(topics)
    await pushes(2)
    await delivered()
  })

  it('is not made to who does not subscribe any more', async () => {
    endpoint.answerWith(500, 500)
    await topics.subscribe('s', endpoint.origin)
    await topics.publish('a')
    await pushes(1)
    await failedOnce(topics.clock.now() + 10_000)
    await topics.ask('DELETE', '/topics/t/subscriptions/s')
    await delivered()
    topics.clock.advance(10_000)
    await topics.publish('b')
    assert.equal(endpoint.pushed.length, 1)
    assert.deepEqual(await topics.records.list({ prefix: 'queues/payload/', limit: 1 }), [])
  })

  it('is not made for a topic that is deleted, whose subscriptions go with it', async () => {
    endpoint.answerWith(500, 500)
    await topics.subscribe('s', endpoint.origin)
    await topics.publish('a')
    await pushes(1)
    await failedOnce(topics.clock.now() + 10_000)
    await topics.ask('DELETE', '/topics/t')
    await delivered()
    await eventually('nothing left of it', async () => {
      const left = await topics.records.list<unknown>({ prefix: 'queues/', limit: 100 })
      return left.every(({ key }) => key === 'queues/signing-key')
    })
    assert.equal((await topics.publish('b')).status, 404)
  })
})

it('a message that those who have to know of it have no room for is refused, and nobody gets it', async () => {
  const full = await runningTopics({
    listeners: {
      announce: async () => {
        throw new AnnouncementsFull('too many wait')
      },
    },
  })
  try {
    await full.ask('PUT', '/topics/t', '<Topic/>')
    const { status, body } = await full.publish('a')
    assert.equal(status, 503)
    assert.match(body, /<Code>ServiceBusy<.*too many wait/s)
    assert.deepEqual(await full.records.list({ prefix: 'queues/payload/', limit: 1 }), [])
  } finally {
    await full.stop()
  }
})

describe('a queue that subscribes', () => {
  const receive = (name: string) =>
    topics.queues.use(name, (queue) => queue.receive({ limit: 16, waitMs: 0, signal: never }))

  it('gets each message once', async () => {
    await topics.ask('PUT', '/queues/inbox')
    await topics.subscribe(
      's',
      topics.queueEndpoint('inbox'),
      '<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat>',
    )
    const bodies = Array.from({ length: 12 }, (_, index) => `m${index}`)
    for (const body of bodies) assert.equal((await topics.publish(body)).status, 201)
    await delivered()
    const received = await receive('inbox')
    assert.deepEqual(received.map(({ body }) => body).sort(), bodies.toSorted())
  })

  it('may be made later than the subscription', async () => {
    await topics.subscribe(
      's',
      topics.queueEndpoint('late'),
      '<NotifyContentFormat>JSON</NotifyContentFormat>',
    )
    await topics.publish('a')
    await failedOnce(topics.clock.now() + 10_000)
    await topics.ask('PUT', '/queues/late')
    topics.clock.advance(10_000)
    await delivered()
    const [message] = await receive('late')
    assert.equal(JSON.parse(message!.body).Message, 'a')
  })
})

describe('a push for a subscription that was made by temporary credentials', () => {
  const session: Principal = { is: 'role', roleName: 'r', roleId: '3', sessionName: 'f' }
  const everything = { access: { mayDo: () => true } }
  /** As if `public.example` had stood for another address when it was subscribed. */
  const toLoopback: LookupFunction = (_, { all }, callback) => {
    if (all) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  }
  let own: Awaited<ReturnType<typeof runningTopics>>
  beforeEach(async () => {
    own = await runningTopics({ ...everything, resolve: toLoopback })
    await own.ask('PUT', '/topics/t')
  })
  afterEach(() => own.stop())
  const named = () => endpoint.origin.replace('127.0.0.1', 'public.example')

  it('may name no address that is not public, and nothing is subscribed', async () => {
    own.callAs(session)
    for (const host of ['127.0.0.1', '127.1', '[::1]', '169.254.169.254', '10.1.2.3']) {
      const { status, body } = await own.subscribe('s', `http://${host}:${new URL(endpoint.origin).port}/`)
      assert.equal(status, 400, host)
      assert.match(body, /<Code>EndpointInvalid</)
    }
    assert.match((await own.ask('GET', '/topics/t/subscriptions/s')).body, /SubscriptionNotExist/)
    assert.equal((await own.subscribe('s', 'http://1.1.1.1/')).status, 201)
  })

  it('goes to no name that stands for such an address, also over a connection that is there already', async () => {
    await own.subscribe('by-key', `${named()}/key`)
    own.callAs(session)
    await own.subscribe('by-session', `${named()}/session`)
    await own.publish('hello')
    await eventually('a push', () => endpoint.pushed.length === 1)
    // As many attempts as there are, ten seconds apart.
    for (let attempt = 1; attempt <= 3; attempt++) {
      await eventually(`failure ${attempt}`, async () => {
        const due = await own.records.list({ prefix: 'queues/due/', limit: 10 })
        return due.length === 1 && due[0]!.key.includes(String(own.clock.now() + 10_000))
      })
      own.clock.advance(10_000)
    }
    await eventually('no delivery that waits', async () => (await own.waiting()) === 0)
    assert.deepEqual(
      endpoint.pushed.map(({ target }) => target),
      ['/key'],
    )
    assert.deepEqual(own.warned, ['a message of a topic was given up'])
  })

  it('goes there when a key asks for the same subscription', async () => {
    own.callAs(session)
    assert.equal((await own.subscribe('s', `${named()}/`)).status, 201)
    own.callAs({ is: 'user', userName: 'ann', userId: '21' })
    assert.equal((await own.subscribe('s', `${named()}/`)).status, 204)
    own.callAs(session)
    assert.equal((await own.subscribe('s', `${named()}/`)).status, 204)
    await own.publish('hello')
    await eventually('a push', () => endpoint.pushed.length === 1)
  })
})

describe('a push that is answered with a redirect', () => {
  it('has failed', async () => {
    const other = await subscriber()
    try {
      endpoint.redirectTo(`${other.origin}/elsewhere`)
      await topics.subscribe('s', `${endpoint.origin}/`)
      await topics.publish('hello')
      await pushes(1)
      await eventually('a failure', async () => (await topics.waiting()) === 1)
      assert.deepEqual(other.pushed, [])
    } finally {
      await other.stop()
    }
  })
})
