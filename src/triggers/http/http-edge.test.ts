import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventInvocation, InvocationOutcome } from '../../ports/invocation.ts'
import { ApiError } from '../../wire/api-error.ts'
import { report, revisionOf, startEdge, succeeded, triggerOf, until } from './http-edge.testing.ts'
import type { AsyncCall } from './needs.ts'

/** An invoker that remembers and answers. */
function answering(outcome: InvocationOutcome) {
  const invocations: EventInvocation[] = []
  return {
    invocations,
    async invoke(invocation: EventInvocation) {
      invocations.push(invocation)
      return outcome
    },
    event: (index = 0) => JSON.parse(Buffer.from(invocations[index]!.event).toString()),
  }
}
const hello = { statusCode: 200, headers: { 'Content-Type': 'text/plain' }, body: 'hello' }

test('a request becomes the event and what the function returns the answer', async (t) => {
  const invoker = answering(succeeded(hello))
  const edge = await startEdge(t, { invoker })
  const answer = await edge.ask({
    method: 'POST',
    path: '/a%20b?x=1&x=2',
    headers: [
      'user-agent',
      'test/1',
      'X-Multi',
      'a',
      'x-multi',
      'b',
      'X-Fc-Log-Type',
      'None',
      'Content-Length',
      '4',
    ],
    body: 'body',
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.text, 'hello')
  const event = invoker.event()
  const requestId = answer.headers['x-fc-request-id']
  assert.deepEqual(event, {
    version: 'v1',
    rawPath: '/a%20b',
    headers: {
      Host: 'hello.fcapp.localhost',
      'User-Agent': 'test/1',
      'X-Multi': 'a,b',
      'Content-Length': '4',
    },
    queryParameters: { x: '1,2' },
    body: 'body',
    isBase64Encoded: false,
    requestContext: {
      accountId: '1234567890',
      triggerId: '1e875ca5-8fd9-4893-b690-cc81c41e5bdc',
      domainName: 'hello.fcapp.localhost',
      domainPrefix: 'hello',
      requestId,
      time: '2023-09-05T06:41:11Z',
      timeEpoch: '1693896071895',
      http: {
        method: 'POST',
        path: '/a b',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test/1',
      },
    },
  })
  const [invocation] = invoker.invocations
  assert.equal(invocation!.requestId, requestId)
  assert.equal(invocation!.qualifier, 'LATEST')
  assert.equal(invocation!.wantLogTail, false)
})

test('an answer has the X-Fc headers of the vendor, and only ours', async (t) => {
  const invoker = answering({
    outcome: 'succeeded',
    body: Buffer.from(
      JSON.stringify({
        ...hello,
        headers: { 'X-Fc-Request-Id': 'forged', Server: 'mine', 'X-Own': ['1', '2'], Date: 'never' },
      }),
    ),
    report: { ...report, logTail: Buffer.from('FC Invoke Start') },
  })
  const edge = await startEdge(t, { invoker, revision: { versionId: '7' } })
  const { headers } = await edge.ask({ headers: { 'x-fc-log-type': 'Tail' } })
  assert.match(String(headers['x-fc-request-id']), /^1-64f6cd87-[0-9a-f]{8}-[0-9a-f]{12}$/)
  assert.equal(headers['x-fc-instance-id'], report.instanceId)
  assert.equal(headers['x-fc-invocation-duration'], '3')
  assert.equal(headers['x-fc-max-memory-usage'], '100.26')
  assert.equal(headers['x-fc-code-checksum'], '11010102639495810358')
  assert.equal(headers['x-fc-invocation-service-version'], '7')
  assert.equal(headers['x-fc-log-result'], Buffer.from('FC Invoke Start').toString('base64'))
  assert.match(String(headers['access-control-expose-headers']), /x-fc-request-id,x-fc-error-type/)
  assert.equal(headers['x-fc-error-type'], undefined)
  assert.equal(headers['server'], undefined)
  assert.notEqual(headers['date'], 'never')
  assert.equal(headers['x-own'], '1, 2')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(invoker.invocations[0]!.wantLogTail, true)
})

test('binary bodies travel in base64 both ways', async (t) => {
  const bytes = Buffer.from([0, 255, 128, 10])
  const invoker = answering(
    succeeded({
      statusCode: 200,
      isBase64Encoded: true,
      body: bytes.toString('base64'),
      headers: { 'X-名': 1 },
    }),
  )
  const edge = await startEdge(t, { invoker })
  const refused = await edge.ask({ method: 'PUT', body: bytes, headers: { 'content-type': 'image/png' } })
  assert.equal(refused.status, 502)
  assert.equal(invoker.event().isBase64Encoded, true)
  assert.deepEqual(Buffer.from(invoker.event().body, 'base64'), bytes)

  const good = answering(
    succeeded({
      statusCode: 200,
      isBase64Encoded: true,
      body: bytes.toString('base64'),
      headers: { 'X-N': '张三' },
    }),
  )
  const other = await startEdge(t, { invoker: good })
  const answer = await other.ask({})
  assert.deepEqual(answer.body, bytes)
  assert.equal(Buffer.from(String(answer.headers['x-n']), 'latin1').toString(), '张三')
})

test('a text body with non-ASCII headers arrives unspoilt', async (t) => {
  const edge = await startEdge(t, {
    invoker: answering(succeeded({ statusCode: 200, headers: { 'X-N': 'é函' }, body: '正文é' })),
  })
  const answer = await edge.ask({})
  assert.equal(answer.text, '正文é')
  assert.equal(Buffer.from(String(answer.headers['x-n']), 'latin1').toString(), 'é函')
})

test('a return value that is not a response object is the body of a 200', async (t) => {
  const edge = await startEdge(t, { invoker: answering(succeeded('[1,2]')) })
  const answer = await edge.ask({})
  assert.deepEqual(
    [answer.status, answer.headers['content-type'], answer.text],
    [200, 'application/json', '[1,2]'],
  )
})

test('HEAD is told the length and given no body; 204 has neither', async (t) => {
  const edge = await startEdge(t, { invoker: answering(succeeded(hello)) })
  const head = await edge.ask({ method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '5', ''])
  const empty = await startEdge(t, { invoker: answering(succeeded({ statusCode: 204, body: 'x' })) })
  const none = await empty.ask({})
  assert.deepEqual([none.status, none.headers['content-length'], none.text], [204, undefined, ''])
})

test('functions are found by Host in any case, by path exactly, and with their qualifiers', async (t) => {
  const invoker = answering(succeeded(hello))
  const edge = await startEdge(t, { invoker, triggers: [triggerOf(), triggerOf({ qualifier: 'Prod' })] })
  for (const [host, path, status, qualifier] of [
    ['HELLO.fcapp.LOCALHOST:80', '/x', 200, 'LATEST'],
    ['prod.hello.fcapp.localhost', '/x', 200, 'Prod'],
    ['127.0.0.1', '/proxy/Hello/x', 200, 'LATEST'],
    ['127.0.0.1', '/proxy/Hello.Prod/x', 200, 'Prod'],
    ['127.0.0.1', '/proxy/hello/x', 404, undefined],
    ['127.0.0.1', '/proxy/Hello.prod/x', 404, undefined],
  ] as const) {
    invoker.invocations.length = 0
    const answer = await edge.ask({ host, path })
    assert.equal(answer.status, status, `${host} ${path}: ${answer.text}`)
    assert.equal(invoker.invocations[0]?.qualifier, qualifier)
    if (status === 200) assert.equal(invoker.event().rawPath, '/x')
  }
})

for (const [what, asked, options, status, code] of [
  ['an address of no function', { host: 'localhost' }, {}, 404, 'DomainNameNotFound'],
  ['an unknown function', { host: 'other.fcapp.localhost' }, {}, 404, 'FunctionNotFound'],
  ['a function without an HTTP trigger', { host: 'bare.fcapp.localhost' }, {}, 404, 'TriggerNotFound'],
  ['a disabled URL', {}, { triggers: [triggerOf({ disableURLInternet: true })] }, 403, 'AccessDenied'],
  ['a method that is not listed', { method: 'PATCH' }, {}, 405, 'MethodNotAllowed'],
  [
    'a request that is not signed',
    {},
    { triggers: [triggerOf({ authType: 'function' })] },
    400,
    'MissingRequiredHeader',
  ],
  ['a path that is too long', { path: `/${'a'.repeat(4096)}` }, {}, 400, 'InvalidArgument'],
  ['headers that are too large', { headers: { a: 'x'.repeat(8200) } }, {}, 400, 'InvalidArgument'],
] as const) {
  test(`${what} is refused in the vendor's form`, async (t) => {
    const edge = await startEdge(t, options as object)
    const answer = await edge.ask(asked)
    const { RequestId, Code, Message, ...rest } = JSON.parse(answer.text)
    assert.deepEqual([answer.status, Code, rest], [status, code, {}])
    assert.equal(RequestId, answer.headers['x-fc-request-id'])
    assert.ok(Message.length > 5)
    assert.equal(answer.headers['content-type'], 'application/json')
    if (status === 405) assert.equal(answer.headers['allow'], 'GET, POST, HEAD, PUT, DELETE')
  })
}

test('a path of 4096 bytes and headers of 8192 are just right', async (t) => {
  const invoker = answering(succeeded(hello))
  const edge = await startEdge(t, { invoker })
  assert.equal((await edge.ask({ path: `/${'a'.repeat(4095)}` })).status, 200)
  assert.equal((await edge.ask({ host: '127.0.0.1', path: `/proxy/Hello/${'a'.repeat(4095)}` })).status, 200)
  const own = 'Hosthello.fcapp.localhostConnectionclose'.length
  const exact = ['Connection', 'close', 'a', 'x'.repeat(8192 - own - 1)]
  assert.equal((await edge.ask({ headers: exact })).status, 200)
  assert.equal((await edge.ask({ headers: [...exact, 'b', ''] })).status, 400)
})

test('response headers above 8 KB are a bad response', async (t) => {
  const withHeader = (length: number) =>
    answering(succeeded({ statusCode: 200, headers: { 'content-type': 'x', a: 'y'.repeat(length) } }))
  const fits = await startEdge(t, { invoker: withHeader(8192 - 'content-typexa'.length) })
  assert.equal((await fits.ask({})).status, 200)
  const exceeds = await startEdge(t, { invoker: withHeader(8193 - 'content-typexa'.length) })
  const answer = await exceeds.ask({})
  assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [502, 'BadResponse'])
})

