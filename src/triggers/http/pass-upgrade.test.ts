import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import type { HttpRequestHead, UpgradeInvocation } from '../../ports/invocation.ts'
import { report, startEdge, triggerOf, until } from './http-edge.testing.ts'

const revision = { runtime: 'custom' }
const upgradeHead =
  'GET /chat?room=1 HTTP/1.1\r\nHost: hello.fcapp.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\nX-Fc-Region: x\r\n\r\n'

test('a WebSocket is spoken with the instance itself', async (t) => {
  const heads: HttpRequestHead[] = []
  const instance = new WebSocketServer({ noServer: true })
  t.after(() => instance.close())
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async upgrade({ request, socket, head }) {
        heads.push(request)
        const headers: Record<string, string> = {}
        for (let index = 0; index < request.rawHeaders.length; index += 2)
          headers[request.rawHeaders[index]!.toLowerCase()] = request.rawHeaders[index + 1]!
        instance.handleUpgrade(
          { method: request.method, url: request.target, headers } as never,
          socket,
          Buffer.from(head),
          (peer) => {
            peer.on('message', (message) => peer.send(`you said ${message}`))
          },
        )
        await once(socket, 'close')
        return { outcome: 'ended', report }
      },
    },
  })
  const client = new WebSocket(`ws://127.0.0.1:${edge.port}/chat?room=1`, {
    headers: { host: 'hello.fcapp.localhost', 'x-fc-region': 'forged' },
  })
  await once(client, 'open')
  client.send('hi')
  const [message] = await once(client, 'message')
  assert.equal(String(message), 'you said hi')
  client.close()
  await once(client, 'close')
  assert.equal(heads[0]!.target, '/chat?room=1')
  const names = heads[0]!.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  assert.ok(names.includes('sec-websocket-key'))
  assert.deepEqual([names.includes('upgrade'), names.includes('connection')], [true, true])
  assert.equal(names.includes('x-fc-region'), false)
})

for (const [what, options, status, marker] of [
  ['of an unknown function', { triggers: [] }, 404, '"Code":"TriggerNotFound"'],
  ['to a built-in runtime', {}, 400, '"Code":"InvalidArgument"'],
  [
    'with a method that is not listed',
    { revision, triggers: [triggerOf({ methods: ['POST'] })] },
    405,
    'Allow: POST',
  ],
  [
    'that is throttled',
    { revision, invoker: { upgrade: async () => ({ outcome: 'throttled', message: 'full' }) } },
    429,
    '"Code":"ResourceExhausted"',
  ],
  [
    'whose instance could not start',
    {
      revision,
      invoker: {
        upgrade: async () => ({
          outcome: 'initializationError',
          because: 'start',
          body: Buffer.from('{"errorMessage":"no"}'),
          report,
        }),
      },
    },
    502,
    'X-Fc-Error-Type: InitializationError',
  ],
] as const) {
  test(`an upgrade ${what} is answered over HTTP and its connection closed`, async (t) => {
    const edge = await startEdge(t, options as object)
    const socket = edge.dial()
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.write(upgradeHead)
    await once(socket, 'close')
    assert.ok(received.startsWith(`HTTP/1.1 ${status} `), received)
    assert.ok(received.includes(marker), received)
  })
}

test('an instance that fails after it has answered gets no HTTP error written into its connection', async (t) => {
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async upgrade({ socket }) {
        await new Promise<void>((resolve) =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n', () => resolve()),
        )
        return { outcome: 'unhandledError', because: 'crash', body: Buffer.from('{}'), report }
      },
    },
  })
  const socket = edge.dial()
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.write(upgradeHead)
  await once(socket, 'close')
  assert.doesNotMatch(received, /502/)
})

test('a connection that breaks aborts its upgrade, and what it sent early is handed over', async (t) => {
  const seen: UpgradeInvocation[] = []
  const edge = await startEdge(t, {
    revision,
    invoker: {
      async upgrade(invocation) {
        seen.push(invocation)
        invocation.socket.resume()
        await once(invocation.socket, 'close')
        return { outcome: 'ended', report }
      },
    },
  })
  const socket = edge.dial()
  socket.write(`${upgradeHead}early`)
  await until(() => seen.length === 1, 'the instance is called')
  assert.equal(Buffer.from(seen[0]!.head).toString(), 'early')
  assert.equal(seen[0]!.signal!.aborted, false)
  socket.resetAndDestroy()
  await until(() => seen[0]!.signal!.aborted, 'the upgrade is aborted')
})
