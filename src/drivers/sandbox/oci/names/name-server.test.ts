import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../../../lib/clock.ts'
import { silentLogger } from '../../../../lib/logger.ts'
import { ask } from './message.testing.ts'
import { addressAnswer, codes, readQuestion } from './message.ts'
import { type NameServerSettings, openNameServer } from './name-server.ts'
import { framed, messagesOf } from './stream.ts'

const ours = 'bucket.oss-cn-hangzhou.aliyuncs.com'
const everything = (): 'everything' => 'everything'

async function open(context: TestContext, settings: Partial<NameServerSettings> = {}) {
  const clock = new ManualClock()
  const server = await openNameServer({
    address: '127.0.0.1',
    port: 0,
    others: [],
    toldTo: everything,
    clock,
    log: silentLogger,
    ...settings,
  })
  context.after(() => server.close())
  server.answer((name) => name === ours)
  return { ...server, clock }
}

/** A socket of a client, and what it gets back, in order. */
async function datagrams(context: TestContext, port: number) {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve))
  context.after(() => socket.close())
  return {
    send: (message: Buffer) => socket.send(message),
    next: async () => (await once(socket, 'message'))[0] as Buffer,
  }
}

/** All that comes back over a stream until it ends. */
async function overStream(port: number, bytes: Buffer, { end = true } = {}): Promise<Buffer[]> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(bytes)
  if (end) socket.end()
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return messagesOf(0xffff)(Buffer.concat(chunks))
}

/** A server of the internet that says `192.0.2.7` of every name; what it was asked is kept. */
async function upstream(context: TestContext, { silent = false } = {}) {
  const asked: Buffer[] = []
  let heard = (): void => {}
  const answer = (message: Buffer): Buffer => {
    asked.push(message)
    heard()
    const read = readQuestion(message)
    assert.ok(read.is === 'question')
    return addressAnswer(read.question, '192.0.2.7', 5)
  }
  const streams = createServer((socket: Socket) => {
    const messages = messagesOf(0xffff)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (const message of messages(chunk)) {
        const said = framed(answer(message))
        if (!silent) socket.write(said)
      }
    })
  })
  await once(streams.listen(0, '127.0.0.1'), 'listening')
  const { port } = streams.address() as { port: number }
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
  socket.on('message', (message, { port: to, address }) => {
    const said = answer(message)
    if (!silent) socket.send(said, to, address)
  })
  context.after(() => {
    socket.close()
    streams.close()
  })
  return {
    address: '127.0.0.1',
    port,
    asked,
    untilAsked: (times: number) =>
      new Promise<void>((resolve) => {
        heard = () => asked.length >= times && resolve()
        heard()
      }),
  }
}

const code = (message: Buffer): number => message.readUInt16BE(2) & 15
const address = (message: Buffer): string => [...message.subarray(-4)].join('.')

