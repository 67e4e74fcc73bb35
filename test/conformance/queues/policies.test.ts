/** Policies in front of queues and topics: what users and sessions of roles may do with which. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import {
  administered,
  type Keys,
  role,
  stsClient,
  stsModels,
  system,
  user,
} from '../identity/identity.fixture.ts'
import { ossClient } from '../objects/objects.fixture.ts'
import { call as callAs } from './control-plane.fixture.ts'
import { ask, mnsClient } from './queues.fixture.ts'

let platform: Platform
let owner: Sdk
before(async () => {
  platform = await startPlatform({ sandbox: 'process' })
  owner = mnsClient(platform)
})
after(async () => {
  assert.doesNotMatch(platform.log(), /a defect of ours/)
  await platform?.remove()
})

const clientOf = ({ accessKeyId, accessKeySecret, securityToken }: Keys): Sdk =>
  mnsClient(
    { ...platform, accessKeyId, accessKeySecret },
    securityToken === undefined ? {} : { securityToken },
  )

const statement = (Effect: string, Action: string | string[], ...paths: string[]) => ({
  Effect,
  Action,
  Resource: paths.map((path) => `acs:mns:*:*:${path}`),
})
const allow = (Action: string | string[], ...paths: string[]) => statement('Allow', Action, ...paths)
const deny = (Action: string | string[], ...paths: string[]) => statement('Deny', Action, ...paths)

const refused = async (answer: Promise<unknown>): Promise<void> => {
  const error = await answer.then(
    () => assert.fail('it was not refused'),
    (thrown: Error) => thrown,
  )
  assert.equal(error.name, 'MNSAccessDeniedError', error.message)
  assert.match(
    error.message,
    /failed with 403\..*The OwnerId that your Access Key Id associated to is forbidden for this operation\.$/,
  )
}
/** Of what the SDK has no method for: the code of an error, or the status. */
const codeOf = async (keys: Keys, method: string, target: string, body = ''): Promise<string | number> => {
  const { accessKeyId, accessKeySecret } = keys
  const { code, status } = await ask(platform, { method, target, body, accessKeyId, accessKeySecret })
  return code ?? status
}
const bodies = async (queueName: string): Promise<string[]> => {
  const peeked = await owner.batchPeekMessage(queueName, 16).catch((error: Error) => {
    assert.equal(error.name, 'MNSMessageNotExistError')
    return { body: [] }
  })
  return peeked.body.map(({ MessageBody }: Sdk) => MessageBody)
}

