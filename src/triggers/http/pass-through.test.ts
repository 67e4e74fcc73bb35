import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { streamOf } from '../../ports/invocation.testing.ts'
import type { HttpInvocation } from '../../ports/invocation.ts'
import { ApiError } from '../../wire/api-error.ts'
import { report, responded, startEdge, triggerOf, until } from './http-edge.testing.ts'

const revision = { runtime: 'custom.debian10' }

test('a request reaches a custom runtime as it was sent, and its response comes back as it is', async (t) => {
  const seen: HttpInvocation[] = []
  const bodies: string[] = []
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async forward(invocation) {
        seen.push(invocation)
        bodies.push(await text(streamOf(invocation.body)))
        return responded({
          status: 207,
          statusMessage: 'Several Things',
          rawHeaders: [
            'x-LOWER',
            '1',
            'Set-Cookie',
            'a=1',
            'Set-Cookie',
            'b=2',
            'X-Fc-Request-Id',
            'forged',
            'Server',
            's',
            'Connection',
            'close',
            'Date',
            'never',
          ],
          body: Readable.from([Buffer.from('one'), Buffer.from('two')]),
        })
      },
    },
  })
  const answer = await edge.ask({
    method: 'PUT',
    path: '/a%2fb/../c?x=%20&x',
    headers: [
      'x-Weird',
      '1',
      'X-Fc-Access-Key-Id',
      'stolen',
      'X-Forwarded-For',
      '8.8.8.8',
      'Transfer-Encoding',
      'chunked',
    ],
    body: 'payload',
  })
  const [invocation] = seen
  assert.equal(invocation!.request.method, 'PUT')
  assert.equal(invocation!.request.target, '/a%2fb/../c?x=%20&x')
  assert.equal(invocation!.request.clientIp, '127.0.0.1')
  assert.deepEqual(invocation!.request.rawHeaders, [
    'Host',
    'hello.fcapp.localhost',
    'x-Weird',
    '1',
    'X-Forwarded-For',
    '8.8.8.8',
    'Transfer-Encoding',
    'chunked',
  ])
  assert.deepEqual(bodies, ['payload'])

  assert.deepEqual([answer.status, answer.statusMessage, answer.text], [207, 'Several Things', 'onetwo'])
  assert.ok(answer.rawHeaders.includes('x-LOWER'))
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(answer.headers['x-fc-request-id'], invocation!.requestId)
  assert.equal(answer.headers['x-fc-instance-id'], report.instanceId)
  assert.equal(answer.headers['x-fc-code-checksum'], '11010102639495810358')
  assert.equal(answer.headers['x-fc-invocation-service-version'], 'LATEST')
  assert.equal(answer.headers['server'], undefined)
  assert.notEqual(answer.headers['date'], 'never')
})

test('a length that the instance gave is kept; without one the body is chunked', async (t) => {
  const withLength = await startEdge(t, {
    revision,
    invoker: {
      forward: async () =>
        responded({ rawHeaders: ['content-length', '2'], body: Readable.from([Buffer.from('ok')]) }),
    },
  })
  const answer = await withLength.ask({})
  assert.deepEqual([answer.headers['content-length'], answer.headers['transfer-encoding']], ['2', undefined])
  const without = await startEdge(t, {
    revision,
    invoker: { forward: async () => responded({ body: Readable.from([Buffer.from('ok')]) }) },
  })
  assert.equal((await without.ask({})).headers['transfer-encoding'], 'chunked')
  const head = await withLength.ask({ method: 'HEAD' })
  assert.deepEqual([head.headers['content-length'], head.text], ['2', ''])
})

test('server-sent events arrive one by one, the head before the first of them', async (t) => {
  const events = new PassThrough()
  const edge = await startEdge(t, {
    revision,
    invoker: {
      forward: async () => responded({ rawHeaders: ['Content-Type', 'text/event-stream'], body: events }),
    },
  })
  const socket = edge.dial()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write('GET / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n')
  await until(() => received.endsWith('\r\n\r\n'), 'the head arrives')
  assert.match(received, /text\/event-stream/)
  for (let index = 0; index < 5; index++) {
    events.write(`data: ${index}\n\n`)
    await until(() => received.includes(`data: ${index}\n\n`), `event ${index} arrives`)
    assert.doesNotMatch(received, new RegExp(`data: ${index + 1}`))
  }
  events.end()
  await until(() => received.endsWith('0\r\n\r\n'), 'the end arrives')
})

test('both directions flow at once, and a slow reader slows the writer down', async (t) => {
  let produced = 0
  const edge = await startEdge(t, {
    revision,
    invoker: {
      forward: async () =>
        responded({
          body: new Readable({
            read() {
              produced += 65536
              this.push(produced > 256 * 1024 * 1024 ? null : Buffer.alloc(65536))
            },
          }),
        }),
    },
  })
  const socket = edge.dial()
  socket.write('GET / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n')
  socket.pause()
  let before = -1
  let same = 0
  await until(() => {
    same = produced === before && produced > 0 ? same + 1 : 0
    before = produced
    return same > 2000
  }, 'the writer stops')
  assert.ok(produced < 64 * 1024 * 1024, `${produced} bytes were produced for nobody`)
})

