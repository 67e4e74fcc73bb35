// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the vendor's placeholders
/** Mirrors: over the wire, with an origin that listens, and what becomes of those that fail. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  get as httpGet,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { presignOssV1 } from '../../wire/signatures/oss-v1.ts'
import { passedHeaders } from './mirror.ts'
import { askOrigin } from './mirror-request.ts'
import { MirrorSlots } from './mirror-slots.ts'
import type { ObjectEvent } from './needs.ts'
import { type Answer, type Ask, NOW_MS, root, runningObjects } from './objects.testing.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
let origin: Server
let elsewhere: Server
const heard: { url: string; headers: IncomingHttpHeaders }[] = []
const events: ObjectEvent[] = []
let answers: RequestListener
let buckets = 0
let bucket = ''

const listening = async (listener: RequestListener): Promise<Server> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

before(async () => {
  const note: RequestListener = ({ url, headers }) => void heard.push({ url: url!, headers })
  origin = await listening((request, response) => {
    note(request, response)
    answers(request, response)
  })
  elsewhere = await listening((request, response) => {
    note(request, response)
    response.end('from elsewhere')
  })
  oss = await runningObjects({
    records: memoryRecordStore(),
    blobs: memoryBlobStore(),
    sizeBytesMax: 1_000_000,
    listeners: {
      announce: async (event) => {
        events.push(event)
        return undefined
      },
    },
  })
})
after(async () => {
  await oss.stop()
  for (const server of [origin, elsewhere]) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
beforeEach(async () => {
  bucket = `mirror-${++buckets}`
  await oss.ask({ method: 'PUT', target: `/${bucket}`, body: '', headers: { 'x-oss-acl': 'public-read' } })
  heard.length = 0
  events.length = 0
  answers = (_, response) => response.end('from the origin')
})

const get = (name: string, more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method: 'GET', target: `/${bucket}/${name}`, version: 'none', ...more })
const putMirror = (
  more = '',
  { url = `${urlOf(origin)}/dir/`, condition = '', credentials = root as Ask['credentials'] } = {},
): Promise<Answer> =>
  oss.ask({
    method: 'PUT',
    target: `/${bucket}?website`,
    ...(credentials ? { credentials } : {}),
    body: `<WebsiteConfiguration><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition>${condition}<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><RedirectType>Mirror</RedirectType><MirrorURL>${url}</MirrorURL>${more}</Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>`,
  })
const heads = (more: string): string => `<MirrorHeaders>${more}</MirrorHeaders>`

/** That nothing is kept of it, and no blob left. */
async function assertNothingKept(name: string): Promise<void> {
  const before = await oss.blobIds()
  await oss.ask({ method: 'DELETE', target: `/${bucket}?website` })
  assert.equal((await get(name)).code, 'NoSuchKey')
  assert.deepEqual(events, [])
  assert.deepEqual(await oss.blobIds(), before)
}