test('a body above 32 MB is refused, announced or not, and the connection is given up', async (t) => {
  const edge = await startEdge(t, { invoker: answering(succeeded(hello)) })
  for (const [headers, body] of [
    [`Content-Length: ${32 * 1024 * 1024 + 1}`, Buffer.from('x')],
    [
      'Transfer-Encoding: chunked',
      Buffer.concat([
        Buffer.from(`${(32 * 1024 * 1024 + 1).toString(16)}\r\n`),
        Buffer.alloc(32 * 1024 * 1024 + 1, 'x'),
      ]),
    ],
  ] as const) {
    const socket = edge.dial()
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.write(`POST / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n${headers}\r\n\r\n`)
    socket.write(body)
    await until(() => text.includes('"Message"'), 'the refusal arrives')
    assert.match(text, /^HTTP\/1\.1 400 /)
    assert.match(text, /\r\nConnection: close\r\n/)
    assert.match(text, /"Code":"InvalidArgument"/)
  }
})

for (const [outcome, because, errorType] of [
  ['handledError', 'handler', 'HandledInvocationError'],
  ['unhandledError', 'crash', 'UnhandledInvocationError'],
  ['unhandledError', 'timeout', 'UnhandledInvocationError'],
  ['initializationError', 'start', 'InitializationError'],
] as const) {
  test(`a function that failed (${outcome}, ${because}) is a 502 with its error document`, async (t) => {
    const body = Buffer.from('{"errorMessage":"no","errorType":"Error"}')
    const edge = await startEdge(t, { invoker: answering({ outcome, because, body, report }) })
    const answer = await edge.ask({})
    assert.deepEqual(
      [answer.status, answer.headers['x-fc-error-type'], answer.text],
      [502, errorType, body.toString()],
    )
    assert.equal(answer.headers['x-fc-instance-id'], report.instanceId)
  })
}

