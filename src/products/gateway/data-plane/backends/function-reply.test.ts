import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../../../wire/api-error.ts'
import { replyOf } from './function-reply.ts'

const reply = (document: unknown) => {
  const { status, headers, body } = replyOf(Buffer.from(JSON.stringify(document)))
  return { status, headers, body: String(body) }
}
const json = ['Content-Type', 'application/json; charset=utf-8']

test('the vendor’s own samples are read: a status as text, a body as an object', () => {
  assert.deepEqual(
    reply({ isBase64Encoded: false, statusCode: '200', headers: { 'x-a': 1 }, body: { a: [1] } }),
    {
      status: 200,
      headers: ['x-a', '1', ...json],
      body: '{"a":[1]}',
    },
  )
  assert.deepEqual(
    reply({
      isBase64Encoded: 'true',
      statusCode: 404,
      headers: { 'content-type': 'text/html' },
      body: 'aGk=',
    }),
    {
      status: 404,
      headers: ['content-type', 'text/html'],
      body: 'hi',
    },
  )
  assert.deepEqual(reply({ statusCode: 204 }), { status: 204, headers: json, body: '' })
  assert.deepEqual(
    reply({ statusCode: 200, headers: { 'set-cookie': ['a=1', 'b=2'] } }).headers.slice(0, 4),
    ['set-cookie', 'a=1', 'set-cookie', 'b=2'],
  )
})

test('headers of the connection and of the gateway are not the function’s to set', () => {
  const { headers } = reply({
    statusCode: 200,
    headers: {
      'Content-Length': '5',
      'Transfer-Encoding': 'chunked',
      'X-Ca-Error-Code': 'A',
      'X-Ca-Request-Id': 'x',
    },
  })
  assert.deepEqual(headers, json)
})

for (const [what, document] of [
  ['a list', []],
  ['no status', { body: 'x' }],
  ['a status that is none', { statusCode: 'OK' }],
  ['a status out of range', { statusCode: 99 }],
  ['headers that are a list', { statusCode: 200, headers: [] }],
  ['a header with a line end', { statusCode: 200, headers: { a: 'b\r\nc: d' } }],
  ['a name that is none', { statusCode: 200, headers: { 'a b': 'c' } }],
  ['too many headers', { statusCode: 200, headers: { a: 'x'.repeat(40_000) } }],
] as const) {
  test(`${what} is no answer`, () =>
    assert.throws(
      () => reply(document),
      (error: ApiError) => error.code === 'D502FC' && error.status === 502,
    ))
}

test('whatever a function returns, it is read or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      try {
        replyOf(Buffer.from(text))
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error))
      }
    }),
  )
})