describe('a user of queues and topics', () => {
  test('without a policy is refused everything, and learns of no queue whether it is there', async () => {
    await owner.createQueue('there')
    await owner.createTopic('there')
    const keys = await user(platform, 'mns-nobody', [])
    const client = clientOf(keys)
    await refused(client.listQueue())
    await refused(client.listTopic())
    for (const name of ['there', 'nowhere']) {
      await refused(client.createQueue(name))
      await refused(client.getQueueAttributes(name))
      await refused(client.sendMessage(name, { MessageBody: 'x' }))
      await refused(client.receiveMessage(name, 1))
      await refused(client.deleteMessage(name, 'handle'))
      await refused(client.deleteQueue(name))
      await refused(client.getTopicAttributes(name))
      await refused(client.publishMessage(name, { MessageBody: 'x' }))
      assert.equal(await codeOf(keys, 'DELETE', `/topics/${name}`), 'AccessDenied')
    }
    assert.deepEqual(await bodies('there'), [])
  })

  test('may what is allowed for queues of these names, and is denied what is denied for some of them', async () => {
    for (const name of ['jobs-1', 'jobs-secret', 'mail']) await owner.createQueue(name)
    const client = clientOf(
      await user(platform, 'mns-clerk', [
        allow(['mns:SendMessage', 'mns:PeekMessage'], '/queues/jobs-*/messages'),
        allow('mns:*', '/queues/jobs-secret', '/queues/jobs-secret/*'),
        deny('mns:*', '/queues/*secret*'),
      ]),
    )
    await client.sendMessage('jobs-1', { MessageBody: 'one' })
    const batch = ['two', 'three'].map((MessageBody) => ({ MessageBody }))
    await client.batchSendMessage('jobs-1', batch)
    assert.equal((await client.batchPeekMessage('jobs-1', 16)).body.length, 3)
    await refused(client.receiveMessage('jobs-1', 1))
    await refused(client.batchReceiveMessage('jobs-1', 2, 1))
    await refused(client.getQueueAttributes('jobs-1'))
    for (const name of ['jobs-secret', 'mail']) {
      await refused(client.sendMessage(name, { MessageBody: 'x' }))
      await refused(client.batchSendMessage(name, batch))
      assert.deepEqual(await bodies(name), [])
    }
    // What can be told of a queue is not what can be told of its messages.
    await refused(client.deleteQueue('jobs-1'))
  })

  test('deletes messages, one or many, by one right', async () => {
    await owner.createQueue('done')
    const receives = ['mns:ReceiveMessage', 'mns:DeleteMessage']
    const client = clientOf(await user(platform, 'mns-worker', [allow(receives, '/queues/done/messages')]))
    const reader = clientOf(
      await user(platform, 'mns-reader', [allow(receives[0]!, '/queues/done/messages')]),
    )
    for (let count = 0; count < 3; count++) await owner.sendMessage('done', { MessageBody: `${count}` })
    const received = await client.batchReceiveMessage('done', 3, 1)
    const [first, ...others] = received.body.map(({ ReceiptHandle }: Sdk) => ReceiptHandle)
    await refused(reader.deleteMessage('done', first))
    await refused(reader.batchDeleteMessage('done', others))
    await refused(client.changeMessageVisibility('done', first, 5))
    await client.deleteMessage('done', first)
    await client.batchDeleteMessage('done', others)
    const { body } = await owner.getQueueAttributes('done')
    assert.equal(String(body.InactiveMessages), '0')
  })

  test('publishes, and subscribes queues that they may send messages to', async () => {
    await owner.createTopic('news')
    for (const name of ['inbox', 'others']) await owner.createQueue(name)
    const keys = await user(platform, 'mns-editor', [
      allow('mns:PublishMessage', '/topics/news/messages'),
      allow(['mns:Subscribe', 'mns:ListSubscriptionByTopic'], '/topics/news/subscriptions*'),
      allow('mns:SendMessage', '/queues/inbox/messages'),
    ])
    const client = clientOf(keys)
    const subscriptions = '/topics/news/subscriptions'
    const subscribe = (name: string) => {
      const endpoint = `acs:mns:${platform.region}:${platform.accountId}:queues/${name}`
      return codeOf(
        keys,
        'PUT',
        `${subscriptions}/to-${name}`,
        `<Subscription><Endpoint>${endpoint}</Endpoint><NotifyContentFormat>SIMPLIFIED</NotifyContentFormat></Subscription>`,
      )
    }
    assert.equal(await subscribe('others'), 'AccessDenied')
    assert.equal(await subscribe('nowhere'), 'AccessDenied')
    assert.equal(await subscribe('inbox'), 201)
    await client.publishMessage('news', { MessageBody: 'extra' })
    const { body } = await owner.receiveMessage('inbox', 10)
    assert.equal(body.MessageBody, 'extra')
    assert.deepEqual(await bodies('others'), [])
    assert.equal(await codeOf(keys, 'GET', subscriptions), 200)
    assert.equal(await codeOf(keys, 'GET', `${subscriptions}/to-inbox`), 'AccessDenied')
    assert.equal(await codeOf(keys, 'DELETE', `${subscriptions}/to-inbox`), 'AccessDenied')
    await refused(client.createTopic('newer'))
  })

  test('may what the policies of the system say', async () => {
    await owner.createQueue('shared')
    const client = clientOf(await user(platform, 'mns-system', [], ['AliyunMNSReadOnlyAccess']))
    assert.equal((await client.getQueueAttributes('shared')).body.QueueName, 'shared')
    await client.listQueue()
    await refused(client.peekMessage('shared'))
    await refused(client.sendMessage('shared', { MessageBody: 'x' }))
    await administered(platform, 'PUT', 'users/mns-system', { policies: [system('AliyunMNSFullAccess')] })
    await client.sendMessage('shared', { MessageBody: 'x' })
    assert.deepEqual(await bodies('shared'), ['x'])
  })

  test('is held to conditions, by either signature', async () => {
    await owner.createQueue('guarded')
    const keys = await user(platform, 'mns-guarded', [
      {
        ...allow('mns:GetQueueAttributes', '/queues/guarded'),
        Condition: { IpAddress: { 'acs:SourceIp': '127.0.0.0/8' } },
      },
      { ...deny('mns:*', '*'), Condition: { Bool: { 'acs:SecureTransport': 'true' } } },
      {
        ...allow('mns:SendMessage', '/queues/guarded/messages'),
        Condition: { NotIpAddress: { 'acs:SourceIp': '127.0.0.0/8' } },
      },
    ])
    for (const version of ['v2', 'v4'] as const) {
      const asked = { ...keys, version }
      assert.equal((await ask(platform, { ...asked, method: 'GET', target: '/queues/guarded' })).status, 200)
      const target = '/queues/guarded/messages'
      const body = '<Message><MessageBody>x</MessageBody></Message>'
      assert.equal((await ask(platform, { ...asked, method: 'POST', target, body })).code, 'AccessDenied')
    }
  })
})