test('an upload is streamed: the instance has its beginning before the client has sent its end', async (t) => {
  const got: string[] = []
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async forward({ body }) {
        for await (const chunk of body) got.push(String(chunk))
        return responded({ body: Readable.from([Buffer.from('thanks')]) })
      },
    },
  })
  const socket = edge.dial()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write('POST / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\nContent-Length: 6\r\n\r\none')
  await until(() => got.join('') === 'one', 'the first half is there')
  socket.write('two')
  await until(() => received.includes('thanks'), 'the answer is there')
  assert.equal(got.join(''), 'onetwo')
})

test('a client that goes away aborts the call and frees what was being sent to it', async (t) => {
  const body = new PassThrough()
  const signals: AbortSignal[] = []
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async forward({ signal }) {
        signals.push(signal!)
        return responded({ body })
      },
    },
  })
  const socket = edge.dial()
  socket.write('GET / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  await until(() => signals[0]!.aborted && body.destroyed, 'both are told')
})

test('a body that breaks off is seen to break off', async (t) => {
  const body = new PassThrough()
  const edge = await startEdge(t, { revision, invoker: { forward: async () => responded({ body }) } })
  body.write('half')
  const socket = edge.dial()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n')
  await until(() => received.includes('half'), 'the first half is there')
  body.destroy(new Error('the instance died'))
  await once(socket, 'close')
  assert.ok(!received.endsWith('0\r\n\r\n'), 'the body looks whole')
})

test('a client whose upload the instance did not want to the end still gets its answer', async (t) => {
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async forward(invocation) {
        const body = streamOf(invocation.body)
        body.once('data', () => body.destroy())
        await once(body, 'close')
        return {
          outcome: 'unhandledError',
          because: 'crash',
          body: Buffer.from('{"errorMessage":"Process exited"}'),
          report,
        }
      },
    },
  })
  const socket = edge.dial()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write('POST / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\nContent-Length: 1000000\r\n\r\nx')
  await until(() => received.includes('Process exited'), 'the answer is there')
  assert.match(received, /^HTTP\/1\.1 502 /)
  assert.match(received, /X-Fc-Error-Type: UnhandledInvocationError/)
})

test('a connection stays usable after a function that answered without reading its request', async (t) => {
  const edge = await startEdge(t, {
    revision,
    invoker: {
      forward: async ({ request }) =>
        responded({
          rawHeaders: ['Content-Length', '2'],
          body: Readable.from([Buffer.from(request.target)]),
        }),
    },
  })
  const socket = edge.dial()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write('POST /1 HTTP/1.1\r\nHost: hello.fcapp.localhost\r\nContent-Length: 200000\r\n\r\n')
  await until(() => received.endsWith('/1'), 'the first answer is there')
  socket.write(Buffer.alloc(200000))
  socket.write('GET /2 HTTP/1.1\r\nHost: hello.fcapp.localhost\r\n\r\n')
  await until(() => received.endsWith('/2'), 'the second answer is there')
})

for (const [outcome, status] of [
  [{ outcome: 'throttled', message: 'm' }, 429],
  [{ outcome: 'platformError', message: 'm' }, 503],
] as const) {
  test(`a call that was refused (${outcome.outcome}) is a ${status}`, async (t) => {
    const edge = await startEdge(t, { revision, invoker: { forward: async () => outcome } })
    assert.equal((await edge.ask({ method: 'POST', body: 'x' })).status, status)
  })
}

test('response headers above 8 KB are a bad response, and the body is given up', async (t) => {
  const body = new PassThrough()
  const edge = await startEdge(t, {
    revision,
    invoker: { forward: async () => responded({ rawHeaders: ['a', 'x'.repeat(8192)], body }) },
  })
  const answer = await edge.ask({})
  assert.deepEqual([answer.status, JSON.parse(answer.text).Code], [502, 'BadResponse'])
  assert.equal(body.destroyed, true)
})

test('a body that was signed reaches the instance only if it is the one that was signed', async (t) => {
  const bodies: string[] = []
  const edge = await startEdge(t, {
    revision,
    triggers: [triggerOf({ authType: 'function' })],
    invoker: {
      async forward({ body }) {
        bodies.push(await text(streamOf(body)))
        return responded({ body: Readable.from([Buffer.from('ok')]) })
      },
    },
    needs: {
      authentication: {
        verify: () => ({
          accountId: '1234567890',
          verifyBody(body) {
            if (body.toString() !== 'signed') throw new ApiError('SignatureNotMatch', 403, 'no match')
          },
        }),
      },
    },
  })
  assert.equal((await edge.ask({ method: 'POST', body: 'signed' })).text, 'ok')
  assert.equal((await edge.ask({ method: 'POST', body: 'forged' })).status, 403)
  assert.deepEqual(bodies, ['signed'])
})

test('a client that goes away in the middle of its body, before any instance reads it, harms nobody', async (t) => {
  const bodies: Readable[] = []
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async forward({ body, signal }) {
        bodies.push(streamOf(body))
        await once(signal!, 'abort')
        return { outcome: 'cancelled' }
      },
    },
  })
  const socket = edge.dial()
  socket.write('POST / HTTP/1.1\r\nHost: hello.fcapp.localhost\r\nContent-Length: 1000\r\n\r\nabc')
  await until(() => bodies.length === 1, 'the call is there')
  socket.destroy()
  await until(() => bodies[0]!.destroyed, 'its body is given up')
  assert.equal((await edge.ask({ host: 'nobody.fcapp.localhost' })).status, 404)
})