for (const [outcome, status, code] of [
  [{ outcome: 'throttled', message: 'too many instances' }, 429, 'ResourceExhausted'],
  [{ outcome: 'platformError', message: 'no instance' }, 503, 'ServiceUnavailable'],
  [{ outcome: 'cancelled' }, 499, 'ClientClosedRequest'],
  [{ outcome: 'cancelled', stopped: true }, 403, 'FunctionInvocationDisabled'],
] as const) {
  test(`an invocation that was ${outcome.outcome} is a ${status} (${code})`, async (t) => {
    const edge = await startEdge(t, { invoker: answering(outcome) })
    const answer = await edge.ask({})
    assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [status, code])
  })
}

test('a defect is an internal error that gives nothing away', async (t) => {
  const edge = await startEdge(t, {
    invoker: {
      invoke() {
        throw new Error('secret')
      },
    },
  })
  const answer = await edge.ask({})
  assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [500, 'InternalServerError'])
  assert.doesNotMatch(answer.text, /secret/)
})

test('a signed request is admitted, unless its caller is of another account or signed another body', async (t) => {
  const invoker = answering(succeeded(hello))
  const seen: string[] = []
  const signed = (accountId: string) =>
    startEdge(t, {
      invoker,
      triggers: [triggerOf({ authType: 'function' })],
      needs: {
        authentication: {
          async verify(head) {
            seen.push(`${head.method} ${head.rawPath}?${head.rawQuery}`)
            return {
              accountId,
              verifyBody(body) {
                if (body.toString() !== 'signed') throw new ApiError('SignatureNotMatch', 403, 'no match')
              },
            }
          },
        },
      },
    })
  const edge = await signed('1234567890')
  const admitted = await edge.ask({ method: 'POST', host: 'x', path: '/proxy/Hello/a?b=c', body: 'signed' })
  assert.equal(admitted.status, 200)
  assert.deepEqual(seen, ['POST /proxy/Hello/a?b=c'])
  const forged = await edge.ask({ method: 'POST', body: 'forged' })
  assert.deepEqual([forged.status, JSON.parse(forged.text).Code], [403, 'SignatureNotMatch'])
  const stranger = await (await signed('42')).ask({ method: 'POST', body: 'signed' })
  assert.deepEqual([stranger.status, JSON.parse(stranger.text).Code], [403, 'AccessDenied'])
  assert.equal(invoker.invocations.length, 1)
})