describe('a session of a role with queues', () => {
  test('may what both the role and the policy of the session allow', async () => {
    for (const name of ['night-1', 'night-2']) await owner.createQueue(name)
    const assumer = await user(platform, 'mns-assumer', [], ['AliyunSTSAssumeRoleAccess'])
    const roleArn = await role(platform, 'MnsNight', {
      trusts: { RAM: [`acs:ram::${platform.accountId}:user/mns-assumer`] },
      statements: [allow('mns:SendMessage', '/queues/night-*/messages')],
    })
    const policy = JSON.stringify({
      Version: '1',
      Statement: [allow('mns:*', '/queues/night-1', '/queues/night-1/messages')],
    })
    const { body } = await stsClient(platform, assumer).assumeRole(
      new stsModels.AssumeRoleRequest({ roleArn, roleSessionName: 'night', policy }),
    )
    const client = clientOf(body.credentials)
    await client.sendMessage('night-1', { MessageBody: 'x' })
    await refused(client.sendMessage('night-2', { MessageBody: 'x' }))
    await refused(client.deleteQueue('night-1'))
    assert.deepEqual([await bodies('night-1'), await bodies('night-2')], [['x'], []])
  })
})

describe('a user of the control plane', () => {
  const call = (keys: Keys, action: string, query: object): Promise<{ code: string; data?: Sdk }> =>
    callAs(platform, keys, action, query).then(
      ({ Data }: Sdk) => ({ code: 'Success', data: Data }),
      ({ code }: Sdk) => ({ code }),
    )

  test('has the rights of the other API on the queue, and on the queue for what is dead', async () => {
    const dlqPolicy = (DeadLetterTargetQueue: string) =>
      JSON.stringify({ Enabled: true, DeadLetterTargetQueue, MaxReceiveCount: 1 })
    const keys = await user(platform, 'mns-controller', [
      allow(['mns:CreateQueue', 'mns:GetQueueAttributes', 'mns:SetQueueAttributes'], '/queues/mine-*'),
      allow('mns:SendMessage', '/queues/mine-dead/messages'),
    ])
    const codeOf = async (action: string, query: object) => (await call(keys, action, query)).code
    assert.equal(await codeOf('CreateQueue', { QueueName: 'yours' }), 'AccessDenied')
    assert.equal(await codeOf('CreateQueue', { QueueName: 'mine-dead' }), 'Success')
    const created = { QueueName: 'mine-1', DlqPolicy: dlqPolicy('yours') }
    assert.equal(await codeOf('CreateQueue', created), 'AccessDenied')
    assert.equal(await codeOf('GetQueueAttributes', { QueueName: 'mine-1' }), 'QueueNotExist')
    assert.equal(await codeOf('CreateQueue', { ...created, DlqPolicy: dlqPolicy('mine-dead') }), 'Success')
    assert.equal(await codeOf('SetQueueAttributes', created), 'AccessDenied')
    const { data } = await call(keys, 'GetQueueAttributes', { QueueName: 'mine-1' })
    assert.equal(data.DlqPolicy.DeadLetterTargetQueue, 'mine-dead')
    assert.equal(await codeOf('DeleteQueue', { QueueName: 'mine-1' }), 'AccessDenied')
    assert.equal(await codeOf('DeleteQueue', { QueueName: 'nowhere' }), 'AccessDenied')
    assert.equal((await call(platform, 'DeleteQueue', { QueueName: 'mine-1' })).code, 'Success')
  })
})

