/**
 * What nobody should send. Every case is refused in the vendor's words; after each, the platform still answers and
 * nothing is left behind: no function, no half-unpacked package.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, afterEach, describe, test } from 'node:test'
import { createFunction, httpTrigger, invoke, models, zipOf } from '../clients.fixture.ts'
import { until } from '../platform.fixture.ts'
import {
  api,
  assertRefused,
  type HttpAnswer,
  http,
  request,
  sharedPlatform,
  spooled,
} from './conformance.fixture.ts'
import { type RawEntry, rawZip } from './raw-zip.fixture.ts'

const bed = sharedPlatform({}, async ({ client, platform }) => {
  await createFunction(client, {
    functionName: 'standing',
    files: { 'index.js': 'exports.handler = async (event) => event' },
  })
  await httpTrigger(client, platform, 'standing')
})
const functions = '/2023-03-30/functions'
let packagesMade = 0

afterEach(async () => {
  assert.equal((await invoke(bed.client, 'standing', 'still here')).body, 'still here')
  const { body } = await bed.client.listFunctions(request('ListFunctions', { limit: 100 }))
  assert.deepEqual(
    body.functions.map(({ functionName }: { functionName: string }) => functionName),
    ['standing'],
  )
  // What a client that went away had begun to send may be noticed an instant later.
  await until(async () => (await spooled(bed.platform)).length === 0, { what: 'an empty spool' })
})

after(() => {
  const lines = bed.platform.log().split('\n')
  const defects = lines.filter((line) => /a defect of ours/.test(line))
  assert.deepEqual(defects, [], 'bad input must never look like a defect of the platform')
})

const codeOf = (answer: HttpAnswer): string => JSON.parse(answer.text).Code
function assertCode(answer: HttpAnswer, status: number, code: string, message?: RegExp): void {
  assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text)
  const { RequestId, Message } = JSON.parse(answer.text)
  assert.equal(answer.headers['x-fc-request-id'], RequestId)
  if (message) assert.match(Message, message)
}

/** Those that speak HTTP without TLS. */
const plainEndpoints = () =>
  Object.values(bed.platform.endpoints).filter((endpoint) => endpoint.startsWith('http:'))

describe('a signature', () => {
  const list = (options: Parameters<typeof api>[3] = {}) =>
    api(bed.platform, 'GET', `${functions}?limit=10`, options)

  test('that is right is let in', async () => assert.equal((await list()).status, 200))
  test('that is missing', async () =>
    assertCode(
      await http(bed.platform.endpoints.fc, { path: `${functions}?limit=10` }),
      400,
      'MissingRequiredHeader',
    ))
  test('of another kind', async () =>
    assertCode(await list({ differs: { authorization: 'Bearer abc' } }), 400, 'InvalidArgument'))
  test('that is cut short', async () =>
    assertCode(
      await list({ differs: { authorization: 'ACS3-HMAC-SHA256 Credential=x' } }),
      400,
      'InvalidArgument',
    ))
  test('over another nonce', async () =>
    assertCode(await list({ differs: { 'x-acs-signature-nonce': 'other' } }), 403, 'SignatureNotMatch'))
  test('over another digest', async () =>
    assertCode(await list({ differs: { 'x-acs-content-sha256': '0'.repeat(64) } }), 403, 'SignatureNotMatch'))
  test('over another body', async () => {
    const { length } = '{"functionName":"a"}'
    const signed = { body: '{"functionName":"a"}', headers: { 'content-length': String(length) } }
    const answer = await api({ ...bed.platform }, 'POST', functions, {
      ...signed,
      differs: { 'x-acs-content-sha256': 'f'.repeat(64) },
    })
    assertCode(answer, 403, 'SignatureNotMatch')
  })
  test('of an hour ago', async () =>
    assertCode(await list({ atMs: Date.now() - 3_600_000 }), 403, 'RequestTimeTooSkewed'))
  test('of an hour ahead', async () =>
    assertCode(await list({ atMs: Date.now() + 3_600_000 }), 403, 'RequestTimeTooSkewed'))
  test('without a date, or with one that is none', async () => {
    for (const date of ['', 'yesterday', '2026-13-45T99:99:99Z']) {
      assertCode(await list({ differs: { 'x-acs-date': date } }), 403, 'RequestTimeTooSkewed')
    }
  })
  test('of a temporary key without its token', async () => {
    const answer = await api(
      { ...bed.platform, accessKeyId: 'STS.nobody', accessKeySecret: 'x' },
      'GET',
      functions,
    )
    assert.equal(answer.status, 403, answer.text)
  })
})

