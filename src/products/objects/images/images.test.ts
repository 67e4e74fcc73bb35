/** Processing over the wire: who may, what is told, and what becomes of it where images cannot be processed. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import sharp from 'sharp'
import { perform } from '../../../drivers/images/perform.ts'
import { memoryBlobStore } from '../../../drivers/memory/blobs.ts'
import { memoryRecordStore } from '../../../drivers/memory/records.ts'
import { ImageGivenUp, type ImageProcessor, ImagesBusy, ImagesUnavailable } from '../../../ports/images.ts'
import type { AccessQuestion, ObjectEvent } from '../needs.ts'
import { type Answer, type Ask, idsOf, runningObjects } from '../objects.testing.ts'

let oss: Awaited<ReturnType<typeof runningObjects>>
const events: ObjectEvent[] = []
let denied: (question: AccessQuestion) => boolean = () => false
let failure: Error | undefined
const blobs = memoryBlobStore()

const images: ImageProcessor = {
  async run(prepare) {
    if (failure) throw failure
    return perform(await prepare())
  },
  close: async () => {},
}

const ask = (method: string, target: string, more: Partial<Ask> = {}): Promise<Answer> =>
  oss.ask({ method, target, ...more })
const process = (text: string, more: Partial<Ask> = {}): Promise<Answer> =>
  ask('GET', `/gallery/red.png?x-oss-process=${encodeURIComponent(text)}`, more)
const save = (text: string, more: Partial<Ask> = {}): Promise<Answer> =>
  ask('POST', '/gallery/red.png?x-oss-process', {
    body: new URLSearchParams({ 'x-oss-process': text }).toString(),
    ...more,
  })
const base64 = (text: string): string => Buffer.from(text).toString('base64url')

before(async () => {
  oss = await runningObjects({
    records: memoryRecordStore(),
    blobs,
    images,
    sizeBytesMax: 100_000,
    policies: {
      answer: (question) => (question.principal ? (denied(question) ? 'deny' : 'allow') : 'undecided'),
      flawOf: () => undefined,
    },
    listeners: {
      async announce(event) {
        events.push(event)
        return undefined
      },
    },
  })
  await ask('PUT', '/gallery')
  await ask('PUT', '/other')
  for (const color of ['red', 'blue']) {
    const body = await sharp({ create: { width: 8, height: 4, channels: 3, background: color } })
      .png()
      .toBuffer()
    await ask('PUT', `/gallery/${color}.png`, { body, headers: { 'x-oss-meta-by': 'me' } })
  }
})
after(() => oss.stop())
beforeEach(() => {
  events.length = 0
  denied = () => false
  failure = undefined
})

describe('a processed image', () => {
  it('is for those that may read the object, and whatever is shown on it', async () => {
    const mark = `image/watermark,image_${base64('blue.png')}`
    assert.equal((await process(mark)).status, 200)
    denied = ({ action, resource }) => action === 'oss:GetObject' && resource.endsWith('/blue.png')
    assert.equal((await process(mark)).code, 'AccessDenied')
    assert.equal((await process('image/info')).status, 200)
    denied = ({ action, resource }) => action === 'oss:GetObject' && resource.endsWith('/red.png')
    assert.equal((await process('image/info')).code, 'AccessDenied')
    assert.equal((await save('image/info')).code, 'AccessDenied')
    assert.equal((await process('image/info', { version: 'none' })).code, 'AccessDenied')
  })

  it('of anybody shows what anybody may read', async () => {
    const acl = (object: string, value: string) =>
      ask('PUT', `/gallery/${object}?acl`, { body: '', headers: { 'x-oss-object-acl': value } })
    await acl('red.png', 'public-read')
    const mark = `image/watermark,image_${base64('blue.png')}`
    assert.equal((await process('image/resize,w_2', { version: 'none' })).status, 200)
    assert.equal((await process(mark, { version: 'none' })).code, 'AccessDenied')
    assert.equal(
      (await save(`image/resize,w_2|sys/saveas,o_${base64('x')}`, { version: 'none' })).code,
      'AccessDenied',
    )
    await acl('blue.png', 'public-read')
    assert.equal((await process(mark, { version: 'none' })).status, 200)
    await acl('red.png', 'private')
  })

  it('is kept by those that may write there, with the event of a PutObject', async () => {
    const text = `image/resize,w_4|sys/saveas,o_${base64('small.png')},b_${base64('other')}`
    const before = (await idsOf(blobs)).length
    denied = ({ action, resource }) => action === 'oss:PutObject' && resource.endsWith(':other/small.png')
    assert.equal((await save(text)).code, 'AccessDenied')
    assert.deepEqual([events, (await idsOf(blobs)).length], [[], before])
    denied = () => false
    const saved = await save(text)
    const { fileSize, ...more } = JSON.parse(saved.body.toString())
    assert.deepEqual(more, { bucket: 'other', object: 'small.png', status: 'OK' })
    assert.deepEqual(
      events.map(({ name, bucket, object, sizeBytes, deltaBytes, mimeType }) => [
        name,
        bucket,
        object,
        sizeBytes,
        deltaBytes,
        mimeType,
      ]),
      [['ObjectCreated:PutObject', 'other', 'small.png', fileSize, fileSize, 'image/png']],
    )
    const kept = await ask('GET', '/other/small.png')
    assert.deepEqual(
      [kept.body.length, kept.headers['content-type'], kept.headers['x-oss-meta-by']],
      [fileSize, 'image/png', undefined],
    )
    // Over itself, again and again: the bytes of the one before are not left.
    const blobsThen = (await idsOf(blobs)).length
    await save(text)
    assert.equal((await idsOf(blobs)).length, blobsThen)
  })

  it('is answered where it is not to be kept', async () => {
    const answer = await save('image/resize,w_2')
    assert.equal((await sharp(answer.body).metadata()).width, 2)
    assert.equal(
      (await ask('POST', '/gallery/red.png?x-oss-process', { body: 'a=b' })).code,
      'InvalidArgument',
    )
  })

  it('of an older version is not offered', async () => {
    const answer = await ask('GET', '/gallery/red.png?x-oss-process=image%2Finfo&versionId=null')
    assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented'])
  })
})

describe('styles', () => {
  const put = (name: string, content: string): Promise<Answer> =>
    ask('PUT', `/gallery?style&styleName=${name}`, { body: `<Style><Content>${content}</Content></Style>` })

  it('are fifty for a bucket, and go with it', async () => {
    await ask('PUT', '/styled')
    const style = (index: number) =>
      ask('PUT', `/styled?style&styleName=s${index}`, {
        body: '<Style><Content>image/resize,w_1</Content></Style>',
      })
    for (let index = 0; index < 50; index++) assert.equal((await style(index)).status, 200)
    assert.equal((await style(50)).code, 'InvalidRequest')
    assert.equal((await style(49)).status, 200)
    await ask('DELETE', '/styled')
    await ask('PUT', '/styled')
    assert.equal((await ask('GET', '/styled?style&styleName=s1')).code, 'NoSuchStyle')
  })

  it('that are put at once are all kept', async () => {
    const names = ['a', 'b', 'c', 'd', '__proto__', 'constructor']
    const answers = await Promise.all(names.map((name) => put(name, 'image/resize,w_2')))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const list = (await ask('GET', '/gallery?style')).body.toString()
    for (const name of names) assert.ok(list.includes(`<Name>${name}</Name>`), list)
    assert.equal((await process('style/__proto__')).status, 200)
    assert.equal((await process('style/toString')).code, 'NoSuchStyle')
  })

  it('remember when they were made and when changed', async () => {
    await put('dated', 'image/resize,w_2')
    oss.clock.advance(60_000)
    await put('dated', 'image/resize,w_3')
    const text = (await ask('GET', '/gallery?style&styleName=dated')).body.toString()
    assert.match(
      text,
      /<CreateTime>Thu, 01 Jan 2026 00:00:00 GMT<.*<LastModifyTime>Thu, 01 Jan 2026 00:01:00 GMT</,
    )
  })

  for (const [name, content, code] of [
    ['a b', 'image/resize,w_1', 'InvalidArgument'],
    ['bad', 'image/nothing', 'InvalidArgument'],
    ['bad', 'image/resize,w_1|sys/saveas,o_eA', 'InvalidArgument'],
    ['bad', '', 'InvalidArgument'],
  ] as const)
    it(`'${name}': '${content}' is refused`, async () =>
      assert.equal((await put(encodeURIComponent(name), content)).code, code))
})

describe('where images cannot be processed', () => {
  for (const [error, status, code, words] of [
    [new ImagesUnavailable('no such library'), 501, 'NotImplemented', /no such library/],
    [new ImagesBusy(), 503, 'ServiceUnavailable', /slow down/],
    [new ImageGivenUp('it took too long'), 400, 'BadRequest', /it took too long/],
  ] as const)
    it(`${error.name} is told, and all else goes on`, async () => {
      failure = error
      const answer = await process('image/info')
      assert.deepEqual([answer.status, answer.code], [status, code])
      assert.match(answer.body.toString(), words)
      assert.equal((await ask('GET', '/gallery/red.png')).status, 200)
    })
})
