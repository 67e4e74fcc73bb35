import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, test } from 'node:test'
import { ManualClock } from '../lib/clock.ts'
import { streamOf } from '../ports/invocation.testing.ts'
import type { FunctionRevision } from '../ports/invocation.ts'
import type { Sandbox, SandboxExit } from '../ports/sandbox.ts'
import { startHttpInstance } from './http-instance.ts'
import { InvocationLog } from './invocation-log.ts'
import type { HttpAnswer } from './live-instance.ts'
import { discardingLogSink } from './log-sink.ts'
import { NotStarted } from './not-started.ts'
import { silenceMaxMs } from './streamed-response.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  open.push({
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return (server.address() as { port: number }).port
}

const newLog = () =>
  new InvocationLog(
    { accountId: '1', functionName: 'f', qualifier: 'LATEST', instanceId: 'c' },
    { requestId: 'r', wantTail: false, sink: discardingLogSink, now: () => 0 },
  )

/** A custom runtime whose program is whatever listens at the port; its exit is the test's. */
function start(port: number, customRuntime: object = {}) {
  const clock = new ManualClock()
  const exited = Promise.withResolvers<SandboxExit>()
  const channel = new PassThrough()
  const sandbox = {
    instanceId: 'c',
    channel,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exited: exited.promise,
    address: () => ({ host: '127.0.0.1', port }),
  } as unknown as Sandbox
  const revision = {
    functionName: 'f',
    accountId: '1',
    region: 'r',
    versionId: 'LATEST',
    runtime: 'custom',
    handler: '',
    memoryMb: 128,
    timeoutMs: 3000,
    environment: {},
    logProject: '',
    logStore: '',
    customRuntime: { command: ['serve'], args: [], port: 9000, ...customRuntime },
  } as unknown as FunctionRevision
  const paths = { codeDir: '/code', optDir: '/opt', tmpDir: '/tmp', preparedDir: '/prepared' }
  const starting = startHttpInstance({
    sandbox,
    revision,
    qualifier: 'LATEST',
    paths,
    clock,
    backgroundLog: newLog(),
  })
  starting.catch(() => {})
  let settled = false
  void starting.then(
    () => (settled = true),
    () => (settled = true),
  )
  /** Lets its clock run until it has come to an end, or so far. */
  async function run(forMs: number): Promise<void> {
    for (let passed = 0; passed < forMs && !settled; passed += 250) {
      clock.advance(250)
      await new Promise((turn) => setTimeout(turn, 0))
    }
    await new Promise((turn) => setImmediate(turn))
  }
  return { starting, run, exit: exited.resolve, channel, clock }
}

async function unusedPort(): Promise<number> {
  const port = await listen(() => {})
  open.pop()!.close()
  return port
}

const call = () => ({
  requestId: 'r',
  qualifier: 'LATEST',
  credentials: undefined,
  log: newLog(),
  event: Buffer.from('e'),
  retryCount: 0,
})

test('a program that does not listen is given 120 s, not less', async () => {
  const { starting, run } = start(await unusedPort())
  const failures: unknown[] = []
  starting.catch((error) => failures.push(error))
  await run(119_000)
  assert.equal(failures.length, 0)
  await run(10_000)
  const failure = failures.at(0)
  assert.ok(failure instanceof NotStarted, `${failure}`)
  assert.equal(failure.refusal.code, 'FunctionNotStarted')
  assert.match(failure.message, /in 120 seconds/)
})

test('a program that ends before it listens is told at once', async () => {
  const { starting, exit, run } = start(await unusedPort())
  exit({ code: 3, signal: null, oomKilled: false })
  await run(1000)
  await assert.rejects(starting, (error: NotStarted) => error.refusal.code === 'CAExited')
})

test('a program that listens but does not pass its health check is given as long', async () => {
  const port = await listen((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'))
  })
  const healthCheck = {
    httpGetUrl: '/ready',
    initialDelayMs: 0,
    periodMs: 5000,
    timeoutMs: 1000,
    failureThreshold: 3,
    successThreshold: 1,
  }
  const { starting, run } = start(port, { healthCheck })
  await run(130_000)
  await assert.rejects(starting, (error: NotStarted) => error.refusal.code === 'FunctionNotStarted')
})

test('a health check whose answer never ends is passed, and the answer is not read on', async () => {
  let closed = false
  const port = await listen((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = setInterval(() => socket.write('1\r\nx\r\n'), 1)
      socket.once('close', () => {
        clearInterval(more)
        closed = true
      })
    })
  })
  const healthCheck = {
    httpGetUrl: '/',
    initialDelayMs: 0,
    periodMs: 1000,
    timeoutMs: 1000,
    failureThreshold: 3,
    successThreshold: 1,
  }
  const { starting, run } = start(port, { healthCheck })
  await run(10_000)
  await starting
  for (let turns = 0; turns < 2000 && !closed; turns++) await new Promise((turn) => setTimeout(turn, 1))
  assert.equal(closed, true)
})