describe('a body', () => {
  const post = (body: string | Buffer, options: Parameters<typeof api>[3] = {}) =>
    api(bed.platform, 'POST', functions, { body, ...options })

  const malformed: [string, string | Buffer][] = [
    ['that is cut off JSON', '{"functionName":"a"'],
    ['that is not JSON', 'hello'],
    ['that is a list', '[1,2]'],
    ['that is null', 'null'],
    ['that is a number', '42'],
    ['that is not UTF-8', Buffer.from('{"functionName":"\xff\xfe"}', 'latin1')],
    ['that is empty', ''],
    ['with a field of a wrong type', '{"functionName":42}'],
    ['nested a hundred thousand deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['with a prototype in it', '{"__proto__":{"functionName":"a"},"constructor":{"prototype":1}}'],
  ]
  for (const [what, body] of malformed) {
    test(what, async () => {
      const answer = await post(body)
      assert.ok(['InvalidArgument', 'NotImplemented'].includes(codeOf(answer)), answer.text)
    })
  }

  test('larger than any code may be is refused before it is read', async () => {
    const answer = await rawExchange(
      bed.platform.endpoints.fc,
      (await signedHead('POST', functions, { 'content-length': String(200 * 1024 * 1024) })).concat(
        '\r\n\r\n',
      ),
    )
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.match(answer, /EntityTooLarge/)
  })

  test('of an event larger than 32 MB', async () => {
    await assertRefused(
      invoke(bed.client, 'standing', Buffer.alloc(32 * 1024 * 1024 + 1)),
      400,
      'EntityTooLarge',
    )
  })

  test('of an HTTP request larger than 32 MB', async () => {
    const answer = await http(`${bed.platform.endpoints.edge}/proxy/standing`, {
      method: 'POST',
      body: Buffer.alloc(32 * 1024 * 1024 + 1),
    })
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'InvalidArgument'])
  })
})

/** The request line and headers of a signed request, without the empty line that ends them. */
async function signedHead(method: string, target: string, headers: Record<string, string>): Promise<string> {
  const { signAcs3 } = await import('../../src/lib/signing/acs3.ts')
  const { host } = new URL(bed.platform.endpoints.fc)
  const { accessKeyId, accessKeySecret } = bed.platform
  const signed = signAcs3(
    { method, rawPath: target, headers: { host } },
    { accessKeyId, accessKeySecret },
    { nowMs: Date.now(), nonce: 'n' },
  )
  const lines = Object.entries({ ...signed, ...headers }).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')
}

/** Sends bytes as they are and reads until the other side has said something and closes, or until an answer is whole. */
function rawExchange(endpoint: string, bytes: string | Buffer, { end = false } = {}): Promise<string> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setTimeout(10_000, () => {
      socket.destroy()
      reject(new Error(`no answer to ${bytes.toString().slice(0, 80)}`))
    })
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN)
      if (head >= 0 && text.length >= head + 4 + length) socket.destroy()
    })
    socket.once('close', () => resolve(text))
    socket.write(bytes)
    if (end) socket.end()
  })
}

/** Sends bytes and goes away without waiting for anything. */
function sendAndLeave(endpoint: string, bytes: string | Buffer): Promise<void> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes, () => socket.resetAndDestroy()))
    socket.once('error', reject)
    socket.once('close', () => resolve())
  })
}

