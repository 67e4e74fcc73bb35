/** Browser forms that are not as they should be: refused, and nothing of them is kept. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { memoryBlobStore } from '../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../drivers/memory/records.ts'
import { ossV1Signature } from '../../wire/signatures/oss-v1.ts'
import { type Answer, NOW_MS, root, runningObjects } from './objects.testing.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
before(async () => {
  oss = await runningObjects({ records: memoryRecordStore(), blobs: memoryBlobStore() })
})
after(() => oss.stop())

const BOUNDARY = 'xyz'
const field = (name: string, value: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (content: string, name = 'file') =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\n\r\n${content}\r\n`
const END = `--${BOUNDARY}--\r\n`
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`

const post = (body: string, contentType = TYPE): Promise<Answer> =>
  oss.ask({
    method: 'POST',
    target: '/fc-code',
    body,
    version: 'none',
    headers: { 'content-type': contentType },
  })

function signed(conditions: unknown, expiresMs = NOW_MS + 1000): string {
  const document = { expiration: new Date(expiresMs).toISOString(), conditions }
  const policy = Buffer.from(JSON.stringify(document)).toString('base64')
  return (
    field('OSSAccessKeyId', root.accessKeyId) +
    field('policy', policy) +
    field('Signature', ossV1Signature(root.accessKeySecret, policy))
  )
}

describe('a form', () => {
  it('that is right is an object, with what its fields say', async () => {
    const more =
      field('x-oss-meta-a', '1') + field('x-oss-tagging', 'k=v') + field('Cache-Control', 'no-store')
    const answer = await post(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the vendor's placeholder
      field('key', 'dir/${filename}') + more + signed([{ bucket: 'fc-code' }]) + file('bytes') + END,
    )
    assert.deepEqual([answer.status, answer.body.length], [204, 0])
    const read = await oss.ask({ method: 'GET', target: '/fc-code/dir/a.png' })
    assert.equal(read.body.toString(), 'bytes')
    const { 'content-type': type, 'x-oss-meta-a': meta, 'x-oss-tagging-count': tags } = read.headers
    assert.deepEqual([type, meta, tags, read.headers['cache-control']], ['image/png', '1', '1', 'no-store'])
  })

  it('sends its page where it says', async () => {
    const redirect = field('success_action_redirect', 'http://a.example/done?x=1')
    const answer = await post(field('key', 'k') + redirect + signed([]) + file('x') + END)
    assert.equal(answer.status, 303)
    assert.match(
      String(answer.headers.location),
      /^http:\/\/a\.example\/done\?x=1&bucket=fc-code&key=k&etag=%22/,
    )
  })

  const key = field('key', 'never')
  const cases: [what: string, body: string, code: string, contentType?: string][] = [
    ['without a file', key + signed([]) + END, 'InvalidRequest'],
    ['without a key', signed([]) + file('x') + END, 'InvalidArgument'],
    ['whose key comes after the file', signed([]) + file('x') + key + END, 'InvalidArgument'],
    ['with a key that is none', field('key', '/never') + signed([]) + file('x') + END, 'InvalidObjectName'],
    ['that nobody signed', key + file('x') + END, 'AccessDenied'],
    ['that ended', key + signed([], NOW_MS - 1) + file('x') + END, 'AccessDenied'],
    [
      'with another signature',
      key + signed([]).replace('Signature"\r\n\r\n', 'Signature"\r\n\r\nA') + file('x') + END,
      'SignatureDoesNotMatch',
    ],
    ['for another bucket', key + signed([{ bucket: 'other' }]) + file('x') + END, 'AccessDenied'],
    ['for another key', key + signed([['eq', '$key', 'ever']]) + file('x') + END, 'AccessDenied'],
    [
      'of another type',
      key + signed([['in', '$content-type', ['image/jpg']]]) + file('x') + END,
      'AccessDenied',
    ],
    [
      'of a type that is not allowed',
      key + field('content-type', 'a/b') + signed([['not-in', '$content-type', ['a/b']]]) + file('x') + END,
      'AccessDenied',
    ],
    [
      'that is too large for its policy',
      key + signed([['content-length-range', 0, 3]]) + file('four') + END,
      'EntityTooLarge',
    ],
    [
      'that is too small for its policy',
      key + signed([['content-length-range', 5, 9]]) + file('four') + END,
      'EntityTooSmall',
    ],
    ['that is too large', key + signed([]) + file('x'.repeat(1001)) + END, 'EntityTooLarge'],
    [
      'with a condition that is none',
      key + signed([['like', '$key', 'a']]) + file('x') + END,
      'InvalidPolicyDocument',
    ],
    ['with conditions that are none', key + signed('all') + file('x') + END, 'InvalidPolicyDocument'],
    ['with a callback', key + field('callback', 'e30=') + signed([]) + file('x') + END, 'InvalidArgument'],
    ['whose file has another name', key + signed([]) + file('x', 'picture') + END, 'InvalidRequest'],
    [
      'with a field too long',
      key + field('a', 'x'.repeat(70_000)) + signed([]) + file('x') + END,
      'InvalidRequest',
    ],
    [
      'with too many fields',
      key + field('a', '1').repeat(300) + signed([]) + file('x') + END,
      'InvalidRequest',
    ],
    ['that ends in the middle of its file', `${key}${signed([])}${file('x').slice(0, -2)}`, 'InvalidRequest'],
    ['that is nothing', '', 'InvalidRequest'],
    ['of another content type', key, 'InvalidRequest', 'application/json'],
    ['without a boundary', key, 'InvalidRequest', 'multipart/form-data'],
  ]
  for (const [what, body, code, contentType] of cases) {
    it(`${what}: ${code}`, async () => {
      const before = await oss.blobIds()
      assert.equal((await post(body, contentType)).code, code)
      assert.deepEqual(await oss.blobIds(), before)
      assert.equal((await oss.ask({ method: 'GET', target: '/fc-code/never' })).code, 'NoSuchKey')
    })
  }

  it('that is cut off in the middle of its file leaves nothing', async () => {
    const before = await oss.blobIds()
    const seen = oss.answered.length
    const socket = connect(oss.port, '127.0.0.1')
    socket.on('error', () => {})
    const body = key + signed([]) + file('a part of it')
    socket.write(
      `POST /fc-code HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${TYPE}\r\ncontent-length: 100000\r\n\r\n${body}`,
      () => socket.end(),
    )
    await text(socket)
    const deadline = Date.now() + 10_000
    while (oss.answered.length === seen && Date.now() < deadline)
      await new Promise((resolve) => setImmediate(resolve))
    assert.equal(oss.answered.at(-1)?.status, 400)
    assert.deepEqual(await oss.blobIds(), before)
  })
})