describe('a mirrored object', () => {
  it('is answered and there from then on, as if it had been put', async () => {
    answers = (_, response) =>
      response
        .writeHead(200, {
          'content-type': 'text/special',
          'cache-control': 'max-age=1',
          'set-cookie': 'secret',
          'content-length': 15,
        })
        .end('from the origin')
    await putMirror()
    const first = await get('a%20b/c')
    assert.deepEqual([first.status, first.body.toString()], [200, 'from the origin'])
    assert.deepEqual(
      heard.map(({ url }) => url),
      ['/dir/a%20b/c'],
    )
    const second = await get('a%20b/c')
    assert.equal(heard.length, 1)
    for (const { headers, body } of [first, second]) {
      assert.equal(body.toString(), 'from the origin')
      assert.equal(headers['content-type'], 'text/special')
      assert.equal(headers['cache-control'], 'max-age=1')
      assert.equal(headers['content-length'], '15')
      assert.equal(headers['x-oss-tag'], encodeURIComponent(`MIRROR=${urlOf(origin)}/dir/a%20b/c`))
      assert.equal(headers['set-cookie'], undefined)
    }
    const md5 = createHash('md5').update('from the origin').digest('hex').toUpperCase()
    assert.equal(second.headers.etag, `"${md5}"`)
    assert.deepEqual(
      events.map(({ name, object, sizeBytes, etag }) => [name, object, sizeBytes, etag]),
      [['ObjectCreated:PutObject', 'a b/c', 15, md5]],
    )
  })

  it('may be large, of unknown length, or empty', async () => {
    await putMirror()
    const large = Buffer.alloc(900_000, 'abcdefg')
    answers = (request, response) => {
      response.flushHeaders()
      response.end(request.url!.endsWith('empty') ? '' : large)
    }
    assert.ok((await get('large')).body.equals(large))
    assert.equal((await get('empty')).body.length, 0)
    const kept = [await get('large'), await get('empty')]
    assert.ok(kept[0]!.body.equals(large))
    assert.deepEqual([kept[1]!.status, kept[1]!.body.length], [200, 0])
    assert.equal(heard.length, 2)
  })

  it('is asked for under the name that the rule says, with the query where it says so', async () => {
    const renamed =
      '<EnableReplacePrefix>true</EnableReplacePrefix><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>'
    const condition = '<KeyPrefixEquals>old/</KeyPrefixEquals>'
    await putMirror(`${renamed}<PassQueryString>true</PassQueryString>`, { condition })
    await get('old/k?a=1')
    const query = presignOssV1({ method: 'GET' }, { bucket, object: 'old/s' }, root, NOW_MS + 1000)
    await get(`old/s?${query}&a=2`)
    await putMirror(
      '<PassQueryString>true</PassQueryString><MirrorPassQueryString>false</MirrorPassQueryString>',
    )
    await get('other?a=3')
    assert.deepEqual(
      heard.map(({ url }) => url),
      ['/dir/new/k?a=1', '/dir/new/s?a=2', '/dir/other'],
    )
    assert.equal((await get('old/k')).body.toString(), 'from the origin')
  })

  it('does not take the place of what was put meanwhile', async () => {
    await putMirror()
    answers = async (_, response) => {
      response.write('from the ')
      await oss.ask({ method: 'PUT', target: `/${bucket}/k`, body: 'put' })
      response.end('origin')
    }
    const before = (await oss.blobIds()).length
    assert.equal((await get('k')).body.toString(), 'from the origin')
    assert.equal((await get('k')).body.toString(), 'put')
    assert.equal((await oss.blobIds()).length, before + 1)
  })

  it('is whole before it is answered where its MD5 is looked at', async () => {
    await putMirror('<MirrorCheckMd5>true</MirrorCheckMd5>')
    const md5 = createHash('md5').update('from the origin').digest('base64')
    answers = (_, response) => response.writeHead(200, { 'content-md5': md5 }).end('from the origin')
    assert.equal((await get('k')).body.toString(), 'from the origin')
    answers = (_, response) => response.writeHead(200, { 'content-md5': md5 }).end('something else')
    const wrong = await get('other')
    assert.deepEqual([wrong.status, wrong.code], [424, 'MirrorFailed'])
    events.length = 0
    await assertNothingKept('other')
  })
})

