/** From the vendor's management SDK to functions of the platform, called by anybody and by an app that signs. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFunction, httpTrigger, type Sdk } from '../../clients.fixture.ts'
import { http, sharedPlatform } from '../conformance.fixture.ts'
import {
  allow,
  appClient,
  call,
  deployedApi,
  echoFunction,
  errorOf,
  eventService,
  managementClient,
  newApp,
  newGroup,
  urlOf,
} from './gateway.fixture.ts'

let client: Sdk
const bed = sharedPlatform({}, async ({ platform, client: functions }) => {
  client = managementClient(platform, platform)
  await echoFunction(functions, 'echo')
})

describe('an event function behind an API', () => {
  test('is called by anybody, with the vendor’s event', async () => {
    const { groupId, subDomain } = await newGroup(client)
    await deployedApi(client, {
      groupId,
      apiName: 'get_user',
      path: '/users/[userId]',
      service: eventService('echo'),
      requestParameters: [
        { ApiParameterName: 'userId', Location: 'PATH', ParameterType: 'String', Required: 'REQUIRED' },
        { ApiParameterName: 'page', Location: 'QUERY', ParameterType: 'Int', Required: 'OPTIONAL' },
      ],
    })
    const { status, headers, text } = await call(bed, groupId, '/users/a%20b?page=3&other=1')
    assert.equal(status, 200, text)
    assert.equal(headers['x-from'], 'function')
    assert.match(String(headers['x-ca-request-id']), /^[0-9A-F-]{36}$/)
    const event = JSON.parse(text)
    assert.deepEqual(
      [
        event.path,
        event.httpMethod,
        event.queryParameters,
        event.pathParameters,
        event.body,
        event.isBase64Encoded,
      ],
      ['/users/a%20b', 'GET', { page: '3' }, { userId: 'a b' }, '', false],
    )
    assert.equal(event.headers['X-Ca-Request-Id'], headers['x-ca-request-id'])

    // By the domain of the group, as on the cloud.
    const byHost = await http(bed.platform.endpoints.gateway, {
      path: '/users/1',
      headers: { host: subDomain },
    })
    assert.deepEqual(JSON.parse(byHost.text).pathParameters, { userId: '1' })
    const ofCloud = await http(bed.platform.endpoints.gateway, {
      path: '/users/2',
      headers: { host: `${groupId}-cn-hangzhou.alicloudapi.com` },
    })
    assert.deepEqual(JSON.parse(ofCloud.text).pathParameters, { userId: '2' })
  })

  test('is called by an app that signs as the vendor’s client does, and by no other', async () => {
    const { groupId } = await newGroup(client)
    const post = { groupId, authType: 'APP', method: 'POST', path: '/orders', service: eventService('echo') }
    const apiId = await deployedApi(client, {
      ...post,
      apiName: 'post_order',
      request: { RequestMode: 'PASSTHROUGH' },
    })
    const app = await newApp(client)
    const url = `${urlOf(bed.platform, groupId)}/orders`
    const send = (sender: { appKey: string; appSecret: string }) =>
      appClient(sender).post(url, {
        data: { dish: '面' },
        query: { q: '是', b: '' },
        signHeaders: { 'x-own': '1' },
      })
    await assert.rejects(send(app), (error: Sdk) => {
      assert.deepEqual([error.code, error.data.headers['x-ca-error-code']], [403, 'I403AA'])
      return true
    })
    await allow(client, { groupId, apiId, appId: app.appId })
    const event = await send(app)
    assert.deepEqual(
      [JSON.parse(event.body), event.queryParameters, event.headers['x-own']],
      [{ dish: '面' }, { q: '是', b: '' }, '1'],
    )
    assert.equal(
      Object.keys(event.headers).some((name) => /^x-ca-(signature|key|nonce)/i.test(name)),
      false,
    )

    await assert.rejects(send({ ...app, appSecret: 'wrong' }), (error: Sdk) => {
      assert.equal(error.code, 403)
      assert.match(error.message, /Invalid Signature, Server StringToSign:`POST#application\/json#/)
      return true
    })
    const unsigned = await http(url, { method: 'POST', body: '{}' })
    assert.deepEqual(errorOf(unsigned).slice(0, 2), [400, 'A400MA'])
  })
})

test('a function with an HTTP trigger is passed the request, and its answer comes back as it is', async () => {
  const source = `exports.handler = async (event) => {
    const { rawPath, headers, queryParameters, body, requestContext } = JSON.parse(event)
    return { statusCode: 201, headers: { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] },
      body: [requestContext.http.method, rawPath, JSON.stringify(queryParameters), headers['X-Tenant'], body].join(' ') }
  }`
  await createFunction(bed.client, { functionName: 'web', files: { 'index.js': source } })
  const fcBaseUrl = await httpTrigger(bed.client, bed.platform, 'web')
  const { groupId } = await newGroup(client)
  await deployedApi(client, {
    groupId,
    apiName: 'put_thing',
    method: 'PUT',
    path: '/things/[id]',
    service: {
      ServiceProtocol: 'FunctionCompute',
      FunctionComputeConfig: {
        FcType: 'HttpTrigger',
        FcVersion: '3.0',
        FcBaseUrl: fcBaseUrl,
        Path: '/v1/[id]/save',
        Method: 'POST',
      },
    },
    requestParameters: [
      { ApiParameterName: 'id', Location: 'PATH', Required: 'REQUIRED' },
      { ApiParameterName: 'dry', Location: 'QUERY' },
    ],
    constantParameters: [{ ServiceParameterName: 'X-Tenant', ConstantValue: 'red', Location: 'HEAD' }],
  })
  const { status, headers, text } = await call(bed, groupId, '/things/7?dry=yes', {
    method: 'PUT',
    body: 'hi',
  })
  assert.equal(status, 201, text)
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(text, 'POST /v1/7/save {"dry":"yes"} red hi')
})

test('what is not there is refused with the vendor’s codes', async () => {
  const { groupId } = await newGroup(client)
  await deployedApi(client, { groupId, apiName: 'get_it', path: '/it', service: eventService('none') })
  assert.deepEqual(errorOf(await call(bed, groupId, '/other')).slice(0, 2), [404, 'I404NF'])
  assert.deepEqual(errorOf(await call(bed, groupId, '/it', { method: 'POST' })).slice(0, 2), [404, 'I404NF'])
  assert.deepEqual(errorOf(await call(bed, groupId, '/it')).slice(0, 2), [404, 'I404NF'])
  const ghost = await http(bed.platform.endpoints.gateway)
  assert.deepEqual(errorOf(ghost).slice(0, 2), [404, 'I404DO'])
  const headers = { 'x-ca-stage': 'LIVE' }
  assert.deepEqual(errorOf(await call(bed, groupId, '/it', { headers })).slice(0, 2), [400, 'I400SG'])
})
