import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEdge, succeeded, triggerOf } from './http-edge.testing.ts'
import type { CorsConfig } from './needs.ts'

const origin = 'https://app.example.com'
const invoke = async () =>
  succeeded({
    statusCode: 200,
    headers: { 'Access-Control-Allow-Origin': 'https://own.example.com' },
    body: 'x',
  })
const silent = async () => succeeded({ statusCode: 200, body: 'x' })
const cors: CorsConfig = {
  allowOrigins: ['https://*.example.com'],
  allowMethods: ['get', 'PUT'],
  allowHeaders: ['X-One', 'X-Two'],
  exposeHeaders: ['X-Three'],
  allowCredentials: true,
  maxAgeS: 600,
}
const preflight = (method: string, from = origin) => ({
  method: 'OPTIONS',
  headers: {
    origin: from,
    'access-control-request-method': method,
    'access-control-request-headers': 'x-one, authorization',
  },
})

test('a configured preflight is answered without the function', async (t) => {
  const edge = await startEdge(t, { triggers: [triggerOf({ cors, authType: 'function' })] })
  const { status, headers } = await edge.ask(preflight('PUT'))
  assert.equal(status, 204)
  assert.equal(headers['access-control-allow-origin'], origin)
  assert.equal(headers['access-control-allow-credentials'], 'true')
  assert.equal(headers['access-control-allow-methods'], 'GET, PUT')
  assert.equal(headers['access-control-allow-headers'], 'X-One, X-Two')
  assert.equal(headers['access-control-max-age'], '600')
  assert.match(String(headers['vary']), /Origin/)
})

for (const [what, asked] of [
  ['another origin', preflight('PUT', 'https://example.org')],
  ['a method that is not allowed', preflight('DELETE')],
] as const) {
  test(`the preflight of ${what} is not consented to`, async (t) => {
    const edge = await startEdge(t, { triggers: [triggerOf({ cors })] })
    const { status, headers } = await edge.ask(asked)
    assert.equal(status, 204)
    assert.equal(headers['access-control-allow-origin'], undefined)
    assert.equal(headers['access-control-allow-methods'], undefined)
  })
}

test('an answer has what is configured instead of what the function says', async (t) => {
  const edge = await startEdge(t, { triggers: [triggerOf({ cors })], invoker: { invoke } })
  const { headers } = await edge.ask({ headers: { origin } })
  assert.equal(headers['access-control-allow-origin'], origin)
  assert.equal(headers['access-control-allow-credentials'], 'true')
  assert.match(String(headers['access-control-expose-headers']), /,X-Three$/)
  assert.equal(headers['vary'], 'Origin')
  const other = await edge.ask({ headers: { origin: 'https://example.org' } })
  assert.equal(other.headers['access-control-allow-origin'], undefined)
})

test('any origin without credentials is told so', async (t) => {
  const edge = await startEdge(t, {
    triggers: [triggerOf({ cors: { allowOrigins: ['*'], allowHeaders: ['*'] } })],
    invoker: { invoke },
  })
  assert.equal((await edge.ask({ headers: { origin } })).headers['access-control-allow-origin'], '*')
  const { headers } = await edge.ask(preflight('POST'))
  assert.equal(headers['access-control-allow-headers'], 'x-one, authorization')
  assert.equal(headers['access-control-allow-methods'], 'GET, POST, HEAD, PUT, DELETE')
})

test('without a configuration other origins may call, and the function may say otherwise', async (t) => {
  const edge = await startEdge(t, { invoker: { invoke: silent } })
  assert.equal((await edge.ask({ headers: { origin } })).headers['access-control-allow-origin'], '*')
  assert.equal((await edge.ask({})).headers['access-control-allow-origin'], undefined)
  const { status, headers } = await edge.ask(preflight('PUT'))
  assert.equal(status, 204)
  assert.equal(headers['access-control-allow-origin'], '*')
  assert.equal(headers['access-control-allow-headers'], 'x-one, authorization')

  const own = await startEdge(t, { invoker: { invoke } })
  const answer = await own.ask({ headers: { origin } })
  assert.equal(answer.headers['access-control-allow-origin'], 'https://own.example.com')
})

test('without a configuration a function that takes OPTIONS is asked itself', async (t) => {
  const edge = await startEdge(t, {
    triggers: [triggerOf({ methods: ['OPTIONS', 'GET'] })],
    invoker: { invoke },
  })
  const answer = await edge.ask(preflight('GET'))
  assert.deepEqual([answer.status, answer.text], [200, 'x'])
  assert.equal(answer.headers['access-control-allow-origin'], 'https://own.example.com')
})

test('OPTIONS that is no preflight is a method like any other', async (t) => {
  const edge = await startEdge(t, {})
  assert.equal((await edge.ask({ method: 'OPTIONS' })).status, 405)
})