describe('headers', () => {
  const sent = { 'x-a': '1', 'x-b': '2', cookie: 'c', range: 'bytes=0-1', 'x-oss-range-behavior': 'standard' }
  const told = async (rule: string) => {
    await putMirror(rule)
    await get('k', { headers: sent })
    const { host: _, connection: __, ...headers } = heard.at(-1)!.headers
    return headers
  }

  it('of a request go to the origin as the rule says', async () => {
    const plain = {
      'accept-encoding': 'identity',
      'user-agent': 'aliyun-oss-mirror',
      'x-hanshu-mirror-hops': '1',
    }
    assert.deepEqual(await told(''), plain)
    await oss.ask({ method: 'DELETE', target: `/${bucket}/k` })
    assert.deepEqual(
      await told(heads('<Pass>X-B</Pass><Pass>range</Pass><Set><Key>x-c</Key><Value>3</Value></Set>')),
      {
        ...plain,
        'x-b': '2',
        'x-c': '3',
      },
    )
    await oss.ask({ method: 'DELETE', target: `/${bucket}/k` })
    const all = '<PassAll>true</PassAll><Remove>cookie</Remove><Set><Key>x-a</Key><Value>set</Value></Set>'
    assert.deepEqual(await told(heads(all)), { ...plain, 'x-a': 'set', 'x-b': '2' })
  })

  it('that are not the origin’s business never go there', () => {
    const name = fc.constantFrom(
      'authorization',
      'range',
      'host',
      'x-oss-security-token',
      'content-length',
      'x-a',
    )
    fc.assert(
      fc.property(fc.array(name), fc.array(name), fc.boolean(), (given, pass, passAll) => {
        const headers = Object.fromEntries(given.map((key) => [key, 'v']))
        const passed = passedHeaders(headers, { passAll, pass, remove: [], set: [] })
        const expected = given.includes('x-a') && (passAll || pass.includes('x-a')) ? { 'x-a': 'v' } : {}
        assert.deepEqual(passed, expected)
      }),
    )
  })

  it('stay with the origin when it leads elsewhere', async () => {
    await putMirror(heads('<PassAll>true</PassAll><Set><Key>x-key</Key><Value>secret</Value></Set>'))
    answers = (_, response) => response.writeHead(302, { location: `${urlOf(elsewhere)}/moved` }).end()
    assert.equal((await get('k', { headers: sent })).body.toString(), 'from elsewhere')
    const [first, second] = heard
    assert.deepEqual([first!.headers['x-key'], first!.headers['x-a']], ['secret', '1'])
    assert.equal(second!.url, '/moved')
    assert.deepEqual([second!.headers['x-key'], second!.headers['x-a']], [undefined, undefined])
    assert.equal((await get('k')).body.toString(), 'from elsewhere')
  })
})

describe('an origin', () => {
  it('that leads on and on is not followed for ever, and not at all where the rule says so', async () => {
    answers = (request, response) => response.writeHead(301, { location: `${request.url}x` }).end()
    await putMirror()
    assert.equal((await get('k')).code, 'MirrorFailed')
    assert.equal(heard.length, 11)
    await putMirror('<MirrorFollowRedirect>false</MirrorFollowRedirect>')
    const { status, headers } = await get('k')
    assert.deepEqual([status, headers.location], [301, '/dir/kx'])
    await assertNothingKept('k')
  })

  it('that has it neither leaves it to the pages of the site', async () => {
    await putMirror()
    answers = (_, response) => response.writeHead(404).end('not here')
    const answer = await get('k')
    assert.deepEqual([answer.status, answer.code], [404, 'NoSuchKey'])
  })

  for (const [what, wrong] of [
    ['is broken', (_, response) => response.writeHead(500).end()],
    ['answers a part', (_, response) => response.writeHead(206).end('from')],
    [
      'has too much',
      (_, response) => response.writeHead(200, { 'content-length': 1_000_001 }).flushHeaders(),
    ],
    ['breaks the connection', (request) => request.socket.destroy()],
  ] satisfies [string, RequestListener][]) {
    it(`that ${what} is 424`, async () => {
      answers = wrong
      await putMirror()
      const answer = await get('k')
      assert.deepEqual([answer.status, answer.code], [424, 'MirrorFailed'])
      await assertNothingKept('k')
    })
  }

  it('that breaks off breaks the answer off, and nothing is kept', async () => {
    await putMirror()
    answers = (_, response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      response.write(Buffer.alloc(50_000), () => response.destroy())
    }
    await assert.rejects(get('k'))
    await assertNothingKept('k')
  })

  it('that does not answer in time, or pauses for too long, is given up', async () => {
    await putMirror()
    const isAsked = Promise.withResolvers<void>()
    answers = () => isAsked.resolve()
    const unanswered = get('k')
    await isAsked.promise
    oss.clock.advance(10_000)
    assert.equal((await unanswered).code, 'MirrorFailed')
    answers = (_, response) => void response.write(Buffer.alloc(100_000))
    const [paused] = await once(httpGet(`http://127.0.0.1:${oss.port}/${bucket}/k`), 'response')
    const message = paused as IncomingMessage
    let isOver = false
    message.once('close', () => {
      isOver = true
    })
    message.on('error', () => {}).resume()
    // The bytes are on their way through the platform for a while.
    while (!isOver) {
      await new Promise(setImmediate)
      if (oss.clock.pendingTimers > 0) oss.clock.advance(10_000)
    }
    assert.ok(!message.complete)
    oss.clock.jump(NOW_MS - oss.clock.now())
    await assertNothingKept('k')
  })

  it('is left when the reader leaves, and nothing is kept', async () => {
    await putMirror()
    const left = Promise.withResolvers<void>()
    answers = (_, response) => {
      response.once('close', () => left.resolve())
      response.write(Buffer.alloc(100_000))
    }
    const [message] = await once(httpGet(`http://127.0.0.1:${oss.port}/${bucket}/k`), 'response')
    ;(message as IncomingMessage).destroy()
    await left.promise
    await assertNothingKept('k')
  })

  it('is not asked for what would lead out of its folder', async () => {
    await putMirror()
    for (const name of ['a/../../b', '..', 'a/.']) {
      const target = `/${bucket}/${name
        .split('/')
        .map((part) => part.replaceAll('.', '%2E'))
        .join('%2F')}`
      assert.equal((await oss.ask({ method: 'GET', target, version: 'none' })).code, 'NoSuchKey', name)
    }
    assert.deepEqual(heard, [])
  })

  it('that is a mirror of us is not asked in circles', async () => {
    await putMirror('', { url: `http://127.0.0.1:${oss.port}/${bucket}/` })
    const before = oss.answered.filter(({ operation }) => operation === 'GetObject').length
    assert.equal((await get('k')).code, 'NoSuchKey')
    const asked = oss.answered.filter(({ operation }) => operation === 'GetObject').length - before
    assert.equal(asked, 4)
  })
})

