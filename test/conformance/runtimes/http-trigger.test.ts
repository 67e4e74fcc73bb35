/** HTTP triggers of built-in runtimes: the event that comes in, the answer that goes out, who may call. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { before, describe, test } from 'node:test'
import { signAcs3ForTrigger } from '../../../src/lib/signing/acs3.ts'
import { createFunction, httpTrigger } from '../../clients.fixture.ts'
import { until } from '../../platform.fixture.ts'
import { http, logOf, sharedPlatform } from '../conformance.fixture.ts'

const bed = sharedPlatform()

/** A function with an HTTP trigger; its URL. */
async function web(
  functionName: string,
  source: string,
  config: object = {},
  fields: object = {},
): Promise<string> {
  await createFunction(bed.client, { functionName, files: { 'index.js': source }, ...fields })
  return httpTrigger(bed.client, bed.platform, functionName, config)
}

describe('a request', () => {
  let url = ''
  before(async () => {
    url = await web(
      'envelope',
      'exports.handler = async (event) => ({ statusCode: 200, body: event.toString() })',
    )
  })

  test('becomes the event of the vendor’s version v1', async () => {
    const { status, headers, text } = await http(`${url}/a%20b/%E4%BD%A0?x=1&x=2&empty=&y=%26`, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        'user-agent': 'a test',
        'x-many': ['one', 'two'],
        'x-fc-hidden': 'never seen',
      },
      body: 'hello',
    })
    assert.equal(status, 200)
    const event = JSON.parse(text)
    assert.deepEqual(
      [event.version, event.rawPath, event.body, event.isBase64Encoded],
      ['v1', '/a%20b/%E4%BD%A0', 'hello', false],
    )
    assert.deepEqual(event.queryParameters, { x: '1,2', empty: '', y: '&' })
    assert.equal(event.headers['X-Many'], 'one,two')
    assert.equal(event.headers['Content-Type'], 'text/plain')
    assert.equal(event.headers['X-Fc-Hidden'], undefined)
    const { requestContext } = event
    assert.equal(requestContext.accountId, bed.platform.accountId)
    assert.equal(requestContext.requestId, headers['x-fc-request-id'])
    assert.match(requestContext.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.match(requestContext.timeEpoch, /^\d{13}$/)
    assert.deepEqual(requestContext.http, {
      method: 'POST',
      path: '/a b/你',
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      userAgent: 'a test',
    })
  })

  test('with bytes in it has its body in base64', async () => {
    const body = Buffer.from([0, 255, 128])
    const { text } = await http(url, { method: 'POST', body })
    const event = JSON.parse(text)
    assert.deepEqual([event.isBase64Encoded, event.body], [true, body.toString('base64')])
  })

  test('finds its function by host name, too', async () => {
    const { edge } = bed.platform.endpoints
    const { text } = await http(edge, { path: '/x', headers: { host: 'envelope.fcapp.localhost' } })
    const { rawPath, requestContext } = JSON.parse(text)
    assert.deepEqual(
      [rawPath, requestContext.domainName, requestContext.domainPrefix],
      ['/x', 'envelope.fcapp.localhost', 'envelope'],
    )
  })
})

