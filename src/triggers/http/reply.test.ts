import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { handlerReplyOf, replyOf } from './reply.ts'

const reply = (returned: unknown) => {
  const text = typeof returned === 'string' ? returned : JSON.stringify(returned)
  const mapped = replyOf(Buffer.from(text))
  if (mapped.is === 'bad') return mapped.message
  const { status, headers, body } = mapped
  return [status, headers, Buffer.from(body).toString()]
}
const json = ['Content-Type', 'application/json']

test('a response object is taken at its word', () => {
  assert.deepEqual(
    reply({ statusCode: 201, headers: { 'Content-Type': 'text/plain' }, isBase64Encoded: false, body: 'x' }),
    [201, ['Content-Type', 'text/plain'], 'x'],
  )
})

for (const [what, returned, expected] of [
  ['a status as text', { statusCode: '204' }, [204, json, '']],
  ['a body in base64', { statusCode: 200, isBase64Encoded: true, body: 'aGk=' }, [200, json, 'hi']],
  [
    "isBase64Encoded as 'true'",
    { statusCode: 200, isBase64Encoded: 'true', body: 'aGk=' },
    [200, json, 'hi'],
  ],
  [
    "isBase64Encoded as 'false'",
    { statusCode: 200, isBase64Encoded: 'false', body: 'aGk=' },
    [200, json, 'aGk='],
  ],
  ['an object as body', { statusCode: 200, body: { a: [1] } }, [200, json, '{"a":[1]}']],
  ['a number as body', { statusCode: 200, body: 7 }, [200, json, '7']],
  ['no body', { statusCode: 200, body: null }, [200, json, '']],
  [
    'a repeated header',
    { statusCode: 200, headers: { 'Set-Cookie': ['a=1', 'b=2'], 'content-type': 'x/y' } },
    [200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'content-type', 'x/y'], ''],
  ],
  [
    'numbers, booleans and nulls as header values',
    { statusCode: 200, headers: { a: 1, b: true, c: null } },
    [200, ['a', '1', 'b', 'true', ...json], ''],
  ],
  [
    'headers that are the platform’s',
    {
      statusCode: 200,
      headers: {
        'X-Fc-Request-Id': 'x',
        connection: 'close',
        'Content-Length': 1,
        DATE: 'd',
        'keep-alive': 'k',
        Server: 's',
        Upgrade: 'u',
        'Transfer-Encoding': 't',
      },
    },
    [200, json, ''],
  ],
  ['no object', 'hello', [200, json, 'hello']],
  ['an object without a statusCode', { a: 1 }, [200, json, '{"a":1}']],
  ['a null statusCode', { statusCode: null }, [200, json, '{"statusCode":null}']],
  ['an array', [{ statusCode: 500 }], [200, json, '[{"statusCode":500}]']],
  ['what only begins like an object', '{"statusCode":200', [200, json, '{"statusCode":200']],
  ['nothing', '', [200, json, '']],
  ['white space before the object', ' \n{"statusCode":404}', [404, json, '']],
] as const) {
  test(`${what} is understood`, () => assert.deepEqual(reply(returned), expected))
}

for (const [returned, complaint] of [
  [{ statusCode: 'abc' }, /statusCode "abc" is not valid/],
  [{ statusCode: 99 }, /statusCode 99/],
  [{ statusCode: 101 }, /statusCode 101/],
  [{ statusCode: 200.5 }, /statusCode 200.5/],
  [{ statusCode: 200, headers: 'x' }, /headers is not an object/],
  [{ statusCode: 200, headers: { 'a b': 'x' } }, /'a b' is not the name of a header/],
  [{ statusCode: 200, headers: { a: 'x\r\nSet-Cookie: y' } }, /control character/],
  [{ statusCode: 200, headers: { a: { b: 1 } } }, /not text/],
] as const) {
  test(`${JSON.stringify(returned)} is a bad response`, () =>
    assert.match(String(reply(returned)), complaint))
}

test('any text in a header value goes out as its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/[\0-\x08\x0a-\x1f\x7f]/.test(text))
      const mapped = replyOf(Buffer.from(JSON.stringify({ statusCode: 200, headers: { a: text } })))
      assert.equal(mapped.is, 'reply')
      if (mapped.is === 'reply') assert.equal(Buffer.from(mapped.headers[1]!, 'latin1').toString(), text)
    }),
  )
})

test('whatever bytes a function returns, they are either mapped or the body themselves', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (returned) => {
        const mapped = replyOf(returned)
        assert.ok(mapped.is === 'bad' || mapped.headers.includes('application/json'))
        if (mapped.is === 'reply') assert.deepEqual(Buffer.from(mapped.body), Buffer.from(returned))
      },
    ),
  )
})

const handlerBytes = (head: unknown, body: Uint8Array | string = '', length?: number) => {
  const text = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head))
  const start = Buffer.alloc(4)
  start.writeUInt32BE(length ?? text.length, 0)
  return Buffer.concat([start, text, Buffer.from(body)])
}

test('what an HTTP handler answered has a head of its own', () => {
  const mapped = handlerReplyOf(
    handlerBytes({ status: 201, headers: ['a', '1', 'A', '2', 'x-fc-own', '3', 'é', 'x'] }, 'body'),
  )
  assert.deepEqual(mapped, {
    is: 'bad',
    message: "the function's response is not valid: 'é' is not the name of a header",
  })
  const good = handlerReplyOf(
    handlerBytes({ status: 201, headers: ['a', '1', 'A', '2', 'X-Fc-Own', '3'] }, 'body'),
  )
  assert.deepEqual(good, {
    is: 'reply',
    status: 201,
    headers: ['a', '1', 'A', '2'],
    body: Buffer.from('body'),
  })
  for (const [head, message] of [
    [{ status: 42 }, /status 42/],
    [{}, /status undefined/],
    ['null', /status undefined/],
    ['{', /not JSON/],
    [{ status: 200, headers: ['a', 'b\r\nc'] }, /control character/],
    [{ status: 200, headers: ['a', {}] }, /not text/],
  ] as const) {
    const bad = handlerReplyOf(handlerBytes(head))
    assert.match(bad.is === 'bad' ? bad.message : '', message)
  }
  assert.equal(handlerReplyOf(handlerBytes({ status: 200 }, '', 1000)).is, 'bad')
})

test('whatever bytes a sandbox sends as the answer of an HTTP handler, they are mapped or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => handlerBytes(text)),
        fc
          .record({ status: fc.integer(), headers: fc.array(fc.string()) })
          .map((head) => handlerBytes(head, 'body')),
      ),
      (returned) => {
        const mapped = handlerReplyOf(returned)
        if (mapped.is === 'reply') assert.ok(mapped.status >= 200 && mapped.headers.length % 2 === 0)
      },
    ),
  )
})
