// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the vendor's placeholders
/** Uploads that tell an application: over the wire, with an application that listens. */
import assert from 'node:assert/strict'
import { createVerify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import sharp from 'sharp'
import { perform } from '../../drivers/images/perform.ts'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ImagesBusy } from '../../ports/images.ts'
import { filledIn } from './callback.ts'
import { root, runningObjects } from './objects.testing.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
let application: Server
let url: string
const heard: { path: string; headers: IncomingHttpHeaders; body: string }[] = []
/** `undefined`: never answers. */
let answers: { status: number; body: string } | undefined
let imagesWork = true

before(async () => {
  oss = await runningObjects({
    records: memoryRecordStore(),
    blobs: memoryBlobStore(),
    images: {
      async run(prepare) {
        if (!imagesWork) throw new ImagesBusy()
        return perform(await prepare())
      },
      close: async () => {},
    },
  })
  application = createServer(async (request, response) => {
    heard.push({ path: request.url!, headers: request.headers, body: await text(request) })
    if (answers) response.writeHead(answers.status, { 'content-type': 'application/json' }).end(answers.body)
  })
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(application.address() as AddressInfo).port}`
})
after(async () => {
  await oss.stop()
  application.closeAllConnections()
  await new Promise((resolve) => application.close(resolve))
})
beforeEach(() => {
  heard.length = 0
  answers = { status: 200, body: '{"ok":true}' }
})

const encoded = (document: unknown): string => Buffer.from(JSON.stringify(document)).toString('base64')
const FORM = 'b=${bucket}&o=${object}&e=${etag}&s=${size}&m=${mimeType}&v=${x:v}&n=${nothing}&p=${operation}'

function put(callback: object, more: Record<string, string> = {}, version: 'v4' | 'none' = 'v4') {
  const headers = { 'x-oss-callback': encoded(callback), 'content-type': 'text/plain', ...more }
  return oss.ask({ method: 'PUT', target: '/fc-code/a%26b', body: 'hello', headers, version })
}

describe('a callback', () => {
  it('is what the application hears, and its answer is ours', async () => {
    const variables = { 'x-oss-callback-var': encoded({ 'x:v': '1 2' }) }
    const answer = await put({ callbackUrl: `${url}/done%20it?x=1`, callbackBody: FORM }, variables)
    assert.deepEqual([answer.status, answer.body.toString()], [200, '{"ok":true}'])
    assert.equal(answer.headers.etag, '"5D41402ABC4B2A76B9719D911017C592"')
    const [{ path, headers, body }] = heard as [(typeof heard)[number]]
    assert.equal(path, '/done%20it?x=1')
    assert.equal(
      body,
      'b=fc-code&o=a%26b&e=5D41402ABC4B2A76B9719D911017C592&s=5&m=text%2Fplain&v=1%202&n=&p=PutObject',
    )
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')

    const keyUrl = Buffer.from(String(headers['x-oss-pub-key-url']), 'base64').toString()
    const key = await (await fetch(keyUrl)).text()
    const verifies = (signed: string) =>
      createVerify('RSA-MD5').update(signed).verify(key, String(headers.authorization), 'base64')
    assert.ok(verifies(`/done it?x=1\n${body}`))
    assert.ok(!verifies(`/done it?x=2\n${body}`))
  })

  it('goes to the next URL when one does not answer as it should', async () => {
    const refusing = 'http://127.0.0.1:1'
    const answer = await put({ callbackUrl: `${refusing};${url}/second`, callbackBody: 'a' })
    assert.equal(answer.status, 200)
    assert.deepEqual(
      heard.map(({ path }) => path),
      ['/second'],
    )
  })

  for (const [what, wrong] of [
    ['an error', { status: 500, body: '{}' }],
    ['no JSON', { status: 200, body: 'ok' }],
    ['a redirect', { status: 302, body: '{}' }],
    ['far too much', { status: 200, body: `"${'x'.repeat(1024 * 1024)}"` }],
  ] as const) {
    it(`that gets ${what} is 203, and the object is kept`, async () => {
      answers = wrong
      const answer = await put({ callbackUrl: url, callbackBody: 'a' })
      assert.equal(answer.status, 203)
      assert.match(answer.body.toString(), /<Code>CallbackFailed<\/Code>/)
      const read = await oss.ask({ method: 'GET', target: '/fc-code/a%26b' })
      assert.equal(read.body.toString(), 'hello')
    })
  }

  it('that is not answered ends after five seconds', async () => {
    answers = undefined
    const asked = put({ callbackUrl: url, callbackBody: 'a' })
    const deadline = Date.now() + 10_000
    while (heard.length === 0 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
    oss.clock.advance(5000)
    assert.equal((await asked).status, 203)
  })

  it('comes from an upload in parts, too', async () => {
    const begun = await oss.ask({ method: 'POST', target: '/fc-code/p?uploads', body: '' })
    const uploadId = /<UploadId>(.*?)</.exec(begun.body.toString())![1]
    await oss.ask({ method: 'PUT', target: `/fc-code/p?partNumber=1&uploadId=${uploadId}`, body: 'hello' })
    const headers = {
      'x-oss-complete-all': 'yes',
      'x-oss-callback': encoded({
        callbackUrl: url,
        callbackBody: '{"o":${object},"s":${size}}',
        callbackBodyType: 'application/json',
      }),
    }
    const done = await oss.ask({
      method: 'POST',
      target: `/fc-code/p?uploadId=${uploadId}`,
      body: '',
      headers,
    })
    assert.deepEqual([done.status, done.body.toString()], [200, '{"ok":true}'])
    assert.equal(heard[0]?.body, '{"o":"p","s":5}')
  })

  for (const [what, callback, code] of [
    ['is no JSON', '', 'InvalidArgument'],
    ['has no URL', { callbackBody: 'a' }, 'InvalidArgument'],
    ['has a URL that is none', { callbackUrl: 'http://', callbackBody: 'a' }, 'InvalidArgument'],
    [
      'has six URLs',
      { callbackUrl: Array(6).fill('a.example').join(';'), callbackBody: 'a' },
      'InvalidArgument',
    ],
    ['has no body', { callbackUrl: 'a.example' }, 'InvalidArgument'],
    [
      'has another type',
      { callbackUrl: 'a.example', callbackBody: 'a', callbackBodyType: 'a/b' },
      'InvalidArgument',
    ],
    [
      'breaks a header',
      { callbackUrl: 'a.example', callbackBody: 'a', callbackHost: 'a\r\nb' },
      'InvalidArgument',
    ],
  ] as const) {
    it(`that ${what} is refused, and nothing is kept`, async () => {
      await oss.ask({ method: 'DELETE', target: '/fc-code/a%26b' })
      assert.equal((await put(callback as object)).code, code)
      assert.equal((await oss.ask({ method: 'GET', target: '/fc-code/a%26b' })).code, 'NoSuchKey')
    })
  }

  it('is for those that sign, and not for a grant of one upload', async () => {
    await oss.ask({ method: 'PUT', target: '/open', body: '', headers: { 'x-oss-acl': 'public-read-write' } })
    const headers = { 'x-oss-callback': encoded({ callbackUrl: url, callbackBody: 'a' }) }
    const unsigned = await oss.ask({ method: 'PUT', target: '/open/k', body: 'x', headers, version: 'none' })
    assert.equal(unsigned.code, 'AccessDenied')
    const credentials = { ...root, accessKeyId: 'STS.x', securityToken: 'upload' }
    const target = '/fc-code/1234567890123456/tmp/a.zip'
    const granted = await oss.ask({ method: 'PUT', target, body: 'x', headers, credentials })
    assert.equal(granted.code, 'AccessDenied')
    assert.equal(heard.length, 0)
  })

  it('tells the size and the format of an image, and nothing of what is none', async () => {
    const image = await sharp({ create: { width: 7, height: 5, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer()
    const callbackBody = 'w=${imageInfo.width}&h=${imageInfo.height}&f=${imageInfo.format}'
    const headers = { 'x-oss-callback': encoded({ callbackUrl: url, callbackBody }) }
    const upload = (body: Buffer | string) =>
      oss.ask({ method: 'PUT', target: '/fc-code/image', body, headers })
    assert.equal((await upload(image)).status, 200)
    assert.equal((await upload('no image')).status, 200)
    assert.deepEqual(
      heard.map(({ body }) => body),
      ['w=7&h=5&f=jpg', 'w=&h=&f='],
    )
    imagesWork = false
    const failed = await upload(image)
    imagesWork = true
    assert.equal(failed.status, 203)
    assert.match(failed.body.toString(), /<Code>CallbackFailed<.*Get image info failed/)
    assert.equal(heard.length, 2)
    assert.deepEqual((await oss.ask({ method: 'GET', target: '/fc-code/image' })).body, image)
  })

  it('by temporary credentials goes to public addresses only, and an address is refused before anything is kept', async () => {
    const credentials = { ...root, accessKeyId: 'STS.x', securityToken: 'role' }
    const { port } = new URL(url)
    const session = (callbackUrl: string, target: string) => {
      const headers = { 'x-oss-callback': encoded({ callbackUrl, callbackBody: 'a' }) }
      return oss.ask({ method: 'PUT', target, body: 'x', headers, credentials })
    }
    for (const host of ['127.0.0.1', '2130706433', '[::1]', '169.254.169.254']) {
      const refused = await session(`http://1.1.1.1/;${host}:${port}/`, '/fc-code/refused')
      assert.deepEqual([refused.status, refused.code], [400, 'InvalidArgument'], host)
      assert.match(refused.body.toString(), /Private address is forbidden to callback\./)
    }
    assert.equal((await oss.ask({ method: 'GET', target: '/fc-code/refused' })).code, 'NoSuchKey')
    const failed = await session(`http://localhost:${port}/`, '/fc-code/named')
    assert.equal(failed.status, 203)
    assert.match(failed.body.toString(), /<Code>CallbackFailed<.*localhost is not a public address/s)
    assert.equal((await oss.ask({ method: 'GET', target: '/fc-code/named' })).status, 200)
    assert.equal(heard.length, 0)
  })

  it('fills in what its body names, as its type wants it', () => {
    const known = { a: 'x"y', n: 7 }
    const json = { bodyType: 'application/json', variables: { 'x:v': '1' } }
    assert.equal(
      filledIn({ ...json, template: '{"a":${a},"n":${n},"v":"${x:v}"}' }, known),
      '{"a":"x\\"y","n":7,"v":"1"}',
    )
    assert.equal(filledIn({ ...json, template: '${toString}' }, known), '""')
  })
})
