/** The HTTP entry of API 2016-08-15: who may call, what the function is given, and what comes back. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { signFc, signFcUrl } from '../../../src/lib/signing/fc.ts'
import { fc2Client, type Sdk, zipOf } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { http, logOf } from '../conformance.fixture.ts'
import { createIn, refused, sharedServices } from './services.fixture.ts'

const bed = sharedServices()
const base = '/2016-08-15/proxy'

/** What a request looks like to a function, in Node.js. */
const echo = `
const getRawBody = require('raw-body')
const { Readable } = require('stream')
exports.handler = (req, resp, context) => {
  getRawBody(req, (error, body) => {
    for (const key in req.queries) if (req.queries.hasOwnProperty(key)) resp.setHeader(key, req.queries[key])
    resp.setHeader('x-dropped', '1')
    resp.deleteHeader('X-Dropped')
    resp.setStatusCode(202)
    resp.send(JSON.stringify({
      method: req.method, path: req.path, url: req.url, queries: req.queries, headers: req.headers,
      clientIP: req.clientIP, body: body.toString(), own: req.body.toString(), agent: req.getHeader('User-Agent'),
      service: context.service.name, name: context.function.name, requestId: context.requestId,
    }))
  })
}
exports.buffer = (req, resp) => { resp.setHeader('Content-Type', 'image/png'); resp.send(Buffer.from([0, 255, 128])) }
exports.stream = (req, resp) => resp.send(Readable.from([Buffer.from('a'), 'b', Buffer.from('c')]))
exports.late = async (req, resp) => { await null; resp.setHeader('Set-Cookie', ['a=1', 'b=2']); resp.send('late') }
exports.empty = (req, resp) => { resp.setStatusCode(204); resp.send() }
exports.twice = (req, resp) => { resp.send('once'); resp.send('twice') }
exports.thrown = (req, resp, context) => { console.log(context.toSting()) }
exports.rejected = async () => { throw new TypeError('rejected') }
exports.broken = (req, resp) => resp.send(new Readable({ read() { this.destroy(new Error('broken')) } }))
exports.status = (req, resp) => { resp.setStatusCode(req.queries.code); resp.send('') }
exports.splitting = (req, resp) => { resp.setHeader('a', 'b\\r\\nc: d'); resp.send('') }
exports.silent = () => {}
`

/** A function with an HTTP trigger, in the service of this name. */
async function served(
  service: string,
  name: string,
  files: Record<string, string>,
  fields: object = {},
  config: object = {},
): Promise<void> {
  const { fc2 } = bed
  await fc2.createService(service).catch((error: Sdk) => assert.equal(error.code, 'ServiceAlreadyExists'))
  await createIn(fc2, service, name, files, fields)
  await fc2.createTrigger(service, name, {
    triggerName: 'http',
    triggerType: 'http',
    triggerConfig: {
      authType: 'anonymous',
      methods: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'],
      ...config,
    },
  })
}

const ask = (path: string, options: Parameters<typeof http>[1] = {}) =>
  http(bed.platform.endpoints.fc, { path: `${base}${path}`, ...options })