describe('a connection', () => {
  test('that breaks off in the middle of a signed body', async () => {
    const head = await signedHead('POST', functions, {
      'content-type': 'application/json',
      'content-length': '100000',
    })
    await sendAndLeave(
      bed.platform.endpoints.fc,
      `${head}\r\n\r\n{"functionName":"half","code":{"zipFile":"UEsD`,
    )
  })

  test('that breaks off in the middle of the headers, on every port', async () => {
    for (const endpoint of Object.values(bed.platform.endpoints)) {
      await sendAndLeave(endpoint, 'GET /proxy/standing HTTP/1.1\r\nhost: x\r\nx-half')
    }
  })

  test('that breaks off in the middle of a body for a function', async () => {
    await sendAndLeave(
      bed.platform.endpoints.edge,
      'POST /proxy/standing HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc',
    )
  })

  test('whose body is shorter than announced, then half-closed', async () => {
    const head = await signedHead('POST', functions, { 'content-length': '50' })
    const answer = await rawExchange(bed.platform.endpoints.fc, `${head}\r\n\r\n{}`, { end: true })
    assert.match(answer, /^(HTTP\/1\.1 400 |$)/)
  })

  test('whose content-length is no number, negative, or there twice', async () => {
    for (const headers of [
      'content-length: abc',
      'content-length: -5',
      'content-length: 3\r\ncontent-length: 4',
    ]) {
      for (const endpoint of [bed.platform.endpoints.fc, bed.platform.endpoints.edge]) {
        const answer = await rawExchange(
          endpoint,
          `POST /proxy/standing HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\nabc`,
        )
        assert.match(answer, /^HTTP\/1\.1 400 /, headers)
      }
    }
  })

  test('to the edge with both content-length and chunks, as request smuggling has it', async () => {
    const answer = await rawExchange(
      bed.platform.endpoints.edge,
      'POST /proxy/standing HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
    )
    assert.match(answer, /^HTTP\/1\.1 400 /)
  })

  test('that speaks something else than HTTP', async () => {
    for (const endpoint of plainEndpoints()) {
      const answer = await rawExchange(
        endpoint,
        Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
      )
      assert.match(answer, /^(HTTP\/1\.1 400 |$)/)
    }
  })

  test('with headers larger than the listener takes', async () => {
    for (const endpoint of plainEndpoints()) {
      const answer = await rawExchange(
        endpoint,
        `GET /proxy/standing HTTP/1.1\r\nhost: x\r\nx-huge: ${'a'.repeat(40_000)}\r\n\r\n`,
      )
      assert.match(answer, /^HTTP\/1\.1 431 /)
    }
  })

  test('with headers larger than the vendor takes', async () => {
    const answer = await http(`${bed.platform.endpoints.edge}/proxy/standing`, {
      headers: { 'x-big': 'a'.repeat(9000) },
    })
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'InvalidArgument'])
  })

  test('with a path longer than the vendor takes', async () => {
    const answer = await http(`${bed.platform.endpoints.edge}/proxy/standing/${'a'.repeat(4100)}`)
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'InvalidArgument'])
  })
})

describe('a path', () => {
  const cases: [string, string, number, string][] = [
    ['GET', '/', 400, 'PathNotSupported'],
    ['GET', '/2023-03-30', 400, 'PathNotSupported'],
    ['GET', '/2023-03-30/nothing', 400, 'PathNotSupported'],
    ['GET', '/1999-01-01/functions', 400, 'PathNotSupported'],
    ['PATCH', '/2023-03-30/functions/standing', 400, 'PathNotSupported'],
    ['DELETE', '/2023-03-30/functions', 400, 'PathNotSupported'],
    ['GET', '/2023-03-30/functions/%ff', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/functions/%', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/functions/..%2f..%2fetc%2fpasswd', 404, 'FunctionNotFound'],
    ['GET', '/2023-03-30/functions/a%00b', 404, 'FunctionNotFound'],
    ['GET', `/2023-03-30/functions/${'a'.repeat(3000)}`, 404, 'FunctionNotFound'],
    ['GET', '/2023-03-30/functions/__proto__', 404, 'FunctionNotFound'],
    ['DELETE', '/2023-03-30/functions/standing%2Fx', 404, 'FunctionNotFound'],
    ['GET', '/2023-03-30/functions/standing?qualifier=..%2f..', 404, 'AliasNotFound'],
    ['GET', '/2023-03-30/functions/standing?qualifier=0', 404, 'AliasNotFound'],
    ['GET', `/2023-03-30/functions/standing?qualifier=${'9'.repeat(300)}`, 404, 'AliasNotFound'],
    ['POST', '/2023-03-30/functions/standing/invocations?qualifier=%2F', 404, 'AliasNotFound'],
    ['GET', '/2023-03-30/functions?limit=0', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/functions?limit=1e9', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/functions?nextToken=%00', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/functions?tags=%7B', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/functions/standing/versions?nextToken=x', 400, 'InvalidArgument'],
    ['GET', '/2023-03-30/layers/l/versions?startVersion=-1', 400, 'InvalidArgument'],
    ['GET', '/hanshu/code/forged', 403, 'AccessDenied'],
  ]
  for (const [method, target, status, code] of cases) {
    test(`${method} ${target.slice(0, 80)}`, async () => {
      const answer = await api(bed.platform, method, target)
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text)
    })
  }

  test('at the edge that belongs to no function', async () => {
    for (const [path, host, code] of [
      ['/', '127.0.0.1', 'DomainNameNotFound'],
      ['/proxy/', '127.0.0.1', 'DomainNameNotFound'],
      ['/proxy/absent/', '127.0.0.1', 'FunctionNotFound'],
      ['/proxy/%00/', '127.0.0.1', 'FunctionNotFound'],
      ['/proxy/standing.9/', '127.0.0.1', 'FunctionNotFound'],
      ['/', 'absent.fcapp.localhost', 'FunctionNotFound'],
      ['/', 'a.b.c.fcapp.localhost', 'DomainNameNotFound'],
    ] as const) {
      const answer = await http(bed.platform.endpoints.edge, { path, headers: { host } })
      assert.deepEqual([answer.status, codeOf(answer)], [404, code], `${host}${path}`)
    }
  })
})