test('a client that goes away aborts its invocation', async (t) => {
  const signals: AbortSignal[] = []
  const ended = Promise.withResolvers<InvocationOutcome>()
  const edge = await startEdge(t, {
    invoker: {
      invoke({ signal }) {
        signals.push(signal!)
        return ended.promise
      },
    },
  })
  const socket = edge.dial()
  socket.write('GET / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n')
  await until(() => signals.length === 1, 'the function is called')
  assert.equal(signals[0]!.aborted, false)
  socket.destroy()
  await until(() => signals[0]!.aborted, 'the invocation is aborted')
  ended.resolve({ outcome: 'cancelled' })
})

test('requests of one connection are answered one after the other, and pipelined ones in order', async (t) => {
  let count = 0
  const edge = await startEdge(t, {
    invoker: { invoke: async () => succeeded({ statusCode: 200, body: `answer ${++count}` }) },
  })
  const socket = edge.dial()
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write('GET /1 HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n'.repeat(20))
  await until(() => text.includes('answer 20'), 'all answers are there')
  const order = [...text.matchAll(/answer (\d+)/g)].map(([, index]) => Number(index))
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
})

test('an upgrade that is only offered is an ordinary request', async (t) => {
  const edge = await startEdge(t, { invoker: answering(succeeded(hello)) })
  const answer = await edge.ask({
    headers: ['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', 'h2c', 'HTTP2-Settings', 'AAMAAABk'],
  })
  assert.deepEqual([answer.status, answer.text], [200, 'hello'])
})