describe('addresses that are not public', () => {
  const session = { ...root, accessKeyId: 'STS.x', securityToken: 'role' }

  it('are for rules of those that sign by a key', async () => {
    for (const url of ['http://127.0.0.1/', 'http://[::1]/', 'http://10.0.0.1/', 'http://169.254.169.254/']) {
      assert.equal((await putMirror('', { url, credentials: session })).code, 'InvalidArgument', url)
    }
    // A name that stands for one is seen when it is called.
    const url = `${urlOf(origin).replace('127.0.0.1', 'localhost')}/`
    assert.equal((await putMirror('', { url, credentials: session })).status, 200)
    assert.equal((await get('k')).code, 'MirrorFailed')
    assert.deepEqual(heard, [])
    assert.equal((await putMirror('', { url: `${urlOf(origin)}/` })).status, 200)
    assert.equal((await get('k')).status, 200)
  })

  it('are refused to others also where an origin leads to one, as each is asked about alike', async () => {
    const { signal } = new AbortController()
    const request = { reach: 'public', headers: {}, follows: true, clock: oss.clock, signal } as const
    await assert.rejects(askOrigin(new URL(urlOf(origin)), request), /not a public address/)
    assert.deepEqual(heard, [])
  })
})

it('there are no more mirrors at once than a bound, and each ends', async () => {
  const slots = new MirrorSlots()
  for (let count = 0; count < 64; count++) assert.ok(slots.take())
  assert.ok(!slots.take())
  slots.release()
  assert.ok(slots.take())

  await putMirror()
  const waiting: (() => void)[] = []
  const allAsked = Promise.withResolvers<void>()
  answers = (_, response) => {
    waiting.push(() => response.end('x'))
    if (waiting.length === 64) allAsked.resolve()
  }
  const asked = Array.from({ length: 64 }, (_, at) => get(`k${at}`))
  await allAsked.promise
  const refused = await get('one-more')
  assert.deepEqual([refused.status, refused.code], [424, 'MirrorFailed'])
  assert.match(refused.body.toString(), /rejected by QoS/)
  for (const answer of waiting) answer()
  for (const { status } of await Promise.all(asked)) assert.equal(status, 200)
  answers = (_, response) => response.end('x')
  assert.equal((await get('one-more')).status, 200)
})