describe('a name', () => {
  for (const functionName of [
    '1a',
    '-a',
    'a b',
    'a/b',
    '../a',
    'a.b',
    'ä',
    '函数',
    'a\0b',
    'a\nb',
    'x'.repeat(65),
  ]) {
    test(`of a function: ${JSON.stringify(functionName.slice(0, 20))}`, () =>
      assertRefused(
        createFunction(bed.client, { functionName, files: { 'index.js': '' } }),
        400,
        'InvalidArgument',
        /FunctionName/,
      ))
  }

  test('of an alias, a trigger, a layer or a task', async () => {
    const post = (path: string, body: object) =>
      api(bed.platform, 'POST', `/2023-03-30/${path}`, { body: JSON.stringify(body) })
    for (const name of ['', '1', 'a b', '../x', 'é', 'x'.repeat(129)]) {
      const answers = [
        await post('functions/standing/aliases', { aliasName: name, versionId: '1' }),
        await post('functions/standing/triggers', { triggerName: name, triggerType: 'http' }),
        ...(name === ''
          ? []
          : [
              await post(`layers/${encodeURIComponent(name)}/versions`, {
                compatibleRuntime: ['nodejs20'],
                code: { zipFile: await zipOf({ a: '' }) },
              }),
            ]),
      ]
      for (const answer of answers) assertCode(answer, 400, 'InvalidArgument', /Name/)
    }
  })
})

describe('a code package', () => {
  const deploy = (zipFile: string | Buffer, fields: object = {}) =>
    createFunction(bed.client, {
      functionName: `package-${++packagesMade}`,
      files: {},
      code: new models.InputCodeLocation({
        zipFile: typeof zipFile === 'string' ? zipFile : zipFile.toString('base64'),
      }),
      ...fields,
    })
  const index = { name: 'index.js', content: 'exports.handler = 1' }
  const cases: [string, () => Buffer | string, RegExp][] = [
    ['that is text', () => Buffer.from('exports.handler = 1'), /not a good ZIP/],
    ['that is not base64', () => '§§§', /base64/],
    ['that is a gzip', () => Buffer.from('1f8b0800000000000003', 'hex'), /not a good ZIP/],
    ['that is cut off', () => rawZip([index]).subarray(0, -10), /not a good ZIP/],
    [
      'whose content is damaged',
      () => damaged(rawZip([{ ...index, content: 'x'.repeat(5000) }])),
      /packed|good ZIP/,
    ],
    [
      'that climbs out by ..',
      () => rawZip([index, { name: '../outside', content: 'x' }]),
      /relative path|absolute path/,
    ],
    [
      'that climbs out further down',
      () => rawZip([{ name: 'a/../../outside' }]),
      /relative path|absolute path/,
    ],
    [
      'with an absolute path',
      () => rawZip([{ name: '/etc/cron.d/x', content: 'x' }]),
      /relative path|absolute path/,
    ],
    [
      'that climbs out by backslashes',
      () => rawZip([{ name: '..\\outside' }]),
      /relative path|absolute path/,
    ],
    ['with a link to outside', () => rawZip([link('l', '/etc/passwd')]), /leaves the package/],
    ['with a link that climbs', () => rawZip([link('a/l', '../../x')]), /leaves the package/],
    [
      'that writes through a link',
      () => rawZip([link('l', '.'), { name: 'l/x', content: 'x' }]),
      /twice|leaves/,
    ],
    ['with a device in it', () => rawZip([{ name: 'null', mode: 0o020666 }]), /neither a file/],
    ['with a file twice', () => rawZip([index, index]), /twice/],
    ['with a file below a file', () => rawZip([index, { name: 'index.js/x' }]), /twice/],
    ['with a name that is too long', () => rawZip([{ name: 'n'.repeat(300) }]), /too long/],
    ['that is an honest bomb', () => rawZip(bombs), /larger than \d+ bytes when unpacked/],
    [
      'that is a lying bomb',
      () => rawZip([{ name: 'zeros', content: Buffer.alloc(50_000_000), claimedSize: 100 }]),
      /larger than it says/,
    ],
    [
      'with far too many entries',
      () => rawZip(Array.from({ length: 200_001 }, (_, n) => ({ name: `${n}` }))),
      /more than 200000 entries/,
    ],
  ]
  for (const [what, make, message] of cases) {
    test(what, () => assertRefused(deploy(make()), 400, 'InvalidArgument', message))
  }

  test('that is larger than may be sent inline', () =>
    assertRefused(deploy('A'.repeat(100 * 1024 * 1024 + 4)), 400, 'InvalidArgument', /100 MB/))

  test('for a runtime that nobody knows, or with a handler that is none, is not even looked at', async () => {
    await assertRefused(deploy('§', { runtime: 'cobol85' }), 400, 'InvalidArgument', /Runtime/)
    await assertRefused(deploy('§', { handler: 'index' }), 400, 'InvalidArgument', /Handler/)
    await assertRefused(deploy('§', { handler: '../../index.handler' }), 400, 'InvalidArgument', /Handler/)
    await assertRefused(deploy('§', { handler: undefined }), 400, 'InvalidArgument', /Handler/)
  })

  test('that replaces one that works leaves it working', async () => {
    await assertRefused(
      bed.client.updateFunction(
        'standing',
        new models.UpdateFunctionRequest({
          body: new models.UpdateFunctionInput({
            code: new models.InputCodeLocation({ zipFile: Buffer.from('junk').toString('base64') }),
          }),
        }),
      ),
      400,
      'InvalidArgument',
    )
  })
})

