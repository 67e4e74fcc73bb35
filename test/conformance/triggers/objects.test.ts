/** `oss` triggers: written by `ali-oss`, seen by functions as the vendor's samples have it. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createFunction, fc2Client, invoke, type Sdk, zipOf } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { api, assertRefused, requestWith, sharedPlatform } from '../conformance.fixture.ts'
import { role } from '../identity/identity.fixture.ts'
import { ossClient } from '../objects/objects.fixture.ts'
import { createTrigger, eventsOf, recorder, recordingFunction, someEvents } from './triggers.fixture.ts'

const bed = sharedPlatform({ sandbox: 'process' })
let oss: Sdk
const sourceArn = (bucket: string) => `acs:oss:cn-hangzhou:${bed.platform.accountId}:${bucket}`
const ossTrigger = (functionName: string, bucket: string, config: object, fields: object = {}) =>
  createTrigger(bed.client, functionName, {
    triggerName: 'uploads',
    triggerType: 'oss',
    sourceArn: sourceArn(bucket),
    triggerConfig: JSON.stringify(config),
    ...fields,
  })
const created = { events: ['oss:ObjectCreated:*'], filter: { key: { prefix: 'in/', suffix: '.jpg' } } }

interface ObjectEvents {
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document
  events: any[]
}
const objectsSeen = async (functionName: string, count: number) =>
  (await someEvents(bed.platform, functionName, count)).map(
    ({ event }) => (JSON.parse(event.toString()) as ObjectEvents).events[0],
  )

describe('a trigger of a bucket', () => {
  before(async () => {
    oss = ossClient(bed.platform)
    await oss.putBucket('pictures')
    oss.useBucket('pictures')
  })

  test('gives the function the event of the vendor, of what its rule means and of nothing else', async () => {
    const { client, platform } = bed
    await recordingFunction(client, 'seen')
    const { body } = await ossTrigger('seen', 'pictures', created)
    assert.equal(body.triggerType, 'oss')
    assert.equal(body.sourceArn, sourceArn('pictures'))
    assert.deepEqual(JSON.parse(body.triggerConfig), created)
    await oss.put('in/a.png', Buffer.from('no'))
    await oss.put('out/a.jpg', Buffer.from('no'))
    const put = await oss.put('in/a.jpg', Buffer.from('hello'))
    const [event] = await objectsSeen('seen', 1)
    assert.deepEqual(Object.keys(event), [
      'eventName',
      'eventSource',
      'eventTime',
      'eventVersion',
      'oss',
      'region',
      'requestParameters',
      'responseElements',
      'userIdentity',
    ])
    const { eventTime, oss: { ruleId, ...seen }, ...rest } = event // biome-ignore format: one line
    assert.match(eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    assert.match(ruleId, /^[0-9a-f]{40}$/)
    assert.deepEqual(rest, {
      eventName: 'ObjectCreated:PutObject',
      eventSource: 'acs:oss',
      eventVersion: '1.0',
      region: 'cn-hangzhou',
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { requestId: put.res.headers['x-oss-request-id'] },
      userIdentity: { principalId: platform.accountId },
    })
    assert.deepEqual(seen, {
      bucket: {
        arn: sourceArn('pictures'),
        name: 'pictures',
        ownerIdentity: platform.accountId,
        virtualBucket: '',
      },
      object: {
        deltaSize: 5,
        eTag: '5D41402ABC4B2A76B9719D911017C592',
        key: 'in/a.jpg',
        objectMeta: { mimeType: 'image/jpeg' },
        size: 5,
      },
      ossSchemaVersion: '1.0',
    })
    assert.equal((await eventsOf(platform, 'seen')).length, 1)
  })

  test('tells each way in which objects are made, changed and removed', async () => {
    const { client } = bed
    await recordingFunction(client, 'each')
    await ossTrigger('each', 'pictures', {
      events: ['oss:ObjectCreated:*', 'oss:ObjectRemoved:*', 'oss:ObjectModified:*'],
      filter: { key: { prefix: 'each/' } },
    })
    const seen: [string, string, number][] = []
    const expect = async (name: string, key: string, delta: number) => {
      seen.push([name, key, delta])
      await until(async () => (await eventsOf(bed.platform, 'each')).length >= seen.length, { what: name })
    }
    await oss.put('each/a', Buffer.from('12345'))
    await expect('ObjectCreated:PutObject', 'each/a', 5)
    await oss.put('each/a', Buffer.from('12'))
    await expect('ObjectCreated:PutObject', 'each/a', -3)
    await oss.copy('each/b', 'each/a')
    await expect('ObjectCreated:CopyObject', 'each/b', 2)
    await oss.putMeta('each/b', { uid: 1 })
    await expect('ObjectModified:UpdateObjectMeta', 'each/b', 0)
    await oss.append('each/c', Buffer.from('abc'))
    await expect('ObjectCreated:AppendObject', 'each/c', 3)
    await oss.append('each/c', Buffer.from('d'), { position: 3 })
    await expect('ObjectCreated:AppendObject', 'each/c', 1)
    await oss.putSymlink('each/l', 'each/a')
    await expect('ObjectCreated:PutSymlink', 'each/l', 0)
    const { uploadId } = await oss.initMultipartUpload('each/m')
    await expect('ObjectCreated:InitiateMultipartUpload', 'each/m', 0)
    const part = await oss.uploadPart('each/m', uploadId, 1, Buffer.from('part'), 0, 4)
    await expect('ObjectCreated:UploadPart', 'each/m', 4)
    await oss.completeMultipartUpload('each/m', uploadId, [{ number: 1, etag: part.etag }])
    await expect('ObjectCreated:CompleteMultipartUpload', 'each/m', 4)
    const other = await oss.initMultipartUpload('each/n')
    await expect('ObjectCreated:InitiateMultipartUpload', 'each/n', 0)
    await oss.abortMultipartUpload('each/n', other.uploadId)
    await expect('ObjectRemoved:AbortMultipartUpload', 'each/n', 0)
    await oss.delete('each/a')
    await expect('ObjectRemoved:DeleteObject', 'each/a', -2)
    await oss.delete('each/a')
    await oss.deleteMulti(['each/b', 'each/none'])
    await expect('ObjectRemoved:DeleteObjects', 'each/b', -2)
    const events = await objectsSeen('each', seen.length)
    assert.deepEqual(
      events.map(({ eventName, oss: { object } }) => [eventName, object.key, object.deltaSize]),
      seen,
    )
  })

  test('is refused for what it cannot be wired to, and for what it does not know', async () => {
    const { client } = bed
    await recordingFunction(client, 'refused')
    const refused = (fields: object, message: RegExp, code = 'InvalidArgument', status = 400) =>
      assertRefused(ossTrigger('refused', 'pictures', created, fields), status, code, message)
    await refused({ sourceArn: undefined }, /SourceArn is required/)
    await refused({ sourceArn: 'acs:oss:cn-hangzhou:1:pictures' }, /SourceArn is set to an invalid value/)
    await refused({ sourceArn: sourceArn('nowhere') }, /the bucket 'nowhere' of SourceArn does not exist/)
    await refused({ triggerConfig: '{}' }, /events/)
    await refused({ triggerConfig: '{"events":["oss:ObjectCreated:Magic"]}' }, /Magic/)
    await refused({ triggerConfig: '{"events":[' }, /not a JSON document/)
    await refused(
      { triggerConfig: '{"events":["oss:ObjectCreated:*"],"a":1}' },
      /triggerConfig.a/,
      'NotImplemented',
      501,
    )
  })

  test('waits while it is paused, and while its role may not invoke the function; then nothing is missing', async () => {
    const { client, platform } = bed
    await recordingFunction(client, 'waits')
    const invocationRole = await role(platform, 'notifier', { trusts: { Service: ['oss.aliyuncs.com'] } })
    const config = { events: ['oss:ObjectCreated:PutObject'], filter: { key: { prefix: 'waits/' } } }
    await ossTrigger('waits', 'pictures', config, { invocationRole })
    const stateOf = async () => {
      const { text } = await api(platform, 'GET', '/hanshu/functions/waits/triggers/uploads')
      return JSON.parse(text)
    }
    await oss.put('waits/1', Buffer.from('1'))
    const denied = await until(
      async () => {
        const state = await stateOf()
        return state.lastError !== undefined && state
      },
      { what: 'the refusal of the role' },
    )
    assert.equal(denied.waiting, 1)
    assert.match(
      denied.lastError.message,
      /role\/notifier' may not perform 'fc:InvokeFunction' on '.*functions\/waits'/,
    )
    assert.equal((await api(platform, 'PUT', '/hanshu/functions/waits/triggers/uploads/paused')).status, 204)
    await role(platform, 'notifier', {
      trusts: { Service: ['oss.aliyuncs.com'] },
      statements: [{ Effect: 'Allow', Action: 'fc:InvokeFunction', Resource: '*' }],
    })
    await oss.put('waits/2', Buffer.from('2'))
    const paused = await stateOf()
    assert.ok(paused.pausedTime)
    assert.equal(paused.waiting, 2)
    assert.deepEqual(await eventsOf(platform, 'waits'), [])
    assert.equal(
      (await api(platform, 'DELETE', '/hanshu/functions/waits/triggers/uploads/paused')).status,
      204,
    )
    const events = await objectsSeen('waits', 2)
    assert.deepEqual(events.map(({ oss: { object } }) => object.key).sort(), ['waits/1', 'waits/2'])
    await until(async () => (await stateOf()).waiting === 0, { what: 'an empty outbox' })
  })

  test('that is deleted tells nothing more, and one that is changed only what it means now', async () => {
    const { client, platform } = bed
    await recordingFunction(client, 'changes')
    await ossTrigger('changes', 'pictures', {
      events: ['oss:ObjectCreated:*'],
      filter: { key: { prefix: 'x/' } },
    })
    const config = { events: ['oss:ObjectCreated:*'], filter: { key: { prefix: 'y/' } } }
    await client.updateTrigger(
      'changes',
      'uploads',
      requestWith('UpdateTrigger', { triggerConfig: JSON.stringify(config) }),
    )
    await oss.put('x/1', Buffer.from('1'))
    await oss.put('y/1', Buffer.from('1'))
    const [event] = await objectsSeen('changes', 1)
    assert.equal(event.oss.object.key, 'y/1')
    await client.deleteTrigger('changes', 'uploads')
    await oss.put('y/2', Buffer.from('1'))
    await client.deleteFunction('changes')
    const { text } = await api(platform, 'GET', '/hanshu/functions/changes/triggers/uploads')
    assert.match(text, /FunctionNotFound/)
  })

  test('whose function writes to its bucket again and again is stopped, with a clear state', async () => {
    const { client, platform } = bed
    const roleArn = `acs:ram::${platform.accountId}:role/writer`
    const { port } = new URL(platform.endpoints.oss)
    await createFunction(client, {
      functionName: 'circle',
      role: roleArn,
      environmentVariables: { OSS: `http://127.0.0.1:${port}` },
      files: {
        'index.js': `
          const { createHmac } = require('node:crypto')
          const http = require('node:http')
          exports.handler = async (event, { credentials: { accessKeyId, accessKeySecret, securityToken } }) => {
            const n = Number(/circle\\/(\\d+)/.exec(event)[1]) + 1
            const date = new Date().toUTCString()
            const headers = { date, 'x-oss-security-token': securityToken }
            const text = ['PUT', '', '', date, 'x-oss-security-token:' + securityToken, '/pictures/circle/' + n].join('\\n')
            headers.authorization = 'OSS ' + accessKeyId + ':' + createHmac('sha1', accessKeySecret).update(text).digest('base64')
            const { hostname, port } = new URL(process.env.OSS)
            const status = await new Promise((resolve, reject) =>
              http.request({ host: hostname, port, method: 'PUT', path: '/pictures/circle/' + n, headers }, (response) => {
                response.resume().on('end', () => resolve(response.statusCode))
              }).on('error', reject).end())
            console.log('PUT ' + n + ' ' + status)
          }`,
      },
    })
    await ossTrigger('circle', 'pictures', {
      events: ['oss:ObjectCreated:*'],
      filter: { key: { prefix: 'circle/' } },
    })
    await oss.put('circle/0', Buffer.from('1'))
    const state = await until(
      async () => {
        const { text } = await api(platform, 'GET', '/hanshu/functions/circle/triggers/uploads')
        const found = JSON.parse(text)
        return found.lastError !== undefined && found
      },
      { what: 'the end of the circle' },
    )
    assert.match(state.lastError.message, /16 functions led here.*circle/)
    const letters = await api(platform, 'GET', '/hanshu/functions/circle/dead-letters')
    const [letter] = JSON.parse(letters.text).deadLetters
    assert.equal(letter.condition, 'RecursionLimit')
    const { objects } = await oss.listV2({ prefix: 'circle/', 'max-keys': 100 })
    assert.equal(objects.length, 18)
    assert.equal((await invoke(client, 'circle', 'circle/50')).statusCode, 200)
  })
})

describe('a trigger of a bucket, of a function in a service', () => {
  test('is made by the older API, with an object for its configuration, in the role that names the service', async () => {
    const { platform } = bed
    const client = fc2Client(platform)
    await client.createService('shop')
    await client.createFunction('shop', {
      functionName: 'old',
      runtime: 'nodejs20',
      handler: 'index.handler',
      code: { zipFile: await zipOf(recorder) },
    })
    const invocationRole = await role(platform, 'shop-notifier', {
      trusts: { Service: ['oss.aliyuncs.com'] },
      statements: [
        { Effect: 'Allow', Action: 'fc:InvokeFunction', Resource: 'acs:fc:*:*:services/shop*/functions/old' },
      ],
    })
    const { data } = await client.createTrigger('shop', 'old', {
      triggerName: 'uploads',
      triggerType: 'oss',
      sourceArn: sourceArn('pictures'),
      invocationRole,
      triggerConfig: {
        events: ['oss:ObjectCreated:PutObject'],
        filter: { key: { prefix: 'old/', suffix: '' } },
      },
    })
    assert.equal(data.triggerConfig.filter.key.prefix, 'old/')
    await oss.put('old/1', Buffer.from('1'))
    const [event] = await objectsSeen('shop$old', 1)
    assert.equal(event.oss.object.key, 'old/1')
  })
})