describe('a Node.js handler', () => {
  test('is given the request, as a stream too, and sends a response', async () => {
    await served('node', 'echo', { 'index.js': echo })
    const { status, headers, text } = await ask('/node/echo/a%20b/c?x=1&y=a%20b&y=2', {
      method: 'POST',
      headers: { 'X-Twice': ['1', '2'], 'User-Agent': 'me', 'x-fc-secret': 'no', Connection: 'close' },
      body: 'the body',
    })
    assert.equal(status, 202)
    assert.deepEqual([headers['x'], headers['y'], headers['x-dropped']], ['1', 'a b, 2', undefined])
    assert.equal(headers['content-disposition'], 'attachment')
    assert.match(headers['x-fc-request-id'] as string, /^[0-9a-f-]{36}$/)
    assert.match(headers['x-fc-invocation-duration'] as string, /^\d+$/)
    const { headers: given, requestId, ...seen } = JSON.parse(text)
    assert.equal(requestId, headers['x-fc-request-id'])
    assert.deepEqual(seen, {
      method: 'POST',
      path: '/a b/c',
      url: `${base}/node/echo/a%20b/c?x=1&y=a%20b&y=2`,
      queries: { x: '1', y: ['a b', '2'] },
      clientIP: '127.0.0.1',
      body: 'the body',
      own: 'the body',
      agent: 'me',
      service: 'node',
      name: 'echo',
    })
    assert.deepEqual(
      [given['x-twice'], given['x-fc-secret'], given.connection],
      ['1, 2', undefined, undefined],
    )
    assert.equal(JSON.parse((await ask('/node/echo')).text).path, '/')
  })

  test('sends bytes, streams, several cookies, nothing, and only once', async () => {
    for (const handler of ['buffer', 'stream', 'late', 'empty', 'twice']) {
      await served('sends', handler, { 'index.js': echo }, { handler: `index.${handler}` })
    }
    const buffer = await ask('/sends/buffer/')
    assert.deepEqual([buffer.status, buffer.headers['content-type']], [200, 'image/png'])
    assert.deepEqual(buffer.bytes, Buffer.from([0, 255, 128]))
    assert.equal((await ask('/sends/stream/')).text, 'abc')
    const late = await ask('/sends/late/')
    assert.deepEqual([late.text, late.headers['set-cookie']], ['late', ['a=1', 'b=2']])
    assert.equal((await ask('/sends/empty/')).status, 204)
    assert.equal((await ask('/sends/twice/')).text, 'once')
    const head = await ask('/sends/late/', { method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [200, ''])
  })

  test('that fails is a 502 with its error', async () => {
    for (const handler of ['thrown', 'rejected', 'broken', 'splitting', 'status']) {
      await served('fails', handler, { 'index.js': echo }, { handler: `index.${handler}` })
    }
    await served('fails', 'silent', { 'index.js': echo }, { handler: 'index.silent', timeout: 1 })
    const thrown = await ask('/fails/thrown/')
    assert.deepEqual([thrown.status, thrown.headers['x-fc-error-type']], [502, 'UnhandledInvocationError'])
    assert.match(JSON.parse(thrown.text).errorMessage, /toSting is not a function/)
    assert.equal(JSON.parse((await ask('/fails/rejected/')).text).errorType, 'TypeError')
    assert.equal(JSON.parse((await ask('/fails/broken/')).text).errorMessage, 'broken')
    assert.match(JSON.parse((await ask('/fails/silent/')).text).errorMessage, /timed out/)
    for (const path of ['/fails/splitting/', '/fails/status/?code=99', '/fails/status/?code=x']) {
      const { status, text } = await ask(path)
      assert.deepEqual([status, JSON.parse(text).ErrorCode], [502, 'BadResponse'], path)
    }
    assert.equal((await ask('/fails/status/?code=418')).status, 418)
    // As the SDK shows it.
    await assert.rejects(
      bed.fc2.get('/proxy/fails/thrown/'),
      /failed with 502\. requestid: .{36}, message: .*toSting/,
    )
  })
})

test('a Python handler is a WSGI application', async () => {
  const app = `
import json

def handler(environ, start_response):
    size = int(environ.get('CONTENT_LENGTH') or 0)
    context = environ['fc.context']
    keys = ('REQUEST_METHOD', 'SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'CONTENT_TYPE', 'CONTENT_LENGTH',
            'SERVER_PROTOCOL', 'REMOTE_ADDR', 'HTTP_X_TWICE', 'HTTP_USER_AGENT', 'fc.request_uri')
    seen = {key: environ[key] for key in keys}
    seen['body'] = environ['wsgi.input'].read(size).decode()
    seen['service'] = context.service.name + '/' + context.function.name
    write = start_response('202 Accepted', [('Content-Type', 'application/json'), ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')])
    write(b'[')
    return [json.dumps(seen).encode(), b']']

class Application:
    def __init__(self, environ, start_response):
        self.start_response = start_response
    def __iter__(self):
        self.start_response('200 OK', [('X-Class', 'yes')])
        yield b'of a '
        yield b'class'

def raising(environ, start_response):
    raise ValueError('no')

def silent(environ, start_response):
    return [b'x']

def text(environ, start_response):
    start_response('200 OK', [])
    return ['text']
`
  for (const handler of ['handler', 'Application', 'raising', 'silent', 'text']) {
    await served('python', handler, { 'index.py': app }, { runtime: 'python3', handler: `index.${handler}` })
  }
  const { status, headers, text } = await ask('/python/handler/%E4%BD%A0/b?q=1&q=%20', {
    method: 'PUT',
    headers: { 'Content-Type': 'text/plain', 'X-Twice': ['1', '2'], 'User-Agent': 'me' },
    body: 'the body',
  })
  assert.equal(status, 202, text)
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  const [seen] = JSON.parse(text)
  assert.deepEqual(seen, {
    REQUEST_METHOD: 'PUT',
    SCRIPT_NAME: '',
    // Bytes, one character each, as WSGI has it.
    PATH_INFO: Buffer.from('/你/b').toString('latin1'),
    QUERY_STRING: 'q=1&q=%20',
    CONTENT_TYPE: 'text/plain',
    CONTENT_LENGTH: '8',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '127.0.0.1',
    HTTP_X_TWICE: '1,2',
    HTTP_USER_AGENT: 'me',
    'fc.request_uri': `${base}/python/handler/%E4%BD%A0/b?q=1&q=%20`,
    body: 'the body',
    service: 'python/handler',
  })
  const ofClass = await ask('/python/Application/')
  assert.deepEqual([ofClass.status, ofClass.text, ofClass.headers['x-class']], [200, 'of a class', 'yes'])
  for (const [name, errorType] of [
    ['raising', 'ValueError'],
    ['silent', 'AssertionError'],
    ['text', 'TypeError'],
  ]) {
    const failed = await ask(`/python/${name}/`)
    assert.deepEqual([failed.status, JSON.parse(failed.text).errorType], [502, errorType])
    assert.doesNotMatch(failed.text, /wsgi\.py|bootstrap\.py/)
  }
})

test('a custom runtime is given the whole path, and how much of it is not its own', async () => {
  const server = `
    const http = require('http')
    http.createServer((req, res) => {
      res.setHeader('Content-Disposition', 'inline')
      res.end(req.method + ' ' + req.url + ' ' + req.headers['x-fc-base-path'] + ' ' + req.headers['x-fc-service-name'])
    }).listen(9000, '0.0.0.0')`
  await served(
    'custom',
    'web',
    { 'server.js': server },
    {
      runtime: 'custom.debian12',
      customRuntimeConfig: { command: ['node', 'server.js'] },
    },
  )
  const { text, headers } = await ask('/custom/web/a/b?c=d', { method: 'DELETE' })
  assert.equal(text, `DELETE ${base}/custom/web/a/b?c=d ${base}/custom/web/ custom`)
  assert.equal(headers['content-disposition'], 'attachment')
})

test('a custom runtime is called later, under an id that is taken then', async () => {
  const server = `
    require('http').createServer((req, res) => {
      console.log('LATER ' + req.url)
      res.end()
    }).listen(9000, '0.0.0.0')`
  await served(
    'later',
    'web',
    { 'server.js': server },
    { runtime: 'custom.debian12', customRuntimeConfig: { command: ['node', 'server.js'] } },
  )
  const headers = {
    'x-fc-invocation-type': 'Async',
    'x-fc-stateful-async-invocation-id': 'one',
    'x-fc-stateful-async-invocation-enable': 'true',
  }
  const taken = await ask('/later/web/a', { method: 'POST', headers })
  assert.deepEqual([taken.status, taken.headers['x-fc-stateful-async-invocation-id']], [202, 'one'])
  const path = '/services/later/functions/web/stateful-async-invocations/one'
  await until(async () => (await bed.fc2.get(path)).data.status === 'Succeeded', { what: 'the call' })
  const again = await ask('/later/web/a', { method: 'POST', headers })
  assert.deepEqual(
    [again.status, JSON.parse(again.text).ErrorCode],
    [409, 'StatefulAsyncInvocationAlreadyExists'],
  )
  const lines = await logOf(bed.platform, 'later%24web')
  assert.equal(lines.filter((line) => line.endsWith(`LATER ${base}/later/web/a`)).length, 1)
})

test('a connection is handed to a custom runtime when it becomes another protocol', async () => {
  const server = `
    require('http').createServer().on('upgrade', (request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n' + request.url + ' ')
      socket.pipe(socket)
    }).listen(9000, '0.0.0.0')`
  await served(
    'upgrades',
    'web',
    { 'server.js': server },
    {
      runtime: 'custom.debian12',
      customRuntimeConfig: { command: ['node', 'server.js'] },
    },
  )
  const socket = connect(Number(new URL(bed.platform.endpoints.fc).port), '127.0.0.1').setEncoding('latin1')
  socket.write(
    `GET ${base}/upgrades/web/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  )
  let text = ''
  while (!text.endsWith('echo')) {
    const [chunk] = await once(socket, 'data')
    text += chunk
    if (text.endsWith('/ws ')) socket.write('echo')
  }
  assert.match(text, /^HTTP\/1\.1 101 .*\/2016-08-15\/proxy\/upgrades\/web\/ws echo$/s)
  socket.destroy()
})

test('versions and aliases have entries of their own', async () => {
  const saying = (text: string) => ({ 'index.js': `exports.handler = (req, resp) => resp.send('${text}')` })
  await served('releases', 'f', saying('one'))
  const { fc2 } = bed
  await fc2.publishVersion('releases')
  await fc2.createAlias('releases', 'prod', '1')
  await fc2.updateFunction('releases', 'f', { code: { zipFile: await zipOf(saying('two')) } })
  assert.deepEqual(
    [(await ask('/releases/f/')).text, (await ask('/releases.LATEST/f/')).text],
    ['two', 'two'],
  )
  const missing = await ask('/releases.prod/f/')
  assert.deepEqual([missing.status, JSON.parse(missing.text).ErrorCode], [404, 'TriggerNotFound'])
  await fc2.createTrigger('releases', 'f', {
    triggerName: 'prod',
    triggerType: 'http',
    qualifier: 'prod',
    triggerConfig: { authType: 'anonymous', methods: ['GET'] },
  })
  assert.equal((await ask('/releases.prod/f/')).text, 'one')
  const notAllowed = await ask('/releases.prod/f/', { method: 'PUT' })
  assert.deepEqual([notAllowed.status, JSON.parse(notAllowed.text).ErrorCode], [405, 'MethodNotAllowed'])
})

describe('who calls', () => {
  test('is told in the words of the API what is not there', async () => {
    const { fc2 } = bed
    await fc2.createService('bare')
    await createIn(fc2, 'bare', 'f', { 'index.js': echo })
    await refused(fc2.get('/proxy/absent/f/'), 404, 'ServiceNotFound', /^service 'absent' does not exist$/)
    await refused(
      fc2.get('/proxy/bare/g/'),
      404,
      'FunctionNotFound',
      /^function 'g' does not exist in service 'bare'$/,
    )
    await refused(fc2.get('/proxy/bare/f/'), 404, 'TriggerNotFound')
    await refused(fc2.get('/proxy/bare.9/f/'), 404, 'VersionNotFound')
    await refused(fc2.get('/proxy/bare.x/f/'), 404, 'AliasNotFound')
    await refused(fc2.get('/proxy/bare'), 404, 'DomainNameNotFound')
    const { status } = await ask('/bare/f/', { headers: { 'x-large': 'x'.repeat(9000) } })
    assert.equal(status, 400)
  })

  test('signs path and query, with the SDK or by hand; forgeries and old signatures are refused', async () => {
    await served('signed', 'f', { 'index.js': echo }, {}, { authType: 'function' })
    const { fc2, platform } = bed
    const answered = await fc2.get(
      '/proxy/signed/f/action',
      { x: 'awesome', y: ['b', 'a'] },
      { 'custom-header': 'abc' },
    )
    assert.deepEqual([answered.headers.x, answered.headers.y], ['awesome', 'b, a'])
    assert.equal(JSON.parse(answered.data).headers['custom-header'], 'abc')
    assert.equal(JSON.parse((await fc2.get('/proxy/signed/f/')).data).method, 'GET')
    const posted = await fc2.post('/proxy/signed/f/', 'body', {}, { q: 'a b' })
    assert.deepEqual([JSON.parse(posted.data).body, JSON.parse(posted.data).queries], ['body', { q: 'a b' }])

    const stranger = fc2Client({ ...platform, accessKeySecret: 'wrong' })
    await refused(stranger.get('/proxy/signed/f/'), 403, 'SignatureNotMatch')
    await refused(
      fc2Client({ ...platform, accessKeyId: 'nobody' }).get('/proxy/signed/f/'),
      403,
      'InvalidAccessKeyID',
      /'nobody'/,
    )
    await refused(stranger.listServices(), 403, 'SignatureNotMatch')

    const sign = (rawQuery: string, atMs = Date.now()) =>
      signFc({ method: 'GET', rawPath: `${base}/signed/f/`, rawQuery, headers: {} }, platform, atMs)
    const code = async (path: string, headers: Record<string, string>) => {
      const { status, text } = await ask(path, { headers })
      return status === 202 ? 'allowed' : JSON.parse(text).ErrorCode
    }
    assert.equal(await code('/signed/f/?a=1', sign('a=1')), 'allowed')
    assert.equal(await code('/signed/f/?a=2', sign('a=1')), 'SignatureNotMatch')
    assert.equal(await code('/signed/f/', { ...sign(''), 'x-fc-more': '1' }), 'SignatureNotMatch')
    assert.equal(await code('/signed/f/', {}), 'MissingRequiredHeader')
    assert.equal(await code('/signed/f/', sign('', Date.now() - 14 * 60_000)), 'allowed')
    for (const minutes of [-16, 16]) {
      assert.equal(await code('/signed/f/', sign('', Date.now() + minutes * 60_000)), 'RequestTimeTooSkewed')
    }
    const changed = await http(platform.endpoints.fc, {
      method: 'POST',
      path: `${base}/signed/f/`,
      headers: signFc(
        { method: 'POST', rawPath: `${base}/signed/f/`, headers: {}, body: 'signed' },
        platform,
        Date.now(),
      ),
      body: 'other!',
    })
    assert.deepEqual([changed.status, JSON.parse(changed.text).ErrorCode], [403, 'SignatureNotMatch'])
  })

  test('may have a URL that is signed, until it expires', async () => {
    await served('urls', 'f', { 'index.js': echo }, {}, { authType: 'function' })
    const { platform } = bed
    const url = (rawQuery: string, expiresAtMs = Date.now() + 60_000, key = platform) =>
      signFcUrl({ method: 'GET', rawPath: `${base}/urls/f/a%20b`, rawQuery, headers: {} }, key, expiresAtMs)
    const code = async (query: string, path = '/urls/f/a%20b', method = 'GET') => {
      const { status, text } = await ask(`${path}?${query}`, { method })
      return status === 202 ? 'allowed' : JSON.parse(text).ErrorCode
    }
    assert.equal(await code(url('x=1&x=a%20b')), 'allowed')
    assert.equal(await code(`${url('x=1')}&y=2`), 'SignatureNotMatch')
    assert.equal(await code(url('x=1').replace('x=1', 'x=2')), 'SignatureNotMatch')
    assert.equal(await code(url(''), '/urls/f/other'), 'SignatureNotMatch')
    assert.equal(await code(url(''), undefined, 'POST'), 'SignatureNotMatch')
    assert.equal(await code(url('', Date.now() - 2000)), 'AccessDenied')
    assert.equal(await code(url('').replace(/x-fc-expires=\d+/, 'x-fc-expires=x')), 'AccessDenied')
    assert.equal(await code(url('', undefined, { ...platform, accessKeySecret: 'x' })), 'SignatureNotMatch')
  })

  test('cannot smuggle a second request past the lenient parser of this endpoint', async () => {
    await served('strict', 'f', { 'index.js': echo })
    const { port } = new URL(bed.platform.endpoints.fc)
    const send = (head: string, body = '') =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1')
        let text = ''
        socket.setEncoding('latin1').on('data', (chunk) => {
          text += chunk
        })
        socket.once('error', reject).once('close', () => resolve(text))
        socket.write(`POST ${base}/strict/f/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n${body}`)
      })
    const both = await send('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')
    assert.match(both, /^HTTP\/1\.1 400 .*InvalidArgument/s)
    assert.match(await send('A: b\x01c\r\nContent-Length: 0\r\n'), /^HTTP\/1\.1 400 /)
    assert.match(
      await send('Transfer-Encoding: chunked\r\n', '1\r\nx\r\n0\r\n\r\n'),
      /^HTTP\/1\.1 202 .*"body":"x"/s,
    )
  })

  test('is told that an HTTP handler is not called for later yet', async () => {
    await served('async', 'f', { 'index.js': echo })
    const { status, text } = await ask('/async/f/', { headers: { 'X-Fc-Invocation-Type': 'Async' } })
    assert.deepEqual([status, JSON.parse(text).ErrorCode], [501, 'NotImplemented'])
  })
})
