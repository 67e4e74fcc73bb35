/** Custom runtimes: a server of the user's, called by InvokeFunction and through an HTTP trigger. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { describe, test } from 'node:test'
import { WebSocket } from 'ws'
import { createFunction, httpTrigger, invoke, models, zipOf } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { assertRefused, http, logOf, sharedPlatform } from '../conformance.fixture.ts'

/** What a user ships for WebSocket: the package that is installed here anyway, as one file after the other. */
const server = `const http = require('node:http')
const { createHash } = require('node:crypto')
let initialized = 0
const server = http.createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const path = request.url.split('?')[0]
  const control = request.headers['x-fc-control-path']
  if (control === '/initialize') { initialized++; console.log('initialized'); return response.end() }
  if (control === '/pre-stop') { console.log('stopping'); return response.end() }
  if (control === '/invoke') {
    console.log('invoked ' + request.headers['x-fc-request-id'])
    if (body.toString() === 'fail') { response.statusCode = 404; return response.end('{"errorMessage":"failed"}') }
    if (body.toString() === 'header') { response.setHeader('x-fc-status', '404'); return response.end('by header') }
    if (body.toString() === 'exit') process.exit(1)
    return response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: body.toString(), initialized }))
  }
  if (path === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let n = 0
    const timer = setInterval(() => { response.write('data: ' + n + '\\n\\n'); if (++n === 3) { clearInterval(timer); response.end() } }, 150)
    request.socket.once('close', () => clearInterval(timer))
    return
  }
  if (path === '/endless') {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'), 20)
    response.once('close', () => { clearInterval(timer); console.log('the client left') })
    return
  }
  if (path === '/hold') return
  if (path === '/later') {
    const attempt = request.headers['x-fc-retry-count']
    console.log('later ' + JSON.stringify([request.method, request.url, request.headers['x-mine'], body.toString(), attempt]))
    if (attempt === '0') response.setHeader('x-fc-status', '404')
    return response.end()
  }
  if (path === '/break') { response.writeHead(200, { 'content-length': '1000' }); response.write('half'); return setTimeout(() => response.destroy(), 50) }
  if (path === '/status') { response.writeHead(418, 'Short And Stout', { 'x-one': ['a', 'b'], 'set-cookie': ['c=1', 'd=2'], 'x-fc-mine': 'hidden' }); return response.end('teapot') }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.rawHeaders, length: body.length, body: body.length < 1000 ? body.toString() : '' }))
})
// The least of WebSocket: accept, and send back each short text frame as it came.
server.on('upgrade', (request, socket) => {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + key + '\\r\\n\\r\\n')
  socket.on('error', () => {})
  socket.on('data', (frame) => {
    if ((frame[0] & 15) === 8) return socket.end(Buffer.from([0x88, 0]))
    const length = frame[1] & 127
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ frame[2 + (index % 4)]))
    socket.write(Buffer.concat([Buffer.from([0x81, length]), text]))
  })
})
server.listen(Number(process.env.FC_CUSTOM_LISTEN_PORT || 9000), '0.0.0.0')
`
const customRuntimeConfig = new models.CustomRuntimeConfig({
  command: ['node'],
  args: ['server.js'],
  port: 9000,
})

let url = ''
const bed = sharedPlatform({}, async ({ client, platform }) => {
  await createFunction(client, {
    functionName: 'server',
    runtime: 'custom.debian12',
    handler: 'index.handler',
    instanceConcurrency: 20,
    files: { 'server.js': server },
    customRuntimeConfig,
    instanceLifecycleConfig: new models.InstanceLifecycleConfig({
      initializer: new models.LifecycleHook({ handler: 'index.init', timeout: 5 }),
      preStop: new models.LifecycleHook({ handler: 'index.stop', timeout: 5 }),
    }),
  })
  url = await httpTrigger(client, platform, 'server')
})

