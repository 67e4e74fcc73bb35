/** What becomes of the parameters of a request: checked, renamed, moved, with constants and what the gateway knows. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sdk } from '../../clients.fixture.ts'
import { sharedPlatform } from '../conformance.fixture.ts'
import {
  call,
  deployedApi,
  echoFunction,
  errorOf,
  eventService,
  managementClient,
  newGroup,
} from './gateway.fixture.ts'

let client: Sdk
const bed = sharedPlatform({}, async ({ platform, client: functions }) => {
  client = managementClient(platform, platform)
  await echoFunction(functions, 'echo')
})
const service = eventService('echo')

test('parameters are renamed and moved, constants and system parameters added, and unknown ones left out', async () => {
  const { groupId } = await newGroup(client)
  await deployedApi(client, {
    groupId,
    apiName: 'mapped',
    method: 'POST',
    path: '/m/[id]',
    service,
    requestParameters: [
      { ApiParameterName: 'id', Location: 'PATH' },
      { ApiParameterName: 'q', Location: 'QUERY', DefaultValue: 'none' },
      { ApiParameterName: 'X-In', Location: 'HEAD' },
      { ApiParameterName: 'field', Location: 'BODY' },
    ],
    serviceParameters: [
      { ServiceParameterName: 'key', Location: 'QUERY' },
      { ServiceParameterName: 'X-Search', Location: 'HEAD' },
      { ServiceParameterName: 'place', Location: 'PATH' },
      { ServiceParameterName: 'renamed', Location: 'BODY' },
    ],
    serviceParametersMap: [
      { ServiceParameterName: 'key', RequestParameterName: 'id' },
      { ServiceParameterName: 'X-Search', RequestParameterName: 'q' },
      { ServiceParameterName: 'place', RequestParameterName: 'X-In' },
      { ServiceParameterName: 'renamed', RequestParameterName: 'field' },
    ],
    constantParameters: [{ ServiceParameterName: 'fixed', ConstantValue: 'c&d', Location: 'BODY' }],
    systemParameters: [
      { ParameterName: 'CaClientIp', ServiceParameterName: 'ip', Location: 'QUERY' },
      { ParameterName: 'CaStage', ServiceParameterName: 'X-Stage', Location: 'HEAD' },
      { ParameterName: 'CaApiName', ServiceParameterName: 'api', Location: 'QUERY' },
      { ParameterName: 'CaAppId', ServiceParameterName: 'app', Location: 'QUERY' },
    ],
  })
  const answer = await call(bed, groupId, '/m/7?unknown=1', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-in': Buffer.from('上').toString('latin1'),
      'x-unknown': '1',
    },
    // Beside a text Node would send headers as UTF-8 of their UTF-8.
    body: Buffer.from('field=a%20b&other=1'),
  })
  const upwards = await call(bed, groupId, '/m/7', { method: 'POST', headers: { 'x-in': '..' } })
  assert.deepEqual(errorOf(upwards).slice(0, 2), [400, 'I400PA'])
  const event = JSON.parse(answer.text)
  assert.deepEqual(event.queryParameters, { key: '7', ip: '127.0.0.1', api: 'mapped' })
  assert.deepEqual(event.pathParameters, { id: '7', place: '上' })
  assert.deepEqual(
    [event.headers['X-Search'], event.headers['X-Stage'], event.headers['x-unknown']],
    ['none', 'RELEASE', undefined],
  )
  assert.equal(event.body, 'renamed=a+b&fixed=c%26d')
})

test('all goes through where the API says so, but for the secrets of who called', async () => {
  const { groupId } = await newGroup(client)
  const base = { groupId, method: 'ANY', service }
  await deployedApi(client, {
    ...base,
    apiName: 'through',
    path: '/p/*',
    request: { RequestMode: 'PASSTHROUGH' },
  })
  await deployedApi(client, {
    ...base,
    apiName: 'both_ways',
    path: '/b',
    request: { RequestMode: 'MAPPING_PASSTHROUGH' },
    requestParameters: [{ ApiParameterName: 'a', Location: 'QUERY' }],
    serviceParameters: [{ ServiceParameterName: 'z', Location: 'QUERY' }],
    serviceParametersMap: [{ ServiceParameterName: 'z', RequestParameterName: 'a' }],
  })
  const body = Buffer.from([0, 255, 128])
  const headers = {
    'x-own': '1',
    authorization: 'APPCODE secret',
    'x-ca-proxy-signature': 'forged',
    'x-forwarded-for': '1.2.3.4',
  }
  const through = JSON.parse(
    (await call(bed, groupId, '/p/x/y%2Fz?a=1&a=2', { method: 'PATCH', headers, body })).text,
  )
  assert.deepEqual(
    [through.path, through.httpMethod, through.queryParameters, through.isBase64Encoded, through.body],
    ['/p/x/y%2Fz', 'PATCH', { a: '1,2' }, true, body.toString('base64')],
  )
  const names = Object.keys(through.headers).map((name) => name.toLowerCase())
  assert.ok(names.includes('x-own'))
  for (const name of ['authorization', 'x-ca-proxy-signature', 'host']) assert.ok(!names.includes(name), name)
  assert.equal(through.headers['X-Forwarded-For'], '127.0.0.1')
  const both = JSON.parse((await call(bed, groupId, '/b?a=1&other=2')).text)
  assert.deepEqual(both.queryParameters, { z: '1', other: '2' })
})

describe('a parameter', () => {
  test('that is not as the API wants it is refused, in the vendor’s codes', async () => {
    const { groupId } = await newGroup(client)
    const optional = (ApiParameterName: string, more: object) => ({
      ApiParameterName,
      Location: 'QUERY',
      ...more,
    })
    await deployedApi(client, {
      groupId,
      apiName: 'checked',
      path: '/c',
      service,
      requestParameters: [
        { ApiParameterName: 'must', Location: 'QUERY', Required: 'REQUIRED' },
        optional('int', { ParameterType: 'Int', MinValue: 1, MaxValue: 10 }),
        optional('long', { ParameterType: 'Long' }),
        optional('double', { ParameterType: 'Double', MaxValue: 1.5 }),
        optional('bool', { ParameterType: 'Boolean' }),
        optional('text', { MinLength: 2, MaxLength: 4, RegularExpression: '[a-z]+' }),
        optional('one', { EnumValue: 'A,B' }),
        optional('many', { ParameterType: 'Array', EnumValue: 'x,y' }),
      ],
    })
    for (const [query, expected] of [
      ['', [400, 'I400MP', 'Parameter `must` is required']],
      ['must=1&int=0', [400, 'I400IP', 'Invalid parameter `int` is less than 1']],
      ['must=1&int=11', [400, 'I400IP', 'Invalid parameter `int` is greater than 10']],
      ['must=1&int=1.5', [400, 'I400IP', 'Invalid parameter `int` is not a number']],
      ['must=1&int=2147483648', [400, 'I400IP', 'Invalid parameter `int` is out of range']],
      ['must=1&long=9223372036854775808', [400, 'I400IP', 'Invalid parameter `long` is out of range']],
      ['must=1&double=1.6', [400, 'I400IP', 'Invalid parameter `double` is greater than 1.5']],
      ['must=1&bool=2', [400, 'I400IP', 'Invalid parameter `bool` is not a boolean']],
      ['must=1&text=a', [400, 'I400IP', 'Invalid parameter `text` is shorter than 2']],
      ['must=1&text=abcde', [400, 'I400IP', 'Invalid parameter `text` is longer than 4']],
      ['must=1&text=ab1', [400, 'I400IP', 'Invalid parameter `text` does not match the regular expression']],
      ['must=1&one=C', [400, 'I400IP', 'Invalid parameter `one` is not one of the values that are allowed']],
      [
        'must=1&many=x&many=z',
        [400, 'I400IP', 'Invalid parameter `many` is not one of the values that are allowed'],
      ],
    ] as const) {
      assert.deepEqual(errorOf(await call(bed, groupId, `/c?${query}`)), expected, query)
    }
    const good = 'must=1&int=10&long=9223372036854775807&double=-1.5e0&bool=TRUE&text=abc&one=B&many=x&many=y'
    const { status, text } = await call(bed, groupId, `/c?${good}`)
    assert.equal(status, 200)
    assert.equal(JSON.parse(text).queryParameters.many, 'x,y')
  })

  test('cannot lead a path elsewhere', async () => {
    const { groupId } = await newGroup(client)
    await deployedApi(client, { groupId, apiName: 'wide_open', path: '/w/*', service })
    for (const path of ['/w/%2e%2e/x', '/w/..', '/w/./x', '/w/%5c', '/w/%ff']) {
      assert.deepEqual(
        errorOf(await call(bed, groupId, '', { path: `/proxy/${groupId}${path}` })).slice(0, 2),
        [400, 'I400PA'],
        path,
      )
    }
  })
})