for (const [what, answer] of [
  ['garbage', '\x00\xffgarbage\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'X-More: more\r\n'.repeat(10_000)}`],
  ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['too few bytes', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx'],
] as const) {
  test(`an answer of ${what} is an error of this invocation`, async () => {
    const port = await listen((socket) => {
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')))
    })
    const { starting, run, clock } = start(port)
    await run(5000)
    const instance = await starting
    const pending = instance.invoke(call())
    let done = false
    void pending.then(() => (done = true))
    // Whether the program has died is waited for by the clock.
    for (let turns = 0; turns < 2000 && !done; turns++) {
      clock.advance(50)
      await new Promise((turn) => setTimeout(turn, 1))
    }
    const ended = await pending
    assert.equal(ended.is, 'error')
    assert.match(Buffer.from((ended as { body: Uint8Array }).body).toString(), /BadResponse/)
  })
}

test('the program is told its variables in the script that starts it', async () => {
  const port = await listen(() => {})
  const { starting, run, channel } = start(port)
  await run(5000)
  await starting
  const script = await text(channel)
  assert.match(script, /export FC_FUNCTION_NAME='?f'?/)
})

const switchesProtocol = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'

test('a change of protocol that nobody asked for is an error of this invocation, not a wait without end', async () => {
  const port = await listen((socket) => {
    socket.once('data', () => socket.write(switchesProtocol))
  })
  const { starting, run, clock } = start(port)
  await run(5000)
  const instance = await starting
  let answer: { is: string; body?: unknown } | undefined
  void instance.invoke(call()).then((given) => (answer = given))
  for (let turns = 0; turns < 2000 && !answer; turns++) {
    await new Promise((turn) => setTimeout(turn, 1))
    clock.advance(10)
  }
  assert.equal(answer?.is, 'error')
  assert.match(String(answer?.body), /closed without a response/)
})

for (const [what, piece] of [
  ['changes the protocol', switchesProtocol],
  ['says now and then that more is coming', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['never gets to the end of its head', 'X: y\r\n'],
] as const) {
  test(`a health check whose answer ${what} is not passed, and is not waited for without end`, async () => {
    const port = await listen((socket) => {
      socket.once('data', () => {
        if (piece.startsWith('X')) socket.write('HTTP/1.1 200 OK\r\n')
        const more = setInterval(() => socket.write(piece), 1)
        socket.once('close', () => clearInterval(more))
      })
    })
    const healthCheck = {
      httpGetUrl: '/',
      initialDelayMs: 0,
      periodMs: 1000,
      timeoutMs: 1000,
      failureThreshold: 3,
      successThreshold: 1,
    }
    const { starting, run } = start(port, { healthCheck })
    await run(130_000)
    await assert.rejects(starting, (error: NotStarted) => error.refusal.code === 'FunctionNotStarted')
  })
}

/** The response to a request whose body is this one. */
async function forwarded(
  { starting, run }: ReturnType<typeof start>,
  body: Readable,
  rawHeaders: string[] = [],
): Promise<Extract<HttpAnswer, { is: 'response' }>> {
  await run(5000)
  const instance = await starting
  const request = {
    method: 'POST',
    target: '/',
    rawHeaders: ['Host', 'h', ...rawHeaders],
    clientIp: '1.2.3.4',
  }
  const answer = await instance.forward!({ ...call(), request, body, signal: new AbortController().signal })
  assert.equal(answer.is, 'response')
  return answer as Extract<HttpAnswer, { is: 'response' }>
}

async function eventually(check: () => boolean): Promise<void> {
  for (let turns = 0; turns < 2000 && !check(); turns++) await new Promise((turn) => setTimeout(turn, 1))
  assert.ok(check())
}

const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('a response that is silent for 15 minutes is broken off, and one that says something now and then goes on', async () => {
  let server: Socket | undefined
  const port = await listen((socket) => {
    socket.once('data', () => {
      server = socket
      socket.write(`${chunkedHead}1\r\na\r\n`)
    })
  })
  const started = start(port)
  const { clock } = started
  const body = streamOf((await forwarded(started, Readable.from([]))).body)
  let received = ''
  let broken = false
  body.on('data', (chunk) => (received += chunk))
  body.on('error', () => {})
  body.once('close', () => (broken = !body.readableEnded))
  await eventually(() => received === 'a')
  server!.write('1\r\nb\r\n')
  await eventually(() => received === 'ab')
  clock.advance(silenceMaxMs)
  await new Promise((turn) => setTimeout(turn, 5))
  assert.equal(broken, false)
  clock.advance(silenceMaxMs)
  await eventually(() => broken)
  await eventually(() => server!.destroyed)
})

test('a response that has ended leaves no timer, and its upload does not go on without end', async () => {
  let closed = false
  const port = await listen((socket) => {
    socket.once('close', () => (closed = true))
    socket.once('data', () => socket.write(`${chunkedHead}0\r\n\r\n`))
  })
  const started = start(port)
  const upload = new Readable({ read() {} })
  upload.push('the beginning')
  const { body } = await forwarded(started, upload, ['Transfer-Encoding', 'chunked'])
  const timers = started.clock.pendingTimers
  assert.equal(await text(streamOf(body)), '')
  await eventually(() => closed)
  await eventually(() => upload.destroyed)
  assert.equal(started.clock.pendingTimers, timers - 1)
})
