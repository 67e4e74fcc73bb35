import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { Logger } from '../../lib/logger.ts'
import { strictServerOptions } from '../http-server.ts'
import type { FastAnswer } from './answer-text.ts'
import { type FastRequest, withFastPath } from './fast-path.ts'

/** What both ways around see of a request, as their answer. */
const echo = (by: string, head: { method?: string; url?: string; rawHeaders: string[] }, body: string) =>
  JSON.stringify({ by, method: head.method, url: head.url, rawHeaders: head.rawHeaders, body })

async function ofNode(request: IncomingMessage, response: ServerResponse, by = 'node'): Promise<void> {
  const body = await buffer(request).then((bytes) => bytes.toString('latin1'), () => undefined) // biome-ignore format: one line
  if (body === undefined) return
  const bytes = Buffer.from(echo(by, request, body))
  response.writeHead(200, ['X-Any', 'thing', 'Content-Length', String(bytes.length)]).end(bytes)
}

const answerOf = (request: FastRequest, by = 'fast'): FastAnswer => ({
  status: 200,
  headers: ['X-Any', 'thing'],
  body: echo(by, request, request.body.toString('latin1')),
})

async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** `/fast…` is taken, everything else is left to Node. */
async function bed(
  t: TestContext,
  take = (request: FastRequest): Promise<FastAnswer> | undefined =>
    request.url.startsWith('/fast') ? Promise.resolve(answerOf(request)) : undefined,
) {
  const defects: unknown[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (facts: object) => void defects.push(facts),
    child: () => log,
  }
  const server = createServer(strictServerOptions, (request, response) => void ofNode(request, response))
  const port = await listening(t, withFastPath(server, take, log))
  const open = async (): Promise<Client> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    t.after(() => socket.destroy())
    return clientOf(socket)
  }
  return { server, port, open, defects }
}

interface Client {
  socket: Socket
  /** Writes the bytes, and resolves with this many whole answers. */
  ask(bytes: string, answers?: number): Promise<{ head: string; by: string; url: string; body: string }[]>
  /** Everything until the connection ends. */
  rest(): Promise<string>
}

function clientOf(socket: Socket): Client {
  let seen = ''
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1')
  })
  const take = () => {
    const headEnd = seen.indexOf('\r\n\r\n')
    if (headEnd < 0) return undefined
    const head = seen.slice(0, headEnd)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1])
    if (seen.length < headEnd + 4 + length) return undefined
    const body = Buffer.from(seen.slice(headEnd + 4, headEnd + 4 + length), 'latin1').toString('utf8')
    seen = seen.slice(headEnd + 4 + length)
    return { head, ...JSON.parse(body) }
  }
  return {
    socket,
    async ask(bytes, answers = 1) {
      socket.write(bytes, 'latin1')
      const all: { head: string; by: string; url: string; body: string }[] = []
      while (all.length < answers) {
        const answer = take()
        if (answer) all.push(answer)
        else await once(socket, 'data')
      }
      return all
    },
    async rest() {
      if (!socket.closed) await once(socket, 'close')
      return seen
    },
  }
}

const get = (url: string, more = '') => `GET ${url} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`
const post = (url: string, body: string, more = '') =>
  `POST ${url} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`

test('what is taken is answered by the fast path, what is left by Node, and so is the rest of that connection', async (t) => {
  const { open } = await bed(t)
  const client = await open()
  const seen: string[] = []
  for (const bytes of [get('/fast/1'), post('/fast/2', 'x\xe9'), get('/slow'), get('/fast/3')]) {
    const [answer] = await client.ask(bytes)
    seen.push(`${answer!.by} ${answer!.url} ${answer!.body}`)
  }
  assert.deepEqual(seen, ['fast /fast/1 ', 'fast /fast/2 x\xe9', 'node /slow ', 'node /fast/3 '])
})

test('requests that are sent ahead are answered in their order, whoever answers them', async (t) => {
  const { open } = await bed(t)
  const client = await open()
  const bytes = [
    get('/fast/1'),
    post('/fast/2', 'body'),
    get('/fast/3'),
    get('/slow'),
    post('/fast/4', 'more'),
  ]
  const answers = await client.ask(bytes.join(''), 5)
  assert.deepEqual(
    answers.map(({ by, url, body }) => [by, url, body]),
    [
      ['fast', '/fast/1', ''],
      ['fast', '/fast/2', 'body'],
      ['fast', '/fast/3', ''],
      ['node', '/slow', ''],
      ['node', '/fast/4', 'more'],
    ],
  )
})

