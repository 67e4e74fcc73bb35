/** Backends: mocks, services by HTTP, functions by role; how far they may be away, and what becomes of those that fail. */
import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createFunction, httpTrigger, invoke, type Sdk } from '../../clients.fixture.ts'
import { sharedPlatform } from '../conformance.fixture.ts'
import { role } from '../identity/identity.fixture.ts'
import {
  call,
  createApiRequest,
  deployedApi,
  echoFunction,
  errorOf,
  eventService,
  managementClient,
  mockService,
  newGroup,
  refused,
  urlOf,
} from './gateway.fixture.ts'

let client: Sdk
const bed = sharedPlatform({}, async ({ platform, client: functions }) => {
  client = managementClient(platform, platform)
  await echoFunction(functions, 'echo')
})

test('a mock answers what it was told', async () => {
  const { groupId } = await newGroup(client)
  const service = mockService('{"a":1}', {
    MockStatusCode: 203,
    MockHeaders: [{ HeaderName: 'x-mock', HeaderValue: 'yes' }],
  })
  await deployedApi(client, { groupId, apiName: 'mocked', path: '/', service })
  const { status, headers, text } = await call(bed, groupId, '/')
  assert.deepEqual([status, headers['x-mock'], text], [203, 'yes', '{"a":1}'])
  const head = await call(bed, groupId, '/', { method: 'HEAD' })
  assert.deepEqual(errorOf(head).slice(0, 2), [404, 'I404NF'])
})

