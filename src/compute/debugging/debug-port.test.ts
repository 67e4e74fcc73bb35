import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ManualClock } from '../../lib/clock.ts'
import { openDebugPort } from './debug-port.ts'

/** Says its name to who connects. */
async function listener(t: TestContext, name: string): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write(name)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port }
}

async function said(port: number, clock: ManualClock): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  while (text === '' && !socket.closed) {
    await turn()
    clock.advance(50)
  }
  socket.destroy()
  return text
}

test('connections are handed on to where the instance of now listens', async (t) => {
  const clock = new ManualClock()
  const port = await openDebugPort(0, clock)
  port.pointTo(await listener(t, 'first'))
  assert.equal(await said(port.port, clock), 'first')
  port.pointTo(await listener(t, 'second'))
  assert.equal(await said(port.port, clock), 'second')
  await port.close()
  await assert.rejects(once(connect({ host: '127.0.0.1', port: port.port }), 'connect'), {
    code: 'ECONNREFUSED',
  })
})

test('who connects while there is none waits, and not for ever', async (t) => {
  const clock = new ManualClock()
  const port = await openDebugPort(0, clock)
  t.after(() => port.close())
  const waiting = said(port.port, clock)
  for (let turns = 0; turns < 20; turns++) await turn()
  port.pointTo(await listener(t, 'late'))
  assert.equal(await waiting, 'late')
  port.pointTo(undefined)
  assert.equal(await said(port.port, clock), '')
})

test('a port that is taken is refused with what the system says', async (t) => {
  const { port } = await listener(t, 'somebody')
  await assert.rejects(openDebugPort(port, new ManualClock()), { code: 'EADDRINUSE' })
})
