/** Dead letters, by the control plane's API (`Mns-open` 2022-01-19) and the vendor's generic client for it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { type Platform, startPlatform } from '../../platform.fixture.ts'
import { type Caller, type CallOptions, call as callAs } from './control-plane.fixture.ts'
import { ask, field, mnsClient } from './queues.fixture.ts'

describe('the control plane', () => {
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

  const call = (action: string, query: object, { version, ...more }: CallOptions & Partial<Caller> = {}) =>
    callAs(platform, { ...platform, ...more }, action, query, version === undefined ? {} : { version })

  it('moves what was received too often to another queue', async () => {
    await mns.createQueue('dead')
    const created = await call('CreateQueue', {
      QueueName: 'work',
      VisibilityTimeout: '1',
      'DlqPolicy.Enabled': 'true',
      'DlqPolicy.DeadLetterTargetQueue': 'dead',
      'DlqPolicy.MaxReceiveCount': '2',
    })
    assert.deepEqual([created.Code, created.Success, created.Status], [200, true, 'Success'])
    const { Data } = await call('GetQueueAttributes', { QueueName: 'work' })
    assert.equal(Data.VisibilityTimeout, 1)
    assert.deepEqual(Data.DlqPolicy, { Enabled: true, DeadLetterTargetQueue: 'dead', MaxReceiveCount: '2' })

    await mns.sendMessage('work', { MessageBody: 'poison', Priority: 3 })
    // Not by the SDK: it shares sockets with the other client, whose timers end what takes long on them.
    const receive = (queue: string) =>
      ask(platform, { method: 'GET', target: `/queues/${queue}/messages?waitseconds=3` })
    for (const count of ['1', '2']) assert.equal(field(await receive('work'), 'DequeueCount'), count)
    assert.equal((await receive('work')).code, 'MessageNotExist')
    const dead = await receive('dead')
    assert.deepEqual(
      ['MessageBody', 'DequeueCount', 'Priority'].map((name) => field(dead, name)),
      ['poison', '1', '3'],
    )
    const { body: left } = await mns.getQueueAttributes('work')
    assert.deepEqual([left.ActiveMessages, left.InactiveMessages], ['0', '0'])
  })

  it('changes a policy and ends it, and deletes queues', async () => {
    await call('CreateQueue', { QueueName: 'changing' })
    const policy = JSON.stringify({ Enabled: true, DeadLetterTargetQueue: 'dead', MaxReceiveCount: 5 })
    await call('SetQueueAttributes', { QueueName: 'changing', DlqPolicy: policy })
    const policyOf = async () => (await call('GetQueueAttributes', { QueueName: 'changing' })).Data.DlqPolicy
    assert.equal((await policyOf()).MaxReceiveCount, '5')
    await call('SetQueueAttributes', { QueueName: 'changing', DelaySeconds: 3 })
    assert.equal((await policyOf()).MaxReceiveCount, '5')
    await call('SetQueueAttributes', { QueueName: 'changing', 'DlqPolicy.Enabled': 'false' })
    assert.deepEqual(await policyOf(), { Enabled: false })
    await call('DeleteQueue', { QueueName: 'changing' })
    await assert.rejects(call('GetQueueAttributes', { QueueName: 'changing' }), { code: 'QueueNotExist' })
  })

  const cases: [string, () => Promise<unknown>, string][] = [
    [
      'a policy for itself',
      () =>
        call('CreateQueue', {
          QueueName: 'a',
          DlqPolicy: '{"Enabled":true,"DeadLetterTargetQueue":"a","MaxReceiveCount":1}',
        }),
      'InvalidArgument',
    ],
    [
      'a policy without a count',
      () =>
        call('CreateQueue', { QueueName: 'a', DlqPolicy: '{"Enabled":true,"DeadLetterTargetQueue":"b"}' }),
      'InvalidArgument',
    ],
    [
      'a policy that is no object',
      () => call('CreateQueue', { QueueName: 'a', DlqPolicy: '[' }),
      'InvalidArgument',
    ],
    ['a queue without a name', () => call('CreateQueue', {}), 'MissingParameter'],
    ['a FIFO queue', () => call('CreateQueue', { QueueName: 'a', QueueType: 'fifo' }), 'NotImplemented'],
    [
      'a rate limit without a rate',
      () => call('CreateQueue', { QueueName: 'a', 'TenantRateLimitPolicy.Enabled': 'true' }),
      'InvalidArgument',
    ],
    ['an operation that is not built', () => call('SetAccountAttributes', {}), 'NotImplemented'],
    ['an operation that nobody knows', () => call('Frobnicate', {}), 'InvalidAction.NotFound'],
    [
      'another version',
      () => call('CreateQueue', { QueueName: 'a' }, { version: '2015-06-06' }),
      'InvalidVersion',
    ],
    [
      'a key that nobody knows',
      () => call('CreateQueue', { QueueName: 'a' }, { accessKeyId: 'LTAInobody' }),
      'InvalidAccessKeyId.NotFound',
    ],
    [
      'another secret',
      () => call('CreateQueue', { QueueName: 'a' }, { accessKeySecret: 'guessed' }),
      'SignatureDoesNotMatch',
    ],
  ]
  for (const [name, act, code] of cases) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(act(), { code })
      await assert.rejects(mns.getQueueAttributes('a'), { name: 'MNSQueueNotExistError' })
    })
  }
})