test('a body that comes in pieces is waited for; a head that does is for Node', async (t) => {
  const { open } = await bed(t)
  const pieces = async (client: Client, ...parts: string[]) => {
    for (const part of parts.slice(0, -1)) {
      client.socket.write(part, 'latin1')
      // The server has seen it when it answers somebody else.
      await (await open()).ask(get('/fast'))
    }
    return (await client.ask(parts.at(-1)!))[0]
  }
  const whole = post('/fast', 'abcdef')
  const body = await pieces(
    await open(),
    whole.slice(0, -4),
    whole.slice(-4, -1),
    whole.slice(-1) + get('/fast/next'),
  )
  assert.deepEqual([body?.by, body?.body], ['fast', 'abcdef'])
  const head = await pieces(await open(), whole.slice(0, 20), whole.slice(20))
  assert.deepEqual([head?.by, head?.body], ['node', 'abcdef'])
})

test('answers are whole: long ones, such beyond ASCII, none at all, and the last of a connection', async (t) => {
  const long = 'ä'.repeat(50_000)
  const { open } = await bed(t, async ({ url }) => {
    if (url === '/long') return { status: 200, headers: [], body: long }
    if (url === '/bytes') return { status: 201, headers: [], body: Buffer.from(long) }
    if (url === '/short') return { status: 299, headers: ['date', 'never'], body: 'ä€' }
    return { status: 204, headers: ['X-A', '\xe4'], body: 'not sent' }
  })
  const all = async (url: string) => {
    const client = await open()
    client.socket.write(get(url) + get(url, 'Connection: close\r\n'))
    return Buffer.from(await client.rest(), 'latin1').toString('utf8').replace(/Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'Date') // biome-ignore format: one line
  }
  const twice = (head: string, body: string) =>
    `HTTP/1.1 ${head}Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\n${body}HTTP/1.1 ${head}Connection: close\r\n\r\n${body}`
  // Not `equal`: a difference of that length is read by nobody.
  assert.ok((await all('/long')) === twice('200 OK\r\nContent-Length: 100000\r\nDate\r\n', long))
  assert.ok((await all('/bytes')) === twice('201 Created\r\nContent-Length: 100000\r\nDate\r\n', long))
  assert.equal(await all('/short'), twice('299 unknown\r\ndate: never\r\nContent-Length: 5\r\n', 'ä€'))
  assert.equal(await all('/none'), twice('204 No Content\r\nX-A: \ufffd\r\nDate\r\n', ''))
})

test('an answer may stream: in chunks, or by its length, and what comes next waits for its end', async (t) => {
  const { open } = await bed(t, async ({ url }) => ({
    status: 200,
    statusMessage: 'Well Done',
    headers: [],
    body: Readable.from(url === '/nothing' ? [] : [Buffer.from('one '), Buffer.alloc(0), Buffer.from('two')]),
    ...(url === '/length' ? { length: '7' } : {}),
  }))
  const client = await open()
  client.socket.write(get('/chunks') + get('/length') + get('/nothing', 'Connection: close\r\n'))
  const kept = 'Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\n'
  assert.equal(
    (await client.rest()).replace(/Date: [^\r]*\r\n/g, ''),
    `HTTP/1.1 200 Well Done\r\nTransfer-Encoding: chunked\r\n${kept}4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n` +
      `HTTP/1.1 200 Well Done\r\nContent-Length: 7\r\n${kept}one two` +
      'HTTP/1.1 200 Well Done\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
  )
})

test('a stream that breaks off breaks the connection, and a client that leaves ends its stream', async (t) => {
  const broken = new Readable({ read() {} })
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(100_000))
    },
  })
  const { open } = await bed(t, async ({ url }) => ({
    status: 200,
    headers: [],
    body: url === '/broken' ? broken : endless,
  }))
  const first = await open()
  first.socket.write(get('/broken'))
  broken.push('some')
  await once(first.socket, 'data')
  broken.destroy(new Error('of the instance'))
  assert.doesNotMatch(await first.rest(), /0\r\n\r\n$/)

  const second = await open()
  second.socket.pause()
  second.socket.write(get('/endless'))
  // Nobody reads it, and it waits.
  await once(endless, 'pause')
  second.socket.destroy()
  await once(endless, 'close')
})