/** Two entries of 3 GB each, as they say. */
const bombs: RawEntry[] = [1, 2].map((n) => ({
  name: `bomb-${n}`,
  content: Buffer.alloc(1000),
  claimedSize: 3_000_000_000,
}))

const link = (name: string, target: string): RawEntry => ({ name, content: target, mode: 0o120777 })

function damaged(zip: Buffer): Buffer {
  // In the middle of the deflated bytes of the first entry.
  zip[45]! ^= 0xff
  return zip
}

describe('code that cannot be run is taken, and says what is wrong with it when it is called', () => {
  const answerOf = async (fields: object, files: Record<string, string>) => {
    const functionName = `broken-${++packagesMade}`
    await createFunction(bed.client, { functionName, files, ...fields })
    try {
      const { statusCode, headers, body } = await invoke(bed.client, functionName)
      assert.equal(statusCode, 200)
      return { type: headers['x-fc-error-type'], ...JSON.parse(body) }
    } finally {
      await bed.client.deleteFunction(functionName)
    }
  }
  const node = { runtime: 'nodejs20' }
  const python = { runtime: 'python3.10' }
  const cases: [string, object, Record<string, string>, RegExp][] = [
    ['a file that is missing', node, { 'other.js': '' }, /index\.js' is missing/],
    ['a handler that is missing', node, { 'index.js': 'exports.other = 1' }, /Handler 'handler' is missing/],
    [
      'a handler that is no function',
      node,
      { 'index.js': 'exports.handler = 1' },
      /Handler 'handler' is missing|not a function/,
    ],
    ['a syntax error', node, { 'index.js': 'exports.handler = (' }, /Unexpected|SyntaxError|input/],
    ['an error at the top', node, { 'index.js': 'throw new Error("at the top")' }, /at the top/],
    ['a module that is missing', node, { 'index.js': 'require("no-such-module")' }, /no-such-module/],
    ['a file that is missing (Python)', python, { 'x.py': '' }, /Unable to import module 'index'/],
    [
      'a handler that is missing (Python)',
      python,
      { 'index.py': 'a = 1' },
      /Handler 'handler' is missing on module 'index'/,
    ],
    ['a syntax error (Python)', python, { 'index.py': 'def handler(' }, /Syntax error in module 'index'/],
    ['an error at the top (Python)', python, { 'index.py': 'raise ValueError("at the top")' }, /at the top/],
  ]
  for (const [what, fields, files, message] of cases) {
    test(what, async () => {
      const { type, errorMessage } = await answerOf(fields, files)
      assert.equal(type, 'UnhandledInvocationError')
      assert.match(errorMessage, message)
    })
  }
})
