import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../orders/refusal.ts'
import { answered, callerOf, jsonBody, type Route, readRequest, routed } from './gateway-event.ts'

const event = (more: object) => Buffer.from(JSON.stringify({ path: '/', httpMethod: 'GET', ...more }))

const route = (method: string, path: string): Route => ({
  method,
  path,
  handle: async ({ pathParameters }) => ({ status: 200, body: { path, ...pathParameters } }),
})
const routes = [
  route('GET', '/orders'),
  route('GET', '/orders/[orderId]'),
  route('POST', '/orders/[orderId]/pay'),
]

test('a request finds its route by method and parts of the path', async () => {
  const ask = async (httpMethod: string, path: string) =>
    JSON.parse(await answered(() => routed(routes, readRequest(event({ httpMethod, path })))))
  assert.equal(JSON.parse((await ask('GET', '/orders')).body).path, '/orders')
  assert.equal(JSON.parse((await ask('GET', '/orders/7')).body).path, '/orders/[orderId]')
  assert.equal(JSON.parse((await ask('POST', '/orders/7/pay')).body).path, '/orders/[orderId]/pay')
  for (const [method, path] of [
    ['POST', '/orders/7'],
    ['GET', '/other'],
    ['GET', '/orders/7/pay'],
  ] as const)
    assert.equal((await ask(method, path)).statusCode, 404)
})

test('refusals have their status and code; what is no refusal tells nothing of itself', async (t) => {
  t.mock.method(console, 'error', () => {})
  const said = async (error: Error) =>
    JSON.parse(
      await answered(() => {
        throw error
      }),
    )
  const refused = await said(new Refusal(409, 'StateConflict', 'too late'))
  assert.deepEqual(
    [refused.statusCode, JSON.parse(refused.body)],
    [409, { code: 'StateConflict', message: 'too late' }],
  )
  const broken = await said(new Error('a secret'))
  assert.equal(broken.statusCode, 500)
  assert.doesNotMatch(broken.body, /secret/)
})

test('who calls is what the gateway says, in any case of its headers', () => {
  const { headers } = readRequest(
    event({ headers: { 'X-Dispatch-Sub': 'ann', 'X-DISPATCH-ROLE': 'customer' } }),
  )
  assert.deepEqual(callerOf(headers), { sub: 'ann', role: 'customer' })
  for (const wrong of [
    {},
    { 'x-dispatch-sub': 'ann' },
    { 'x-dispatch-sub': 'ann', 'x-dispatch-role': 'king' },
  ])
    assert.throws(() => callerOf(readRequest(event({ headers: wrong })).headers), { code: 'Forbidden' })
})

test('a body is JSON, as text or in base64, and not without end', () => {
  const body = (text: string, isBase64Encoded = false) =>
    jsonBody(readRequest(event({ body: text, isBase64Encoded })))
  assert.deepEqual(body('{"a":1}'), { a: 1 })
  assert.deepEqual(body(Buffer.from('{"a":"面"}').toString('base64'), true), { a: '面' })
  assert.deepEqual(body(''), {})
  for (const wrong of ['{', `"${'x'.repeat(70_000)}"`])
    assert.throws(() => body(wrong), { code: 'InvalidArgument' })
})
