import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { ManualClock } from '../lib/clock.ts'
import { ConnectionLost, canBeSent, parseWhole, wholeExchange } from './whole-exchange.ts'

/** A server that answers each piece that comes with what it is told next. */
async function bed(t: TestContext, answer: (socket: Socket, got: string) => void) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => answer(socket, bytes.toString('latin1')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const clock = new ManualClock()
  const client = wholeExchange({ address, monotonicMs: () => clock.monotonicMs() })
  t.after(() => {
    client.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { client, clock, sockets, address }
}

const get = { method: 'GET', target: '/a?b', rawHeaders: ['Host', 'h'] }
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('a request is written whole, and a whole response is read; the connection is used again', async (t) => {
  const seen: string[] = []
  const { client, sockets } = await bed(t, (socket, got) => {
    seen.push(got)
    socket.write('HTTP/1.1 299 So So\r\nX-A: b \r\nx-a:\xe4\r\nContent-Length: 2\r\n\r\nok', 'latin1')
  })
  const body = Buffer.from('{"a":"\u00e4"}')
  for (let call = 0; call < 3; call++) {
    const response = await client.exchange({ ...get, method: 'POST', rawHeaders: ['X', 'y'], body })
    assert.deepEqual(response, {
      status: 299,
      statusMessage: 'So So',
      rawHeaders: ['X-A', 'b', 'x-a', '\xe4', 'Content-Length', '2'],
      body: Buffer.from('ok'),
      keptForMs: 4000,
    })
  }
  const sent = `POST /a?b HTTP/1.1\r\nX: y\r\nConnection: keep-alive\r\n\r\n${body.toString('latin1')}`
  assert.deepEqual([sockets.length, seen], [1, [sent, sent, sent]])
})

test('a connection that is used again and again is watched no more than at first', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const { client, sockets } = await bed(t, (socket) => void socket.write(ok))
  for (let call = 0; call < 30; call++) await client.exchange(get)
  await nextTurn()
  assert.deepEqual([sockets.length, warnings], [1, []])
})

test('a connection is not used when its server is about to close it, has closed it, or has said more', async (t) => {
  let answer = ok
  const { client, clock, sockets } = await bed(t, (socket) => void socket.write(answer))
  const exchange = async () => assert.ok('status' in (await client.exchange(get)))
  await exchange()
  clock.advance(3999)
  await exchange()
  assert.equal(sockets.length, 1)
  clock.advance(4000)
  await exchange()
  assert.equal(sockets.length, 2)
  const others = [
    ok.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    ok.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n'),
  ]
  for (const [index, text] of others.entries()) {
    answer = text
    await exchange()
    answer = ok
    await exchange()
    assert.equal(sockets.length, 3 + index)
  }
  const last = sockets.at(-1)!
  last.write('more')
  await once(last, 'close')
  await exchange()
  assert.equal(sockets.length, 5)
})

test('a connection that breaks is told, with whether it was new; a caller who leaves ends it', async (t) => {
  const { client, sockets } = await bed(t, (socket, got) => {
    if (got.includes('/wait')) return
    if (got.includes('/break')) socket.destroy()
    else socket.write(ok)
  })
  const lost = async (request: typeof get & { signal?: AbortSignal }): Promise<boolean> => {
    const error = await client.exchange(request).then(() => undefined, (error: unknown) => error) // biome-ignore format: one line
    assert.ok(error instanceof ConnectionLost)
    return error.isReused
  }
  assert.equal(await lost({ ...get, target: '/break' }), false)
  await client.exchange(get)
  assert.equal(await lost({ ...get, target: '/break' }), true)
  assert.equal(await lost({ ...get, signal: AbortSignal.abort() }), false)
  const leaving = new AbortController()
  const left = lost({ ...get, target: '/wait', signal: leaving.signal })
  setImmediate(() => leaving.abort())
  assert.equal(await left, false)
  await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')))
})

test('what Node would not send is not sent', () => {
  assert.equal(canBeSent(get), true)
  for (const no of [
    { ...get, method: 'HEAD' },
    { ...get, target: '/a b' },
    { ...get, target: '/a\r\nX: y' },
    { ...get, rawHeaders: ['X', 'a\r\nb'] },
    { ...get, rawHeaders: ['X y', 'a'] },
    { ...get, rawHeaders: ['X', '\u20ac'] },
  ])
    assert.equal(canBeSent(no), false, JSON.stringify(no))
})

/** Status, headers and body as Node's client reads them from this connection, or that it fails. */
function byNode(createConnection: () => Duplex): Promise<string> {
  return new Promise((resolve) => {
    const sent = httpRequest({ method: 'GET', path: '/', createConnection })
    sent.once('response', (response) =>
      buffer(response).then(
        (body) => resolve(seen(response.statusCode!, response.statusMessage!, response.rawHeaders, body)),
        () => resolve('failed'),
      ),
    )
    sent.on('error', () => resolve('failed'))
    // What is read of the response is told in a moment.
    sent.once('close', () => setTimeout(() => resolve('failed'), 20))
    sent.end()
  })
}

const seen = (status: number, statusMessage: string, rawHeaders: readonly string[], body: Buffer): string =>
  JSON.stringify([status, statusMessage, rawHeaders, body.toString('latin1')])

test('a response that is read whole is read as by Node, and every other one is left to it from its beginning', async (t) => {
  let next = ''
  const { address } = await bed(t, (socket) => void socket.end(next, 'latin1'))
  const { connect } = await import('node:net')
  let whole = 0
  const either = async (bytes: string): Promise<void> => {
    next = bytes
    const client = wholeExchange({ address, monotonicMs: () => 0 })
    const response = await client.exchange(get).catch(() => undefined)
    const ours =
      response === undefined
        ? 'failed'
        : response instanceof Duplex
          ? await byNode(() => response)
          : seen(response.status, response.statusMessage, response.rawHeaders, response.body)
    if (response && !(response instanceof Duplex)) whole++
    client.close()
    assert.equal(ours, await byNode(() => connect(address)), JSON.stringify(bytes))
  }
  const piece = (...texts: string[]) => fc.constantFrom(...texts)
  const name = fc.oneof(
    piece('X-A', 'Set-Cookie', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Keep-Alive', 'Trailer'),
    fc.string({ minLength: 1, maxLength: 5, unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) }), // biome-ignore format: one line
  )
  const value = fc.oneof(
    piece(
      '0',
      '2',
      ' 2 ',
      '3',
      '+2',
      'chunked',
      'Chunked',
      'gzip, chunked',
      'close',
      'keep-alive',
      'timeout=1',
      '',
      '\xe9',
    ),
    fc.string({
      maxLength: 6,
      unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
    }),
  )
  const end = fc.oneof({ weight: 20, arbitrary: piece('\r\n') }, piece('\n', '\r'))
  const header = fc.record({ name, colon: fc.oneof({ weight: 9, arbitrary: piece(': ', ':') }, piece(' : ', '')), value, end }) // biome-ignore format: one line
  const response = fc.record({
    line: fc.oneof(
      {
        weight: 9,
        arbitrary: piece(
          'HTTP/1.1 200 OK',
          'HTTP/1.1 404 No',
          'HTTP/1.1 204 ',
          'HTTP/1.1 304 x',
          'HTTP/1.1 599',
        ),
      },
      piece(
        'HTTP/1.0 200 OK',
        'HTTP/1.1 20 OK',
        'HTTP/1.1 099 OK',
        'HTTP/1.1  200 OK',
        'HTTP/1.1 200OK',
        'HTTP/2 200',
        '',
      ),
    ),
    headers: fc.array(header, { maxLength: 2 }),
    framed: fc.constantFrom(
      'Content-Length: 2\r\n\r\nab',
      'Content-Length: 1\r\n\r\na',
      'Content-Length: 0\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n01\r\nb\r\n0\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n',
      'Content-Length: 3\r\n\r\nab',
      '\r\nab',
      '\r\n',
      '',
    ),
  })
  await fc.assert(
    fc.asyncProperty(response, ({ line, headers, framed }) =>
      either(`${line}\r\n${headers.map((it) => it.name + it.colon + it.value + it.end).join('')}${framed}`),
    ),
    { numRuns: 500, endOnFailure: true },
  )
  t.diagnostic(`${whole} responses were read whole`)
  assert.ok(whole > 15, `only ${whole} responses were read whole`)
})

test('any bytes are a whole response or not, and never an exception', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseWhole(Buffer.from(bytes))))
})

test('a response that comes slowly is handed on as it comes, and no faster than it is read', async (t) => {
  const { client, sockets } = await bed(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
  })
  const response = await client.exchange(get)
  assert.ok(response instanceof Duplex)
  const message = await new Promise<import('node:http').IncomingMessage>((resolve) =>
    httpRequest({ createConnection: () => response })
      .once('response', resolve)
      .end(),
  )
  message.setEncoding('utf8')
  assert.equal((await once(message, 'data'))[0], 'a')
  sockets[0]!.write('1\r\nb\r\n')
  assert.equal((await once(message, 'data'))[0], 'b')
  message.destroy()
  await once(sockets[0]!, 'close')
})
