import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../../../wire/api-error.ts'
import { pluginTypes } from '../../records.ts'
import { originHeaders } from './cors.ts'
import { readPlugin } from './plugin-data.ts'

test('the vendor’s own samples are read, as YAML and as JSON', () => {
  const traffic = readPlugin(
    'trafficControl',
    `---
unit: SECOND
apiDefault: 1000
userDefault: 30
appDefault: 30
specials:
  - type: "APP"
    policies:
      - key: 10123123
        value: 10
      - key: 10123123
        value: 10
  - type: "USER"
    policies:
      - key: 123455
        value: 100
`,
    'p',
  )
  assert.deepEqual([traffic.unit, traffic.apiDefault, traffic.apps.get('10123123')], ['SECOND', 1000, 10])
  const cors = readPlugin(
    'cors',
    '{"allowOrigins":"api.foo.com,https://*.bar.com","allowMethods":"GET,POST","maxAge":60}',
    'p',
  )
  assert.deepEqual(
    [cors.allowOrigins, cors.allowMethods, cors.maxAgeS],
    [['api.foo.com', 'https://*.bar.com'], ['GET', 'POST'], 60],
  )
})

for (const [type, data] of [
  ['ipControl', 'type: ALLOW\nitems: [{ blocks: [1.2.3.400] }]'],
  ['ipControl', 'type: MAYBE\nitems: []'],
  ['trafficControl', 'unit: WEEK\napiDefault: 1'],
  ['trafficControl', 'unit: DAY'],
  ['backendSignature', 'key: a'],
  ['jwtAuth', 'parameter: X-Token\njwk: { kty: oct, k: c2VjcmV0 }'],
  ['jwtAuth', 'parameter: X-Token'],
  ['caching', 'duration: 172801'],
  ['cors', '- a'],
  ['cors', 'a: &a [x]\nb: *a\nallowOrigins: *a'],
  ['cors', ': : :'],
] as const) {
  test(`a plugin ${type} of ${JSON.stringify(data)} is refused`, () =>
    assert.throws(
      () => readPlugin(type, data, 'p'),
      (error: ApiError) => error.code === 'InvalidPluginData',
    ))
}

test('what is not built says so', () => {
  assert.throws(
    () => readPlugin('trafficControl', 'scope: PLUGIN\nparameters: {}\nunit: DAY\napiDefault: 1', 'p'),
    (error: ApiError) => error.code === 'NotImplemented',
  )
})

test('whatever a plugin says, it is read or refused', () => {
  fc.assert(
    fc.property(fc.constantFrom(...pluginTypes), fc.oneof(fc.string(), fc.json()), (type, data) => {
      try {
        readPlugin(type, data, 'p')
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error))
      }
    }),
  )
})

test('pages of origins that are named may call, and of no others', () => {
  const rule = readPlugin('cors', 'allowOrigins: api.foo.com,https://*.bar.com,http://exact.com:81', 'p')
  for (const [origin, isAllowed] of [
    ['https://api.foo.com', true],
    ['https://a.api.foo.com', false],
    ['https://x.bar.com', true],
    ['http://x.bar.com', false],
    ['https://evilbar.com', false],
    ['http://exact.com:81', true],
    ['http://exact.com', false],
    ['null', false],
    // The gateway's own pages.
    ['http://gateway:9005', true],
  ] as const) {
    const headers = () => originHeaders(rule, origin, 'gateway:9005')
    if (isAllowed) assert.equal(headers()[1], origin)
    else assert.throws(headers, (error: ApiError) => error.code === 'A403CO')
  }
})