describe('a service by HTTP', () => {
  let address = ''
  let streamEnded = (): void => {}
  const servedOn = new WeakMap<object, number>()
  const server = createServer((request, response) => void serve(request, response))
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/base/slow')) return
    if (request.url?.startsWith('/base/stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
      response.once('close', () => streamEnded())
      return
    }
    if (request.url?.startsWith('/base/tired')) {
      // Every second request on a connection finds it closing.
      const served = servedOn.get(request.socket) ?? 0
      servedOn.set(request.socket, served + 1)
      if (served > 0) {
        request.socket.destroy()
        return
      }
    }
    if (request.url?.startsWith('/base/broken')) {
      request.socket.destroy()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers } = request
    response.writeHead(202, {
      'x-backend': 'here',
      'x-ca-error-code': 'FORGED',
      'set-cookie': ['a=1', 'b=2'],
    })
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
  }

  const service = (path: string, more: object = {}) => ({
    ServiceProtocol: 'HTTP',
    ServiceAddress: `${address}/base`,
    ServicePath: path,
    ServiceHttpMethod: 'POST',
    ServiceTimeout: 500,
    ...more,
  })

  test('is sent what was mapped, and its answer comes back', async () => {
    const { groupId } = await newGroup(client)
    await deployedApi(client, {
      groupId,
      apiName: 'to_service',
      method: 'PUT',
      path: '/things/[id]',
      service: service('/v1/[id]', { ContentTypeCatagory: 'CUSTOM', ContentTypeValue: 'text/x-own' }),
      request: { BodyFormat: 'STREAM' },
      requestParameters: [
        { ApiParameterName: 'id', Location: 'PATH' },
        { ApiParameterName: 'q', Location: 'QUERY' },
      ],
    })
    const answer = await call(bed, groupId, '/things/a%2Fb?q=1%262', { method: 'PUT', body: 'bytes' })
    assert.deepEqual(
      [answer.status, answer.headers['x-backend'], answer.headers['x-ca-error-code']],
      [202, 'here', undefined],
    )
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
    const seen = JSON.parse(answer.text)
    assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/base/v1/a%2Fb?q=1%262', 'bytes'])
    assert.deepEqual(
      [seen.headers.host, seen.headers['content-type'], seen.headers['x-forwarded-for']],
      [new URL(address).host, 'text/x-own', '127.0.0.1'],
    )
    assert.equal(seen.headers['x-ca-request-id'], answer.headers['x-ca-request-id'])
  })

  test('is found by paths that are not ASCII, too', async () => {
    const { groupId } = await newGroup(client)
    const at = { groupId, apiName: 'chinese', path: '/订单/[id]', service: service('/单/[id]') }
    await deployedApi(client, { ...at, requestParameters: [{ ApiParameterName: 'id', Location: 'PATH' }] })
    const { text } = await call(bed, groupId, `/${encodeURIComponent('订单')}/${encodeURIComponent('七')}`)
    assert.equal(decodeURI(JSON.parse(text).url), '/base/单/七')
  })

  test('that closes a kept connection is asked again on another, where that does no harm', async () => {
    const { groupId } = await newGroup(client)
    const tired = (method: string) => service('/tired', { ServiceHttpMethod: method })
    await deployedApi(client, { groupId, apiName: 'tired_get', path: '/get', service: tired('GET') })
    for (let each = 0; each < 4; each++) assert.equal((await call(bed, groupId, '/get')).status, 202)
    await deployedApi(client, { groupId, apiName: 'tired_post', path: '/post', service: tired('POST') })
    const statuses: number[] = []
    for (let each = 0; each < 4; each++) statuses.push((await call(bed, groupId, '/post')).status)
    assert.ok(statuses.includes(504), String(statuses))
  })

  test('streams its answer for as long as the client stays', async () => {
    const { groupId } = await newGroup(client)
    const streamed = service('/stream', { ServiceHttpMethod: 'GET' })
    await deployedApi(client, { groupId, apiName: 'streamed', path: '/s', service: streamed })
    const ended = new Promise<void>((resolve) => {
      streamEnded = resolve
    })
    await new Promise<void>((resolve, reject) => {
      const sent = httpRequest(`${urlOf(bed.platform, groupId)}/s`, { agent: false }, (response) => {
        response.once('data', (chunk: Buffer) => {
          assert.equal(String(chunk), 'data: 1\n\n')
          response.destroy()
          resolve()
        })
      })
      sent.once('error', reject)
      sent.end()
    })
    await ended
    assert.equal((await call(bed, groupId, '/none')).status, 404)
  })

  test('that is slow, gone or breaks off is told of in the vendor’s codes', async () => {
    const { groupId } = await newGroup(client)
    const nowhere = { ServiceProtocol: 'HTTP', ServiceAddress: 'http://127.0.0.1:1', ServicePath: '/' }
    for (const [name, its, expected] of [
      ['slow', service('/slow'), [504, 'D504TO']],
      ['broken', service('/broken'), [504, 'D504CO']],
      ['gone', nowhere, [504, 'D504CO']],
    ] as const) {
      await deployedApi(client, { groupId, apiName: `is_${name}`, path: `/${name}`, service: its })
      assert.deepEqual(errorOf(await call(bed, groupId, `/${name}`)).slice(0, 2), expected)
    }
  })

  test('is out of reach for those who may not have private addresses called', async () => {
    // A key of a session names a backend as functions would: it stays on public addresses.
    const { groupId } = await newGroup(client)
    const arn = await role(bed.platform, 'gatekeeper', {
      trusts: { Service: ['fc.aliyuncs.com'] },
      statements: [{ Effect: 'Allow', Action: 'apigateway:*', Resource: '*' }],
    })
    const source = `exports.handler = async (event, context) => JSON.stringify(context.credentials)`
    await createFunction(bed.client, { functionName: 'keys', files: { 'index.js': source }, role: arn })
    const keys = JSON.parse((await invoke(bed.client, 'keys')).body)
    const bySession = managementClient(bed.platform, keys)
    await deployedApi(bySession, { groupId, apiName: 'too_near', path: '/near', service: service('/') })
    assert.deepEqual(errorOf(await call(bed, groupId, '/near')).slice(0, 2), [504, 'D504IL'])
    const named = { ServiceProtocol: 'HTTP', ServiceAddress: 'http://localhost:1', ServicePath: '/' }
    await deployedApi(bySession, { groupId, apiName: 'by_name', path: '/name', service: named })
    assert.deepEqual(errorOf(await call(bed, groupId, '/name')).slice(0, 2), [504, 'D504IL'])
  })
})