test('an asynchronous call is answered with 202 once it is queued, as event or as request', async (t) => {
  const calls: AsyncCall[] = []
  const accept = async (call: AsyncCall) => void calls.push(call)
  const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': 'task1' }
  const events = await startEdge(t, { needs: { asyncInvocations: { accept } } })
  const answer = await events.ask({ method: 'POST', headers, body: 'later' })
  assert.deepEqual([answer.status, answer.text], [202, ''])
  assert.equal(answer.headers['x-fc-async-task-id'], 'task1')
  const [call] = calls
  assert.equal(call?.is, 'event')
  if (call?.is !== 'event') return
  assert.deepEqual(
    [call.functionName, call.qualifier, call.taskId, call.requestId],
    ['Hello', 'LATEST', 'task1', answer.headers['x-fc-request-id']],
  )
  assert.equal(JSON.parse(Buffer.from(call.event).toString()).body, 'later')

  const requests = await startEdge(t, {
    revision: revisionOf({ runtime: 'custom' }),
    needs: { asyncInvocations: { accept } },
  })
  assert.equal((await requests.ask({ method: 'POST', path: '/p?q', headers, body: 'later' })).status, 202)
  const second = calls[1]
  assert.equal(second?.is, 'http')
  if (second?.is !== 'http') return
  assert.deepEqual([second.request.target, Buffer.from(second.body).toString()], ['/p?q', 'later'])
})

test('an asynchronous call has an id in any case, may be delayed, and may ask for a task', async (t) => {
  const calls: AsyncCall[] = []
  const accept = async (call: AsyncCall) => void calls.push(call)
  const edge = await startEdge(t, { needs: { asyncInvocations: { accept } } })
  const ask = async (more: Record<string, string>) => {
    const answer = await edge.ask({ headers: { 'x-fc-invocation-type': 'Async', ...more } })
    return { ...answer, call: calls.at(-1)! }
  }
  const plain = await ask({ 'x-fc-async-task-id': '' })
  assert.equal(plain.headers['x-fc-async-task-id'], plain.headers['x-fc-request-id'])
  assert.equal(plain.headers['x-fc-stateful-async-invocation-id'], undefined)
  assert.deepEqual(
    [plain.call.taskId, plain.call.delayMs, plain.call.stateful],
    [undefined, undefined, undefined],
  )
  const { call } = await ask({ 'x-fc-async-delay': '60', 'x-fc-stateful-async-invocation-enable': 'true' })
  assert.deepEqual([call.delayMs, call.stateful], [60_000, true])
  for (const delay of ['3601', 'soon']) {
    const refused = await ask({ 'x-fc-async-delay': delay })
    assert.deepEqual([refused.status, JSON.parse(refused.text).Code], [400, 'InvalidArgument'], delay)
  }
  assert.equal(calls.length, 2)
})

test('functions of services have older names for the id of an asynchronous call', async (t) => {
  const calls: AsyncCall[] = []
  const accept = async (call: AsyncCall) => void calls.push(call)
  const edge = await startEdge(t, {
    revision: revisionOf({ runtime: 'custom', service: { name: 's', functionName: 'f' } }),
    needs: { asyncInvocations: { accept } },
  })
  const headers = { 'x-fc-invocation-type': 'Async', 'x-fc-stateful-async-invocation-id': 'older' }
  const answer = await edge.ask({ headers })
  assert.deepEqual(
    [
      calls[0]?.taskId,
      answer.headers['x-fc-stateful-async-invocation-id'],
      answer.headers['x-fc-async-task-id'],
    ],
    ['older', 'older', 'older'],
  )
})

test('an asynchronous call has at most 128 KB, and what the queue refuses is told', async (t) => {
  const accept = async () => {
    throw new ApiError('ResourceExhausted', 429, 'the queue is full')
  }
  const edge = await startEdge(t, { needs: { asyncInvocations: { accept } } })
  const headers = { 'x-fc-invocation-type': 'Async' }
  const large = await edge.ask({ method: 'POST', headers, body: Buffer.alloc(128 * 1024 + 1) })
  assert.deepEqual([large.status, JSON.parse(large.text).Code], [400, 'InvalidArgument'])
  const full = await edge.ask({ method: 'POST', headers, body: Buffer.alloc(128 * 1024) })
  assert.deepEqual([full.status, JSON.parse(full.text).Code], [429, 'ResourceExhausted'])
})

test('a task id that the API would not take is refused before anything is queued', async (t) => {
  const edge = await startEdge(t, {})
  for (const taskId of ['x'.repeat(129), 'a/b', '1st']) {
    const answer = await edge.ask({
      headers: { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': taskId },
    })
    assert.equal(answer.status, 400, taskId)
  }
})
