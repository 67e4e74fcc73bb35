import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import type { Logger } from '../lib/logger.ts'
import { ApiError } from './api-error.ts'
import { BodyCutOff, BodyTooLarge, bytes, json, MalformedBody, none, stream } from './body.ts'
import { type TakeRequest, withFastPath } from './fast-path/fast-path.ts'
import { serverOptions } from './http-server.ts'
import { jsonReply, operationOf } from './operation.ts'
import { headOf, NoSuchRoute, type Product, productServer, requestHandler } from './product-server.ts'

interface Context {
  accountId: string
  signal: AbortSignal
}

const operation = operationOf<Context>()
/** Settled by the operation when its client went away. */
const abandoned = Promise.withResolvers<void>()
const streamClosed = Promise.withResolvers<void>()
const failures: unknown[] = []
const unwritable = Readable.from(['x'])

const operations = [
  operation({
    name: 'Echo',
    route: 'POST /echo/{name}',
    body: json(z.object({ a: z.number() }), { bytesMax: 100 }),
    handle: async ({ path, query, headers, body }, { accountId }) =>
      jsonReply(200, { path, q: query.get('q'), h: headers['x-h'], body, accountId }, { 'x-more': '1' }),
  }),
  operation({
    name: 'Bytes',
    route: 'PUT /bytes',
    body: bytes(10),
    handle: async ({ body }) => ({ status: 200, body }),
  }),
  operation({
    name: 'Length',
    route: 'HEAD /thing',
    body: none,
    handle: async () => ({ status: 200, headers: { 'content-length': '42' } }),
  }),
  operation({
    name: 'Streamed',
    route: 'GET /streamed',
    body: none,
    handle: async () => ({ status: 200, body: Readable.from([Buffer.from('one '), Buffer.from('two')]) }),
  }),
  operation({ name: 'Nothing', route: 'DELETE /thing', body: none, handle: async () => ({ status: 204 }) }),
  operation({
    name: 'Up',
    route: 'POST /stream',
    body: stream,
    handle: async ({ body }) => ({ status: 200, body: Readable.from((await text(body)).toUpperCase()) }),
  }),
  operation({
    name: 'Endless',
    route: 'GET /endless',
    body: none,
    handle: async () => {
      const body = new Readable({
        read() {
          this.push(Buffer.alloc(1000))
        },
      })
      body.once('close', () => streamClosed.resolve())
      return { status: 200, body }
    },
  }),
  operation({
    name: 'Half',
    route: 'PUT /half',
    body: stream,
    async handle({ body }) {
      for await (const _ of body.iterator({ destroyOnReturn: false })) throw new BodyTooLarge(1)
      return { status: 200 }
    },
  }),
  operation({
    name: 'Unwritable',
    route: 'GET /unwritable',
    body: none,
    handle: async () => ({ status: 200, headers: { 'x-bad': 'a\nb' }, body: unwritable }),
  }),
  operation({
    name: 'Wait',
    route: 'GET /wait',
    body: none,
    handle: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          abandoned.resolve()
          resolve({ status: 200 })
        })
      }),
  }),
  operation({
    name: 'Refuse',
    route: 'GET /refuse',
    body: none,
    handle: async () => {
      throw new ApiError('No', 409, 'no', {}, { 'x-why': 'because' })
    },
  }),
  operation({
    name: 'Break',
    route: 'GET /break',
    body: none,
    handle: async () => {
      throw new Error('a secret detail')
    },
  }),
]

const log: Logger = {
  debug() {},
  info() {},
  warn() {},
  error: (facts) => void failures.push(facts),
  child: () => log,
}

const product: Product<Context> = {
  name: 'test',
  operations,
  newRequestId: () => 'id-1',
  async authenticate({ headers }) {
    if (headers.authorization !== 'me') throw new ApiError('Denied', 403, 'denied')
    return {
      accountId: '1',
      verifyBody(body) {
        if (body.includes('forged')) throw new ApiError('Forged', 403, 'forged')
      },
    }
  },
  contextFor: ({ accountId, signal }) => ({ accountId, signal }),
  renderError: ({ status, code, message, headers }, requestId) =>
    jsonReply(status, { code, message, requestId }, { ...headers }),
  wordFailure(failure) {
    if (failure instanceof NoSuchRoute) return new ApiError('NoRoute', 404, failure.allowedMethods.join())
    if (failure instanceof MalformedBody)
      return new ApiError('Malformed', 400, failure.issues.map(({ path }) => path).join())
    if (failure instanceof BodyTooLarge) return new ApiError('TooLarge', 413, String(failure.bytesMax))
    if (failure instanceof BodyCutOff) return new ApiError('CutOff', 400, 'cut off')
    return undefined
  },
  commonHeaders: (requestId) => ({ 'x-request-id': requestId }),
}