describe('pushes of topics', () => {
  const pushed: string[] = []
  const application = createServer((message, response) => {
    pushed.push(message.url!)
    response.writeHead(204).end()
  })
  let port = 0
  before(async () => {
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    port = (application.address() as AddressInfo).port
  })
  after(() => void application.close().closeAllConnections())

  const subscribe = (asked: Keys & { platform: Platform }, name: string, endpoint: string) =>
    ask(asked.platform, {
      method: 'PUT',
      target: `/topics/pushes/subscriptions/${name}`,
      body: `<Subscription><Endpoint>${endpoint}</Endpoint></Subscription>`,
      accessKeyId: asked.accessKeyId,
      accessKeySecret: asked.accessKeySecret,
      ...(asked.securityToken === undefined ? {} : { headers: { 'security-token': asked.securityToken } }),
    })

  test('go to this machine for a user, and not for a session of a role, whatever names it', async () => {
    await owner.createTopic('pushes')
    const everything = [{ Effect: 'Allow', Action: ['mns:*', 'sts:AssumeRole'], Resource: '*' }]
    const ann = { platform, ...(await user(platform, 'mns-pusher', everything)) }
    const roleArn = await role(platform, 'MnsPusher', {
      trusts: { RAM: [`acs:ram::${platform.accountId}:user/mns-pusher`] },
      statements: everything,
    })
    const assumed = await stsClient(platform, ann).assumeRole(
      new stsModels.AssumeRoleRequest({ roleArn, roleSessionName: 'pusher' }),
    )
    const session = { platform, ...assumed.body.credentials }
    for (const host of ['127.0.0.1', '2130706433', '[::1]', '169.254.169.254'])
      assert.equal((await subscribe(session, 'x', `http://${host}:${port}/session`)).code, 'EndpointInvalid')
    assert.equal((await subscribe(session, 'named', `http://localhost:${port}/session`)).status, 201)
    assert.equal((await subscribe(ann, 'ours', `http://localhost:${port}/user`)).status, 201)
    for (let count = 1; count <= 3; count++) {
      const arrived = once(application, 'request')
      await owner.publishMessage('pushes', { MessageBody: 'hello' })
      await arrived
    }
    assert.deepEqual([...new Set(pushed)], ['/user'])
  })

  test('and upload callbacks go to this machine for nobody where the platform was told so', async () => {
    const strict = await startPlatform({
      sandbox: 'process',
      environment: { HANSHU_PRIVATE_TARGETS: 'nobody' },
    })
    try {
      await mnsClient(strict).createTopic('pushes')
      const { accessKeyId, accessKeySecret } = strict
      const asked = { platform: strict, accessKeyId, accessKeySecret }
      const refused = await subscribe(asked, 'x', `http://127.0.0.1:${port}/`)
      assert.equal(refused.code, 'EndpointInvalid')
      const oss = ossClient(strict)
      await oss.putBucket('told')
      oss.useBucket('told')
      const callback = { url: `http://127.0.0.1:${port}/`, body: 'a' }
      await assert.rejects(oss.put('k', Buffer.from('k'), { callback }), {
        code: 'InvalidArgument',
        message: 'Private address is forbidden to callback.',
      })
      await assert.rejects(oss.head('k'), { code: 'NoSuchKey' })
    } finally {
      await strict.remove()
    }
  })
})