describe('the name server of instances', () => {
  it('answers names of the platform with its own address, and asks nobody', async (context) => {
    const other = await upstream(context)
    const server = await open(context, { others: [other] })
    const client = await datagrams(context, server.port)
    client.send(ask(ours.toUpperCase(), { id: 9 }))
    const answer = await client.next()
    assert.deepEqual([answer.readUInt16BE(0), address(answer)], [9, '127.0.0.1'])
    client.send(ask(ours, { type: 28 }))
    const v6 = await client.next()
    assert.deepEqual([code(v6), v6.readUInt16BE(6)], [codes.noError, 0])
    const [streamed] = await overStream(server.port, framed(ask(ours)))
    assert.equal(address(streamed!), '127.0.0.1')
    assert.equal(other.asked.length, 0)
  })

  it('asks others for other names, under a number of its own, by the way it was asked', async (context) => {
    const other = await upstream(context)
    const server = await open(context, { others: [other] })
    const client = await datagrams(context, server.port)
    client.send(ask('example.com', { id: 9, extended: true }))
    const answer = await client.next()
    assert.equal(answer.readUInt16BE(0), 9)
    assert.equal(answer.subarray(-15, -11).join('.'), '192.0.2.7')
    const streamed = await overStream(
      server.port,
      Buffer.concat([framed(ask('a.example.com', { id: 1 })), framed(ask('b.example.com', { id: 2 }))]),
    )
    assert.deepEqual(
      streamed.map((message) => [message.readUInt16BE(0), address(message)]),
      [
        [1, '192.0.2.7'],
        [2, '192.0.2.7'],
      ],
    )
    assert.equal(other.asked.length, 3)
  })

  it('refuses other names to those who may not reach the internet', async (context) => {
    const other = await upstream(context)
    const server = await open(context, { others: [other], toldTo: () => 'platform' })
    const client = await datagrams(context, server.port)
    client.send(ask('example.com'))
    assert.equal(code(await client.next()), codes.refused)
    client.send(ask(ours))
    assert.equal(address(await client.next()), '127.0.0.1')
    assert.equal(other.asked.length, 0)
  })

  it('says nothing to strangers', async (context) => {
    let known = false
    const server = await open(context, { toldTo: () => (known ? 'platform' : 'nothing') })
    const client = await datagrams(context, server.port)
    client.send(ask(ours, { id: 1 }))
    assert.deepEqual(await overStream(server.port, framed(ask(ours))).catch(() => []), [])
    known = true
    client.send(ask(ours, { id: 2 }))
    // The first would have been answered first.
    assert.equal((await client.next()).readUInt16BE(0), 2)
  })

  it('asks the next server when one is silent or not there, and says when all are', async (context) => {
    const mute = await upstream(context, { silent: true })
    const good = await upstream(context)
    const nobody = { address: '127.0.0.1', port: 1 }
    const server = await open(context, { others: [mute, nobody, good] })
    const client = await datagrams(context, server.port)
    client.send(ask('example.com'))
    await mute.untilAsked(1)
    server.clock.advance(2000)
    assert.equal(address(await client.next()), '192.0.2.7')

    const alone = await open(context, { others: [mute] })
    const other = await datagrams(context, alone.port)
    other.send(ask('example.com'))
    await mute.untilAsked(2)
    alone.clock.advance(2000)
    assert.equal(code(await other.next()), codes.serverFailure)
    const streamed = overStream(alone.port, framed(ask('example.com')))
    await mute.untilAsked(3)
    alone.clock.advance(2000)
    assert.equal(code((await streamed)[0]!), codes.serverFailure)
  })

  it('does not ask more for one instance than it may', async (context) => {
    const mute = await upstream(context, { silent: true })
    const server = await open(context, { others: [mute] })
    const client = await datagrams(context, server.port)
    for (let id = 0; id < 64; id++) client.send(ask('example.com', { id }))
    await mute.untilAsked(64)
    client.send(ask('example.com', { id: 64 }))
    const refused = await client.next()
    assert.deepEqual([refused.readUInt16BE(0), code(refused)], [64, codes.serverFailure])
    // What is open does not keep it from closing: the end of this test waits for that.
  })

  it('survives what is no question at all', async (context) => {
    const server = await open(context)
    const client = await datagrams(context, server.port)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        client.send(Buffer.from(bytes))
        await overStream(server.port, Buffer.from(bytes))
      }),
      { numRuns: 30 },
    )
    client.send(ask(ours, { id: 0xbeef }))
    for (;;) if ((await client.next()).readUInt16BE(0) === 0xbeef) break
  })

  it('closes a stream on a question that is too long', async (context) => {
    const server = await open(context)
    const answered = await overStream(server.port, Buffer.from([0xff, 0xff, 1]), { end: false }).catch(
      () => [],
    )
    assert.deepEqual(answered, [])
  })

  it('tells when it cannot listen', async (context) => {
    const server = await open(context)
    await assert.rejects(
      openNameServer({
        address: '127.0.0.1',
        port: server.port,
        others: [],
        toldTo: everything,
        clock: new ManualClock(),
        log: silentLogger,
      }),
      { code: 'EADDRINUSE' },
    )
  })
})