describe('an answer', () => {
  let url = ''
  before(async () => {
    url = await web(
      'answers',
      `const answers = {
         '/full': { statusCode: 201, headers: { 'X-One': '1', 'Content-Type': 'text/css', 'x-fc-no': 'n' }, body: 'p {}' },
         '/bytes': { statusCode: 200, headers: { 'Content-Type': 'image/gif' }, isBase64Encoded: true, body: 'AP+A' },
         '/text': 'just text', '/object': { a: 1 }, '/lenient': { statusCode: '202', isBase64Encoded: 'false', body: { b: 2 } },
         '/bad-status': { statusCode: 'teapot' }, '/bad-header': { statusCode: 200, headers: { 'a b': 'c' } },
         '/split': { statusCode: 200, headers: { a: 'b\\r\\nSet-Cookie: x=y' } },
         '/huge-headers': { statusCode: 200, headers: { a: 'x'.repeat(9000) } },
         '/empty': { statusCode: 204 }, '/redirect': { statusCode: 302, headers: { Location: '/elsewhere' }, body: '' },
       }
       exports.handler = async (event, context) => {
         const { rawPath } = JSON.parse(event)
         if (rawPath === '/throw') throw new Error('on purpose')
         if (rawPath === '/exit') process.exit(1)
         if (rawPath === '/big') return { statusCode: 200, body: 'x'.repeat(9e6) }
         if (rawPath === '/hold') { console.log('holding'); await new Promise((done) => setTimeout(done, 1500)); console.log('held'); return 'held' }
         return answers[rawPath]
       }`,
      {},
      { timeout: 5 },
    )
  })

  test('is what the function says: status, headers, body', async () => {
    const { status, headers, text } = await http(`${url}/full`)
    assert.deepEqual(
      [status, headers['x-one'], headers['content-type'], text],
      [201, '1', 'text/css', 'p {}'],
    )
    assert.equal(headers['x-fc-no'], undefined)
    assert.ok(headers['x-fc-request-id'] && headers['x-fc-instance-id'])
    assert.deepEqual((await http(`${url}/bytes`)).bytes, Buffer.from([0, 255, 128]))
    assert.equal((await http(`${url}/empty`)).status, 204)
    assert.equal((await http(`${url}/redirect`)).headers.location, '/elsewhere')
    const head = await http(`${url}/full`, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text, head.headers['content-type']], [201, '', 'text/css'])
    assert.equal((await http(`${url}/big`)).bytes.length, 9e6)
  })

  test('that is no such object is the body itself', async () => {
    const text = await http(`${url}/text`)
    assert.deepEqual(
      [text.status, text.text, text.headers['content-type']],
      [200, 'just text', 'application/json'],
    )
    assert.equal((await http(`${url}/object`)).text, '{"a":1}')
    const lenient = await http(`${url}/lenient`)
    assert.deepEqual([lenient.status, lenient.text], [202, '{"b":2}'])
  })

  test('that makes no sense is a BadResponse', async () => {
    for (const path of ['/bad-status', '/bad-header', '/split', '/huge-headers']) {
      const { status, text, headers } = await http(url + path)
      assert.deepEqual([status, JSON.parse(text).Code], [502, 'BadResponse'], path)
      assert.equal(headers['set-cookie'], undefined)
    }
  })

  test('of a function that failed is 502 with its error document', async () => {
    const thrown = await http(`${url}/throw`, { headers: { 'x-fc-log-type': 'Tail' } })
    assert.deepEqual(
      [thrown.status, thrown.headers['x-fc-error-type'], JSON.parse(thrown.text).errorMessage],
      [502, 'UnhandledInvocationError', 'on purpose'],
    )
    const tail = Buffer.from(String(thrown.headers['x-fc-log-result']), 'base64').toString()
    assert.match(tail, /FC Invoke End/)
    const exited = await http(`${url}/exit`)
    assert.equal(exited.status, 502)
    assert.match(JSON.parse(exited.text).errorMessage, /^Process exited unexpectedly/)
  })

  test('nobody waits for is not the end of the function, nor of the platform', async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write('GET /proxy/answers/hold HTTP/1.1\r\nhost: x\r\n\r\n')
    const saw = (word: string) => async () =>
      (await logOf(bed.platform, 'answers')).some((line) => line.endsWith(word))
    await until(saw('holding'), { what: 'the call to begin' })
    socket.resetAndDestroy()
    await until(
      async () =>
        (await logOf(bed.platform, 'answers')).some((line) => line.includes('Invocation canceled by client')),
      { what: 'the log to say so' },
    )
    assert.equal((await http(`${url}/text`)).text, 'just text')
  })

  test('can be asked for later: 202, and the function is called', async () => {
    const { status, text } = await http(`${url}/hold`, { headers: { 'x-fc-invocation-type': 'Async' } })
    assert.deepEqual([status, text], [202, ''])
    await until(async () => (await logOf(bed.platform, 'answers')).some((line) => line.endsWith('held')), {
      what: 'the call',
    })
  })
})

describe('a trigger lets in', () => {
  test('the methods that it names, and no others', async () => {
    const url = await web('methods', 'exports.handler = async () => "in"', { methods: ['GET', 'POST'] })
    for (const method of ['GET', 'POST']) assert.equal((await http(url, { method })).status, 200)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
      const answer = await http(url, { method })
      assert.deepEqual([answer.status, answer.headers.allow], [405, 'GET, POST'], method)
    }
  })

  test('with authType function, who signs', async () => {
    const url = await web('signed', 'exports.handler = async () => "in"', { authType: 'function' })
    const { accessKeyId, accessKeySecret } = bed.platform
    const signedBy = (secret: string, query = 'a=1', atMs = Date.now()) =>
      signAcs3ForTrigger(
        { method: 'GET', rawPath: '/proxy/signed/path', rawQuery: query, headers: {} },
        { accessKeyId, accessKeySecret: secret },
        atMs,
      )
    const ask = async (headers: Record<string, string>) => {
      const { status, text } = await http(`${url}/path?a=1`, { headers })
      return [status, status === 200 ? text : JSON.parse(text).Code]
    }
    assert.deepEqual(await ask(signedBy(accessKeySecret)), [200, 'in'])
    assert.deepEqual(await ask({}), [400, 'MissingRequiredHeader'])
    assert.deepEqual(await ask(signedBy('guessed')), [403, 'SignatureNotMatch'])
    assert.deepEqual(await ask(signedBy(accessKeySecret, 'a=2')), [403, 'SignatureNotMatch'])
    assert.deepEqual(await ask(signedBy(accessKeySecret, 'a=1', Date.now() - 3_600_000)), [
      403,
      'RequestTimeTooSkewed',
    ])
  })

  test('with a corsConfig, the origins that it names', async () => {
    const url = await web(
      'cors',
      `exports.handler = async () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'ignored' }, body: '' })`,
      {
        methods: ['GET', 'PUT'],
        corsConfig: {
          allowOrigins: ['https://a.example'],
          allowMethods: ['GET', 'PUT'],
          allowHeaders: ['x-mine'],
          exposeHeaders: ['x-shown'],
          allowCredentials: true,
          maxAge: 600,
        },
      },
    )
    const from = (origin: string, options: object = {}) => http(url, { headers: { origin }, ...options })
    const asked = await from('https://a.example')
    assert.equal(asked.headers['access-control-allow-origin'], 'https://a.example')
    assert.equal(asked.headers['access-control-allow-credentials'], 'true')
    assert.match(String(asked.headers['access-control-expose-headers']), /x-shown/)
    assert.equal((await from('https://b.example')).headers['access-control-allow-origin'], undefined)
    const preflight = await http(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://a.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-mine',
      },
    })
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers['access-control-allow-methods'], 'GET, PUT')
    assert.equal(preflight.headers['access-control-allow-headers'], 'x-mine')
    assert.equal(preflight.headers['access-control-max-age'], '600')
  })
})