describe('a function', () => {
  test('that fails, is late or answers no sense is told of in the vendor’s codes', async () => {
    const sources = {
      fails: `exports.handler = async () => { throw new Error('no') }`,
      late: `exports.handler = () => new Promise(() => {})`,
      senseless: `exports.handler = async () => 'hello'`,
    }
    const { groupId } = await newGroup(client)
    for (const [name, expected] of [
      ['fails', [502, 'D502FC']],
      ['late', [504, 'D504TO']],
      ['senseless', [502, 'D502FC']],
    ] as const) {
      await createFunction(bed.client, { functionName: name, files: { 'index.js': sources[name] } })
      await deployedApi(client, {
        groupId,
        apiName: `is_${name}`,
        path: `/${name}`,
        service: { ...eventService(name), ServiceTimeout: name === 'late' ? 1500 : 10_000 },
      })
      assert.deepEqual(errorOf(await call(bed, groupId, `/${name}`)).slice(0, 2), expected, name)
    }
  })

  test('is called in the role that the API names, for as long as the role may', async () => {
    const { groupId } = await newGroup(client)
    const may = await role(bed.platform, 'gateway-may', {
      trusts: { Service: ['apigateway.aliyuncs.com'] },
      statements: [{ Effect: 'Allow', Action: 'fc:InvokeFunction', Resource: '*' }],
    })
    const mayNot = await role(bed.platform, 'gateway-may-not', {
      trusts: { Service: ['apigateway.aliyuncs.com'] },
    })
    const others = await role(bed.platform, 'for-others', { trusts: { Service: ['fc.aliyuncs.com'] } })
    const inRole = (apiName: string, RoleArn: string) => ({
      groupId,
      apiName,
      path: `/${apiName}`,
      service: eventService('echo', { RoleArn }),
    })
    await deployedApi(client, inRole('may_call', may))
    assert.equal((await call(bed, groupId, '/may_call')).status, 200)
    await deployedApi(client, inRole('may_not', mayNot))
    assert.deepEqual(errorOf(await call(bed, groupId, '/may_not')).slice(0, 2), [403, 'A403FC'])
    const untrusted = client.createApi(createApiRequest(inRole('not_trusted', others)))
    assert.equal((await refused(untrusted)).code, 'Forbidden.RoleArn')
  })
})

test('a function whose HTTP trigger asks for a signature is called in the role that the API names, and not without', async () => {
  const source = `exports.handler = async () => ({ statusCode: 200, body: 'in' })`
  await createFunction(bed.client, { functionName: 'closed', files: { 'index.js': source } })
  const FcBaseUrl = await httpTrigger(bed.client, bed.platform, 'closed', { authType: 'function' })
  const { groupId } = await newGroup(client)
  const RoleArn = await role(bed.platform, 'gateway-signs', {
    trusts: { Service: ['apigateway.aliyuncs.com'] },
    statements: [{ Effect: 'Allow', Action: 'fc:InvokeFunction', Resource: '*' }],
  })
  const through = (apiName: string, more: object) =>
    deployedApi(client, {
      groupId,
      apiName,
      path: `/${apiName}`,
      service: {
        ServiceProtocol: 'FunctionCompute',
        FunctionComputeConfig: { FcType: 'HttpTrigger', FcBaseUrl, Path: '/a', ...more },
      },
    })
  await through('with_role', { RoleArn })
  assert.equal((await call(bed, groupId, '/with_role?b=c')).text, 'in')
  await through('without', {})
  assert.equal((await call(bed, groupId, '/without')).status, 400)
})

test('a request that is too large is refused', async () => {
  const { groupId } = await newGroup(client)
  await deployedApi(client, {
    groupId,
    apiName: 'sized',
    method: 'ANY',
    path: '/',
    service: mockService('x'),
  })
  assert.deepEqual(errorOf(await call(bed, groupId, `/?q=${'x'.repeat(17_000)}`)).slice(0, 2), [
    413,
    'I413UL',
  ])
  const large = await call(bed, groupId, '/', { method: 'POST', body: Buffer.alloc(32 * 1024 * 1024 + 1) })
  assert.deepEqual(errorOf(large).slice(0, 2), [413, 'I413RL'])
})