describe('InvokeFunction on a custom runtime', () => {
  test('is POST /invoke with the event and the headers of the contract; only the body comes back', async () => {
    const { headers, body } = await invoke(bed.client, 'server', 'an event', { xFcLogType: 'Tail' })
    const seen = JSON.parse(body)
    assert.deepEqual([seen.method, seen.url, seen.body, seen.initialized], ['POST', '/invoke', 'an event', 1])
    const expected = {
      'content-type': 'application/octet-stream',
      'x-fc-request-id': headers['x-fc-request-id'],
      'x-fc-control-path': '/invoke',
      'x-fc-function-name': 'server',
      'x-fc-function-handler': 'index.handler',
      'x-fc-function-memory': '512',
      'x-fc-function-timeout': '10',
      'x-fc-region': bed.platform.region,
      'x-fc-account-id': bed.platform.accountId,
      'x-fc-qualifier': 'LATEST',
      'x-fc-retry-count': '0',
    }
    for (const [name, value] of Object.entries(expected)) assert.equal(seen.headers[name], value, name)
    const tail = Buffer.from(headers['x-fc-log-result']!, 'base64').toString()
    assert.match(tail, new RegExp(`invoked ${headers['x-fc-request-id']}\\n`))
  })

  test('fails by status 404 or by header, without harm to the instance', async () => {
    const before = await invoke(bed.client, 'server')
    const failed = await invoke(bed.client, 'server', 'fail')
    assert.deepEqual(
      [failed.statusCode, failed.headers['x-fc-error-type'], JSON.parse(failed.body).errorMessage],
      [200, 'UnhandledInvocationError', 'failed'],
    )
    const byHeader = await invoke(bed.client, 'server', 'header')
    assert.deepEqual(
      [byHeader.headers['x-fc-error-type'], byHeader.body],
      ['UnhandledInvocationError', 'by header'],
    )
    assert.equal(byHeader.headers['x-fc-instance-id'], before.headers['x-fc-instance-id'])
  })

  test('survives a server that ends: the call fails, the next one gets a new instance', async () => {
    const died = await invoke(bed.client, 'server', 'exit')
    assert.equal(died.headers['x-fc-error-type'], 'UnhandledInvocationError')
    assert.match(JSON.parse(died.body).errorMessage, /Process exited unexpectedly/)
    const after = await invoke(bed.client, 'server')
    assert.notEqual(after.headers['x-fc-instance-id'], died.headers['x-fc-instance-id'])
  })

  test('tells what a server said that ended before it listened', async () => {
    await createFunction(bed.client, {
      functionName: 'stillborn',
      runtime: 'custom',
      handler: 'x.y',
      files: { bootstrap: { content: '#!/bin/sh\necho cannot start here\nexit 7\n', mode: 0o100755 } },
    })
    await assertRefused(
      invoke(bed.client, 'stillborn'),
      412,
      'CAExited',
      /exited unexpectedly\(code 7[\s\S]*cannot start here/,
    )
  })

  test('starts /code/bootstrap when no command is given, and listens where it is told', async () => {
    await createFunction(bed.client, {
      functionName: 'bootstrapped',
      runtime: 'custom',
      handler: 'x.y',
      customRuntimeConfig: new models.CustomRuntimeConfig({ port: 8123 }),
      files: {
        bootstrap: { content: '#!/bin/sh\ncd "$FC_FUNC_CODE_PATH" && exec node app.js\n', mode: 0o100755 },
        'app.js': `require('node:http').createServer((request, response) => response.end('port ' + process.env.FC_FUNCTION_NAME))
          .listen(Number(process.env.FC_CUSTOM_LISTEN_PORT))`,
      },
    })
    assert.equal((await invoke(bed.client, 'bootstrapped')).body, 'port bootstrapped')
  })
})

describe('an HTTP trigger on a custom runtime', () => {
  test('passes method, path, query, headers and body through as they are', async () => {
    const answer = await http(`${url}/a%20b/c?x=1&x=2&y=%2F`, {
      method: 'PATCH',
      headers: { 'X-Mine': 'yes', Cookie: 'a=b', 'X-Fc-Mine': 'no' },
      body: 'a body',
    })
    const seen = JSON.parse(answer.text)
    assert.deepEqual([seen.method, seen.url, seen.body], ['PATCH', '/a%20b/c?x=1&x=2&y=%2F', 'a body'])
    const has = (name: string) => seen.headers[seen.headers.indexOf(name) + 1]
    assert.deepEqual([has('X-Mine'), has('Cookie'), has('X-Fc-Control-Path')], ['yes', 'a=b', '/http-invoke'])
    assert.ok(!seen.headers.includes('X-Fc-Mine'))
    assert.ok(answer.headers['x-fc-request-id'] && answer.headers['x-fc-instance-id'])
  })

  test('passes status, repeated headers and cookies back, but not those of the platform', async () => {
    const { status, headers, text } = await http(`${url}/status`)
    assert.deepEqual([status, text, headers['x-one']], [418, 'teapot', 'a, b'])
    assert.deepEqual(headers['set-cookie'], ['c=1', 'd=2'])
    assert.equal(headers['x-fc-mine'], undefined)
  })

  test('that is asynchronous is answered 202, reaches the server as it was sent, and again when it failed', async () => {
    const answer = await http(`${url}/later?a=%20b`, {
      method: 'PUT',
      headers: { 'x-fc-invocation-type': 'Async', 'x-mine': 'kept' },
      body: 'the body',
    })
    assert.deepEqual([answer.status, answer.text], [202, ''])
    assert.match(String(answer.headers['x-fc-request-id']), /^1-/)
    const seen = async () =>
      (await logOf(bed.platform, 'server'))
        .filter((line) => line.startsWith('later '))
        .map((line) => JSON.parse(line.slice(6)))
    await until(async () => (await seen()).length >= 2, { what: 'both attempts' })
    const sent = ['PUT', '/later?a=%20b', 'kept', 'the body']
    assert.deepEqual(await seen(), [
      [...sent, '0'],
      [...sent, '1'],
    ])
  })

  test('streams a request body of any size up', async () => {
    const answer = await http(url, { method: 'POST', body: Buffer.alloc(40 * 1024 * 1024) })
    assert.equal(JSON.parse(answer.text).length, 40 * 1024 * 1024)
  })

  test('streams events as they come', async () => {
    const sent = httpRequest(`${url}/stream`, { agent: false })
    sent.end()
    const [response] = await once(sent, 'response')
    const arrivals: string[] = []
    for await (const chunk of response) arrivals.push(chunk.toString())
    assert.deepEqual([response.statusCode, response.headers['content-type']], [200, 'text/event-stream'])
    assert.equal(arrivals.join(''), 'data: 0\n\ndata: 1\n\ndata: 2\n\n')
    assert.ok(arrivals.length >= 2, 'it came all at once')
  })

  test('tells the server when the client leaves', async () => {
    const sent = httpRequest(`${url}/endless`, { agent: false })
    sent.on('error', () => {})
    sent.end()
    const [response] = await once(sent, 'response')
    await once(response, 'data')
    sent.destroy()
    await until(
      async () => (await logOf(bed.platform, 'server')).some((line) => line.includes('the client left')),
      {
        what: 'the server to notice',
      },
    )
    assert.equal((await http(url)).status, 200)
  })

  test('breaks off where the server broke off', async () => {
    await assert.rejects(http(`${url}/break`), { code: 'ECONNRESET' })
  })

  test('carries a WebSocket both ways', async () => {
    const socket = new WebSocket(`${url.replace('http:', 'ws:')}/socket`)
    await once(socket, 'open')
    for (const text of ['one', 'two']) {
      socket.send(text)
      const [message] = await once(socket, 'message')
      assert.equal(message.toString(), text)
    }
    socket.close()
    const [code] = await once(socket, 'close')
    assert.ok([1000, 1005].includes(code), String(code))
  })

  test('that takes longer than the timeout is answered, and a WebSocket closed', async () => {
    await createFunction(bed.client, {
      functionName: 'hasty',
      runtime: 'custom.debian12',
      handler: 'index.handler',
      timeout: 1,
      instanceConcurrency: 5,
      files: { 'server.js': server },
      customRuntimeConfig,
    })
    const hasty = await httpTrigger(bed.client, bed.platform, 'hasty')
    const socket = new WebSocket(hasty.replace('http:', 'ws:'))
    await once(socket, 'open')
    const closed = once(socket, 'close')
    const held = await http(`${hasty}/hold`)
    assert.equal(held.status, 502)
    assert.equal(held.headers['x-fc-error-type'], 'UnhandledInvocationError')
    assert.match(held.text, /timed out after 1 seconds/)
    await closed
  })

  test('of a built-in runtime refuses WebSocket', async () => {
    await createFunction(bed.client, {
      functionName: 'builtin',
      files: {},
      code: new models.InputCodeLocation({
        zipFile: await zipOf({ 'index.js': 'exports.handler = async () => 1' }),
      }),
    })
    const builtin = await httpTrigger(bed.client, bed.platform, 'builtin')
    const socket = new WebSocket(builtin.replace('http:', 'ws:'))
    const [error] = await once(socket, 'error')
    assert.match(String(error), /400/)
  })

  test('runs preStop when its instances are retired', async () => {
    await http(url)
    await bed.client.updateFunction(
      'server',
      new models.UpdateFunctionRequest({ body: new models.UpdateFunctionInput({ timeout: 12 }) }),
    )
    assert.equal((await http(url)).status, 200)
    await until(async () => (await logOf(bed.platform, 'server')).some((line) => line.includes('stopping')), {
      what: 'the preStop hook',
    })
  })
})