test('a header that would be two is never sent', async (t) => {
  for (const headers of [
    ['X-A', 'b\r\nSet-Cookie: c'],
    ['X-A: b\r\nX', 'c'],
    ['X-A', '€'],
  ]) {
    const { open, defects } = await bed(t, async () => ({ status: 200, headers, body: '' }))
    const client = await open()
    client.socket.write(get('/'))
    assert.equal(await client.rest(), '')
    assert.equal(defects.length, 1)
  }
})

test('a client that goes away is told of', async (t) => {
  const begun = Promise.withResolvers<FastRequest>()
  const never = new Promise<FastAnswer>(() => {})
  const { open } = await bed(t, (request) => {
    begun.resolve(request)
    return never
  })
  const client = await open()
  client.socket.write(get('/fast'))
  const { signal } = await begun.promise
  assert.equal(signal.aborted, false)
  client.socket.end()
  await once(signal, 'abort')
})

test('a server that closes ends connections: idle ones at once, the others with their answer', async (t) => {
  const begun = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const { server, open } = await bed(t, async (request) => {
    if (request.url !== '/fast/wait') return answerOf(request)
    begun.resolve()
    await answer.promise
    return answerOf(request)
  })
  const idle = await open()
  const ofNode = await open()
  const busy = await open()
  await idle.ask(get('/fast'))
  await ofNode.ask(get('/slow'))
  busy.socket.write(get('/fast/wait'))
  await begun.promise
  const closed = once(server, 'close')
  server.close()
  assert.deepEqual([await idle.rest(), await ofNode.rest()], ['', ''])
  answer.resolve()
  assert.match(await busy.rest(), /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*Connection: close\r\n\r\n\{"by":"fast"/)
  await closed
})

test('who is silent between requests, or within one, is closed', async (t) => {
  const server = createServer({ ...strictServerOptions, keepAliveTimeout: 20 })
  const log = {} as Logger
  const port = await listening(
    t,
    withFastPath(server, async (request) => answerOf(request), log),
  )
  for (const bytes of [get('/'), post('/', 'abc').slice(0, -1), '']) {
    const client = clientOf(connect(port, '127.0.0.1'))
    client.socket.write(bytes)
    await client.rest()
  }
})

/** A server with the fast path, which takes all that it can, and one without. */
async function pair(t: TestContext) {
  const log = {} as Logger
  const same = (request: IncomingMessage, response: ServerResponse) =>
    void ofNode(request, response, 'either')
  let taken = 0
  const fast = withFastPath(createServer(strictServerOptions, same), async (request) => {
    taken++
    return answerOf(request, 'either')
  }, log) // biome-ignore format: one line
  const ports = [await listening(t, fast), await listening(t, createServer(strictServerOptions, same))]
  /** All that either says to these bytes and to one more request, of which both know the end. */
  const say = async (bytes: string): Promise<[string, string]> => {
    const answers = await Promise.all(
      ports.map(async (port) => {
        const client = clientOf(connect(port, '127.0.0.1'))
        client.socket.on('error', () => {})
        client.socket.write(bytes + get('/last', 'Connection: close\r\n'), 'latin1')
        return (await client.rest()).replace(/Date: [^\r]*\r\n/g, '')
      }),
    )
    return answers as [string, string]
  }
  return { say, taken: () => taken }
}

/** The order of headers is each one's own, and says nothing. */
const sorted = (answers: string): string =>
  answers.split('\r\n\r\n').map((part) => part.split('\r\n').sort().join('\n')).join('\n\n') // biome-ignore format: one line

/** Whether a request that came with one that is refused is still answered is a matter of who is quicker, with Node alone as well. */
const isRefusalOf = (refusal: string, answers: string): boolean =>
  /^HTTP\/1\.1 4\d\d /.test(refusal) &&
  (answers.endsWith(refusal) || /\r\nConnection: close\r\n\r\n\{.*\}$/.test(answers))

const odd = {
  'two lengths': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab',
  'two lengths that differ':
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc',
  'a length and chunks':
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  chunks: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  'a signed length': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nab',
  'a length in hex': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x2\r\n\r\nab',
  'a length with zeros': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 002\r\n\r\nab',
  'no host': 'GET / HTTP/1.1\r\nX: y\r\n\r\n',
  'two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'a folded line': 'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n',
  'a space before a colon': 'GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n',
  'a bare line feed': 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n',
  'a bare carriage return': 'GET / HTTP/1.1\r\nHost: a\r\nX: y\rZ: a\r\n\r\n',
  'a NUL': 'GET / HTTP/1.1\r\nHost: a\r\nX: y\0\r\n\r\n',
  'no name': 'GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n',
  'no colon': 'GET / HTTP/1.1\r\nHost: a\r\nXy\r\n\r\n',
  'an older version': 'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
  'two spaces': 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
  'a target in full': 'GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n',
  'an asterisk': 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'bytes in the target': 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n',
  'a repeated header': 'GET / HTTP/1.1\r\nHost: a\r\nCookie: a\r\nCookie: b\r\n\r\n',
  'names of objects': 'GET / HTTP/1.1\r\nHost: a\r\n__proto__: a\r\nconstructor: b\r\n\r\n',
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a HEAD': 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
  'a wish to be asked on':
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab',
  'an empty line first': '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
}

test('whatever is odd is answered as by Node alone', async (t) => {
  const { say, taken } = await pair(t)
  for (const [name, bytes] of Object.entries(odd)) {
    const [fast, plain] = await say(bytes)
    assert.equal(sorted(fast), sorted(plain), name)
    assert.notEqual(plain, '', name)
  }
  // Names of objects are names, and each connection may have had its last request taken.
  assert.ok(taken() <= 3, `${taken()} were taken`)
})

test('any bytes that look like requests are answered as by Node alone', async (t) => {
  const { say, taken } = await pair(t)
  const piece = (...texts: string[]) => fc.constantFrom(...texts)
  const name = fc.oneof(
    piece(
      'Host',
      'host',
      'X-A',
      'Accept',
      'Content-Length',
      'Transfer-Encoding',
      'Connection',
      'Cookie',
      'Upgrade',
    ),
    fc.string({ minLength: 1, maxLength: 6, unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) }), // biome-ignore format: one line
  )
  const value = fc.oneof(
    piece(
      'a.test',
      '0',
      '1',
      '2',
      ' 2 ',
      'chunked',
      'close',
      'keep-alive',
      '',
      'a b',
      '\ta\t',
      'é',
      '"a", b',
    ),
    fc.string({
      maxLength: 8,
      unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
    }),
  )
  const header = fc.record({ name, colon: fc.oneof({ weight: 9, arbitrary: piece(': ', ':') }, piece(' : ', '')), value, end: fc.oneof({ weight: 20, arbitrary: piece('\r\n') }, piece('\n', '\r')) }) // biome-ignore format: one line
  const request = fc.record({
    method: fc.oneof({ weight: 9, arbitrary: piece('GET', 'POST', 'PUT') }, piece('HEAD', 'get', 'X', '')),
    url: fc.oneof({ weight: 9, arbitrary: piece('/', '/a?b=c', '/%e4') }, piece('*', '', '/ ', '/é', 'a')),
    version: fc.oneof({ weight: 19, arbitrary: piece('HTTP/1.1') }, piece('HTTP/1.0', 'HTTP/1', '')),
    host: fc.oneof({ weight: 9, arbitrary: piece('Host: a\r\n') }, piece('')),
    headers: fc.array(header, { maxLength: 3 }),
    body: fc.oneof({ weight: 3, arbitrary: piece('') }, piece('a', 'ab', '2\r\nab\r\n0\r\n\r\n')),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ method, url, version, host, headers, body }) => {
      const lines = headers.map((it) => it.name + it.colon + it.value + it.end).join('')
      const [fast, plain] = await say(`${method} ${url} ${version}\r\n${host}${lines}\r\n${body}`)
      if (!isRefusalOf(fast, plain) && !isRefusalOf(plain, fast)) assert.equal(sorted(fast), sorted(plain))
    }),
    { numRuns: 400, endOnFailure: true },
  )
  t.diagnostic(`${taken()} requests were taken`)
  assert.ok(taken() > 50, `only ${taken()} requests were taken`)
})