let server: Server
let port = 0
before(async () => {
  server = createServer(serverOptions, requestHandler(product, log))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const ask = (
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: 'me', ...headers },
    ...(body === undefined ? {} : { body }),
  })

async function refused(reply: Response, status: number, code: string): Promise<string> {
  assert.equal(reply.status, status)
  const document = (await reply.json()) as { code: string; message: string }
  assert.equal(document.code, code)
  return document.message
}

/** What the server says to bytes of our own making. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

describe('a request', () => {
  it('is handed over with path, query, headers and body, and answered with the common headers', async () => {
    const reply = await ask('POST', '/echo/a%20b?q=1', { body: '{"a":1}', headers: { 'x-h': 'h' } })
    assert.equal(reply.headers.get('x-request-id'), 'id-1')
    assert.equal(reply.headers.get('x-more'), '1')
    assert.deepEqual(await reply.json(), {
      path: { name: 'a b' },
      q: '1',
      h: 'h',
      body: { a: 1 },
      accountId: '1',
    })
  })

  it('that is not allowed is refused before its body is looked at', async () => {
    await refused(
      await ask('POST', '/echo/a', { body: 'not json', headers: { authorization: 'them' } }),
      403,
      'Denied',
    )
  })

  it('that no operation answers is told which methods its path has', async () => {
    assert.equal(await refused(await ask('GET', '/thing'), 404, 'NoRoute'), 'HEAD,DELETE')
  })

  it('whose body is not as signed is refused', async () => {
    await refused(await ask('PUT', '/bytes', { body: 'forged' }), 403, 'Forged')
  })

  it('whose body has another shape is told what is wrong', async () => {
    assert.equal(await refused(await ask('POST', '/echo/a', { body: '{"a":"b"}' }), 400, 'Malformed'), 'a')
    await refused(await ask('POST', '/echo/a', { body: '{' }), 400, 'Malformed')
  })

  it('whose body is too large is refused, announced or not, and its connection closed', async () => {
    await refused(await ask('PUT', '/bytes', { body: 'x'.repeat(11) }), 413, 'TooLarge')
    const chunked =
      'PUT /bytes HTTP/1.1\r\nhost: h\r\nauthorization: me\r\ntransfer-encoding: chunked\r\n\r\n' +
      `b\r\n${'x'.repeat(11)}\r\n`
    const answer = await raw(chunked)
    assert.match(answer, /^HTTP\/1\.1 413 /)
    assert.match(answer, /connection: close/i)
  })

  for (const path of ['/bytes', '/half']) {
    it(`of a client that sends all of it before it listens gets its answer (${path})`, async () => {
      const piece = Buffer.alloc(64 * 1024)
      const socket = connect(port, '127.0.0.1')
      socket.pause()
      const write = (data: string | Buffer) =>
        new Promise<void>((resolve, reject) => {
          socket.once('error', reject)
          socket.write(data, (error) => {
            socket.off('error', reject)
            if (error) reject(error)
            else resolve()
          })
        })
      await write(
        `PUT ${path} HTTP/1.1\r\nhost: h\r\nauthorization: me\r\ntransfer-encoding: chunked\r\n\r\n`,
      )
      for (let sent = 0; sent < 400; sent++) {
        await write('10000\r\n')
        await write(piece)
        await write('\r\n')
      }
      await write('0\r\n\r\n')
      assert.match(await text(socket), /^HTTP\/1\.1 413 [\s\S]*TooLarge/)
    })
  }

  it('of exactly the allowed size is taken', async () => {
    assert.equal(await (await ask('PUT', '/bytes', { body: 'x'.repeat(10) })).text(), 'x'.repeat(10))
  })

  it('may have both a length and chunks', async () => {
    const answer = await raw(
      'POST /stream HTTP/1.1\r\nhost: h\r\nauthorization: me\r\nconnection: close\r\ncontent-length: 5\r\n' +
        'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    )
    assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*HELLO/)
  })

  it('streams both ways', async () => {
    assert.equal(await (await ask('POST', '/stream', { body: 'hello' })).text(), 'HELLO')
  })

  it('tells its operation when its client goes away', async () => {
    const request = httpRequest({ port, path: '/wait', headers: { authorization: 'me' } })
    request.on('error', () => {})
    request.end()
    // The server has the request once it has been written; it is abandoned whenever we hang up.
    request.once('finish', () => setImmediate(() => request.destroy()))
    await abandoned.promise
  })

  it('whose body ends early does not keep its connection or its operation waiting', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.end('PUT /bytes HTTP/1.1\r\nhost: h\r\nauthorization: me\r\ncontent-length: 9\r\n\r\nabc')
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
    // Everyone else is served as before.
    assert.equal((await ask('PUT', '/bytes', { body: 'abc' })).status, 200)
  })
})

describe('an answer', () => {
  it('that cannot be written ends the connection, closes its stream and is logged', async () => {
    await assert.rejects(ask('GET', '/unwritable'))
    assert.ok(unwritable.destroyed)
    assert.match(String((failures.at(-1) as { err: Error }).err.message), /Invalid character in header/)
  })

  it('to HEAD has the headers and no body', async () => {
    const reply = await ask('HEAD', '/thing')
    assert.equal(reply.headers.get('content-length'), '42')
    assert.equal(await reply.text(), '')
  })

  it('without content has no length', async () => {
    const reply = await ask('DELETE', '/thing')
    assert.equal(reply.status, 204)
    assert.equal(reply.headers.get('content-length'), null)
  })

  it('that is a refusal carries the headers of the refusal', async () => {
    const reply = await ask('GET', '/refuse')
    assert.equal(reply.headers.get('x-why'), 'because')
    await refused(reply, 409, 'No')
  })

  it('to a defect of ours tells nothing of it, and the log everything', async () => {
    const message = await refused(await ask('GET', '/break'), 500, 'InternalServerError')
    assert.doesNotMatch(message, /secret/)
    assert.match(String((failures.at(-1) as { err: Error }).err.message), /a secret detail/)
  })

  it('that streams is closed when its reader goes away', async () => {
    const message = await new Promise<IncomingMessage>((resolve) => {
      httpRequest({ port, path: '/endless', headers: { authorization: 'me' } }, resolve).end()
    })
    message.once('data', () => message.destroy())
    message.on('error', () => {})
    await streamClosed.promise
  })
})

describe('the fast path', () => {
  const asked: [method: string, path: string, init?: { body?: string; headers?: Record<string, string> }][] =
    [
      ['POST', '/echo/a%20b?q=1', { body: '{"a":1}', headers: { 'x-h': 'h' } }],
      ['POST', '/echo/a', { body: 'not json', headers: { authorization: 'them' } }],
      ['POST', '/echo/a', { body: '{"a":"b"}' }],
      ['POST', '/echo/a', { body: '{' }],
      ['POST', '/echo/%e4', { body: '{"a":1}' }],
      ['PUT', '/bytes', { body: 'forged' }],
      ['PUT', '/bytes', { body: '\u00e4\u20ac' }],
      ['PUT', '/bytes', { body: 'x'.repeat(11) }],
      ['PUT', '/bytes', { body: 'x'.repeat(100_000) }],
      ['POST', '/stream', { body: 'hello' }],
      ['DELETE', '/thing'],
      ['GET', '/thing'],
      ['HEAD', '/thing'],
      ['GET', '/refuse'],
      ['GET', '/break'],
      ['GET', '/streamed'],
    ]

  it('answers as the long way does', async () => {
    const called = { ...product, operations: operations.map((it) => ({ ...it, dataPlane: true })) }
    const { handle, take } = productServer(called, log)
    let taken = 0
    const counted: TakeRequest = (request) => {
      const answer = take(request)
      if (answer) taken++
      return answer
    }
    const fast = withFastPath(createServer(serverOptions, handle), counted, log)
    await new Promise<void>((resolve) => fast.listen(0, '127.0.0.1', resolve))
    const fastPort = (fast.address() as AddressInfo).port
    const seen = async (at: number, [method, path, { body, headers } = {}]: (typeof asked)[number]) => {
      const reply = await fetch(`http://127.0.0.1:${at}${path}`, {
        method,
        headers: { authorization: 'me', ...headers, connection: 'close' },
        ...(body === undefined ? {} : { body }),
      })
      const { date: _, ...told } = Object.fromEntries(reply.headers)
      return { status: reply.status, told, text: await reply.text() }
    }
    for (const one of asked) assert.deepEqual(await seen(fastPort, one), await seen(port, one), one.join(' '))
    // All but a path that cannot be read, a body that is too long, one that streams, a HEAD, and no route.
    assert.equal(taken, asked.length - 6)
    fast.close()
  })
})

describe('the target of a request', () => {
  const targets: [string, string, string][] = [
    ['/a/b?c', '/a/b', 'c'],
    ['http://host.example:80/a/b?c', '/a/b', 'c'],
    ['https://host.example', '/', ''],
    ['http://host.example?c=/d', '/', 'c=/d'],
    ['*', '*', ''],
  ]
  for (const [url, rawPath, rawQuery] of targets) {
    it(`is read where it is ${url}`, () => {
      const head = headOf({ method: 'GET', url, headers: {} } as IncomingMessage)
      assert.deepEqual([head.rawPath, head.rawQuery], [rawPath, rawQuery])
    })
  }
})
