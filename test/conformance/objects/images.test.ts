/** Image processing by ali-oss, against a running platform: results are decoded and measured. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { http, sharedPlatform } from '../conformance.fixture.ts'
import { ossClient, refused, type Sdk } from './objects.fixture.ts'

let oss: Sdk
let v4: Sdk
const base64 = (text: string): string => Buffer.from(text).toString('base64url')

/** Left half red, right half blue. */
const photo = async (width: number, height: number): Promise<Sharp> => {
  const half = {
    create: { width: Math.ceil(width / 2), height, channels: 3 as const, background: '#0000ff' },
  }
  const right = await sharp(half).png().toBuffer()
  return sharp({ create: { width, height, channels: 3, background: '#ff0000' } }).composite([
    { input: right, left: Math.floor(width / 2), top: 0 },
  ])
}

const bed = sharedPlatform({}, async ({ platform }) => {
  oss = ossClient(platform, { bucket: 'pictures' })
  v4 = ossClient(platform, { bucket: 'pictures', authorizationV4: true })
  await oss.putBucket('pictures')
  await oss.put('photo.jpg', await (await photo(400, 300)).jpeg({ quality: 80 }).toBuffer(), {
    headers: { 'Cache-Control': 'max-age=60' },
  })
  await oss.put(
    'logo.png',
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#00ff00' } })
      .png()
      .toBuffer(),
  )
})

async function processed(process: string, name = 'photo.jpg', client = oss) {
  const { content, res } = await client.get(name, { process })
  const { data, info } = await sharp(content).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number): string =>
    data.toString('hex', (y * info.width + x) * 3, (y * info.width + x) * 3 + 3)
  const { format } = await sharp(content).metadata()
  return { content, headers: res.headers, width: info.width, height: info.height, format, at }
}
const isGreen = (hex: string): boolean => /^[0-3].[c-f].[0-3].$/.test(hex)
const isRed = (hex: string): boolean => /^[c-f].[0-3].[0-3].$/.test(hex)
const isBlue = (hex: string): boolean => /^[0-3].[0-3].[c-f].$/.test(hex)

describe('an image', () => {
  it('is processed in the order of the actions, and described as its source is', async () => {
    const head = (await oss.head('photo.jpg')).res.headers
    for (const client of [oss, v4]) {
      const got = await processed('image/resize,w_200/crop,w_50,h_50,g_se/format,png', 'photo.jpg', client)
      assert.deepEqual([got.width, got.height, got.format], [50, 50, 'png'])
      assert.ok(isBlue(got.at(25, 25)))
      const { headers } = got
      assert.equal(headers['content-type'], 'image/png')
      assert.equal(Number(headers['content-length']), got.content.length)
      for (const name of ['etag', 'last-modified', 'cache-control']) assert.equal(headers[name], head[name])
      assert.equal(headers['x-oss-hash-crc64ecma'], undefined)
      assert.equal(headers['content-md5'], undefined)
    }
  })

  it('is read by a presigned URL, and by anybody where it is public', async () => {
    for (const client of [oss, v4]) {
      const process = 'image/resize,m_fixed,w_30,h_40'
      const url =
        client === v4
          ? await v4.signatureUrlV4('GET', 600, { queries: { 'x-oss-process': process } }, 'photo.jpg')
          : oss.signatureUrl('photo.jpg', { process })
      const { status, bytes, headers } = await http(url)
      assert.equal(status, 200, bytes.toString())
      const { width, height } = await sharp(bytes).metadata()
      assert.deepEqual([width, height, headers['content-type']], [30, 40, 'image/jpeg'])
      const other = await http(url.replace('w_30', 'w_31'))
      assert.match(other.text, /SignatureDoesNotMatch/)
    }
    const url = oss.signatureUrl('photo.jpg').split('?')[0]!
    const asked = `${url}?x-oss-process=image/resize,w_10`
    assert.equal((await http(asked)).status, 403)
    await oss.putACL('photo.jpg', 'public-read')
    assert.equal((await sharp((await http(asked)).bytes).metadata()).width, 10)
    const { headers } = await http(asked)
    assert.equal((await http(asked, { headers: { 'if-none-match': headers.etag! } })).status, 304)
    await oss.putACL('photo.jpg', 'private')
  })

  for (const [process, width, height] of [
    ['resize,m_lfit,w_100,h_100', 100, 75],
    ['resize,m_mfit,w_100,h_100', 133, 100],
    ['resize,m_fill,w_100,h_100', 100, 100],
    ['resize,m_pad,w_100,h_100,color_00FF00', 100, 100],
    ['resize,m_fixed,w_100,h_100', 100, 100],
    ['resize,l_100', 100, 75],
    ['resize,s_30', 40, 30],
    ['resize,p_50', 200, 150],
    ['resize,w_800', 400, 300],
    ['resize,w_800,limit_0', 800, 600],
    ['crop,x_390,y_290,w_100,h_100', 10, 10],
    ['rotate,90', 300, 400],
    ['indexcrop,x_100,i_1', 100, 300],
    ['circle,r_50', 101, 101],
    ['rounded-corners,r_30', 400, 300],
    ['blur,r_3,s_2', 400, 300],
    ['bright,50', 400, 300],
    ['contrast,-50', 400, 300],
    ['sharpen,100', 400, 300],
    ['auto-orient,1', 400, 300],
    ['interlace,1', 400, 300],
  ] as const)
    it(`image/${process}`, async () => {
      const got = await processed(`image/${process}`)
      assert.deepEqual([got.width, got.height, got.format], [width, height, 'jpeg'])
    })

  for (const format of ['jpg', 'png', 'webp', 'gif', 'tiff', 'avif', 'bmp'])
    it(`is written as ${format}`, async () => {
      const { content, res } = await oss.get('photo.jpg', { process: `image/resize,w_40/format,${format}` })
      assert.equal(res.headers['content-type'], `image/${format === 'jpg' ? 'jpeg' : format}`)
      await oss.put('written', content)
      const again = await processed('image/format,png', 'written')
      assert.deepEqual([again.width, again.height], [40, 30])
    })

  it('is smaller at a lower quality', async () => {
    const [low, high] = [await processed('image/quality,q_10'), await processed('image/quality,Q_95')]
    assert.ok(low.content.length < high.content.length)
  })

  it('has a watermark: an image of the bucket, and text', async () => {
    const image = base64('logo.png?x-oss-process=image/resize,P_25')
    const got = await processed(
      `image/watermark,image_${image},g_nw,x_0,y_0/watermark,text_${base64('Hi')},color_00FF00,size_100,g_center`,
    )
    assert.ok(isGreen(got.at(10, 10)))
    const middle = Array.from({ length: 120 * 80 }, (_, at) =>
      got.at(140 + (at % 120), 110 + Math.floor(at / 120)),
    )
    assert.ok(middle.filter(isGreen).length > 200)
    assert.ok(isRed(got.at(20, 290)))
  })

  it('tells what it is', async () => {
    const { content, res } = await oss.get('photo.jpg', { process: 'image/info' })
    assert.equal(res.headers['content-type'], 'application/json')
    const size = String((await oss.head('photo.jpg')).res.headers['content-length'])
    const { FileSize, Format, ImageWidth, ImageHeight, FrameCount } = JSON.parse(content.toString())
    assert.deepEqual(
      [FileSize, Format, ImageWidth, ImageHeight, FrameCount].map(({ value }) => value),
      [size, 'jpg', '400', '300', '1'],
    )
    const hue = await oss.get('logo.png', { process: 'image/average-hue' })
    assert.deepEqual(JSON.parse(hue.content.toString()), { RGB: '0x00ff00' })
  })
})

describe('a processed image', () => {
  it('is kept as an object, here or in another bucket', async () => {
    await oss.putBucket('thumbnails')
    const { status, res } = await oss.processObjectSave(
      'photo.jpg',
      'small/你 好.png',
      'image/resize,w_40/format,png',
      'thumbnails',
    )
    assert.equal(status, 200)
    const saved = JSON.parse(res.data.toString())
    const there = ossClient(bed.platform, { bucket: 'thumbnails' })
    const { content, res: got } = await there.get('small/你 好.png')
    assert.deepEqual(saved, {
      bucket: 'thumbnails',
      fileSize: content.length,
      object: 'small/你 好.png',
      status: 'OK',
    })
    assert.equal(got.headers['content-type'], 'image/png')
    assert.equal((await sharp(content).metadata()).width, 40)
    await v4.processObjectSave('photo.jpg', 'half.jpg', 'image/resize,p_50')
    assert.equal((await sharp((await oss.get('half.jpg')).content).metadata()).width, 200)
    // It looks at no status: what is refused is told by what it returns.
    const nowhere = await oss.processObjectSave('photo.jpg', 'x', 'image/resize,w_1', 'no-such-bucket')
    assert.deepEqual([nowhere.status, nowhere.res.data.toString().includes('NoSuchBucket')], [404, true])
    assert.equal(
      (await refused(oss.get('photo.jpg', { process: 'image/resize,w_1|sys/saveas,o_eA' }))).code,
      'InvalidArgument',
    )
  })

  it('is what a style of the bucket says', async () => {
    const style = (method: string, styleName?: string, content?: string) =>
      oss.request({
        method,
        bucket: 'pictures',
        subres: { style: '', ...(styleName === undefined ? {} : { styleName }) },
        successStatuses: [200, 204],
        ...(content === undefined
          ? {}
          : { content: `<Style><Content>${content}</Content></Style>`, mime: 'xml' }),
      })
    await style('PUT', 'small', 'image/resize,w_100/format,webp')
    await style('PUT', 'tiny', 'image/resize,w_10')
    const got = await processed('style/small')
    assert.deepEqual([got.width, got.format], [100, 'webp'])
    const one = (await style('GET', 'small')).data.toString()
    assert.match(
      one,
      /<Style><Name>small<\/Name><Content>image\/resize,w_100\/format,webp<\/Content><Category>image</,
    )
    assert.match(
      (await style('GET')).data.toString(),
      /<StyleList><Style>.*small.*<Style>.*tiny.*<\/StyleList>/,
    )
    await oss.processObjectSave('photo.jpg', 'by-style.jpg', 'style/tiny')
    assert.equal((await sharp((await oss.get('by-style.jpg')).content).metadata()).width, 10)
    await style('DELETE', 'small')
    assert.deepEqual(await refused(oss.get('photo.jpg', { process: 'style/small' })), {
      code: 'NoSuchStyle',
      status: 404,
    })
    assert.deepEqual(await refused(style('GET', 'small')), { code: 'NoSuchStyle', status: 404 })
    assert.equal((await refused(style('PUT', 'bad', 'image/resize,w_0'))).code, 'InvalidArgument')
    assert.equal((await refused(style('PUT', 'bad', 'style/tiny'))).code, 'InvalidArgument')
  })

  it('has its size told to an application', async () => {
    const heard: string[] = []
    const application = createServer((request, response) => {
      request.on('data', (chunk) => heard.push(String(chunk))).on('end', () => response.end('{}'))
    })
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    const { port } = application.address() as { port: number }
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the vendor's placeholders
    const body = '${imageInfo.width}x${imageInfo.height} ${imageInfo.format}'
    await oss.put('told.png', (await oss.get('logo.png')).content, {
      callback: { url: `http://127.0.0.1:${port}`, body },
    })
    application.closeAllConnections()
    await new Promise((resolve) => application.close(resolve))
    assert.deepEqual(heard, ['20x10 png'])
  })
})

/** A PNG whose head says how large it is, and whose pixels are all 0: small as a file, and large when it is decoded. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([1, 0], 8)
  const rows = Buffer.alloc((Math.ceil(width / 8) + 1) * height)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('what cannot be processed', () => {
  for (const [what, process, code] of [
    ['an action that is not known', 'image/enlarge,2', 'InvalidArgument'],
    ['a value out of bounds', 'image/resize,w_0', 'InvalidArgument'],
    ['a value that is none', 'image/resize,w_abc', 'InvalidArgument'],
    ['nothing to go by', 'image/resize', 'MissingArgument'],
    ['broken Base64', 'image/watermark,text_!!!', 'BadRequest'],
    ['a watermark that is not there', `image/watermark,image_${base64('none.png')}`, 'NoSuchKey'],
    ['a target too large', 'image/resize,m_fixed,w_5000,h_5000,limit_0', 'ImageTooLarge'],
    ['a crop beside the image', 'image/crop,x_400', 'BadRequest'],
    ['a style that is not there', 'style/none', 'NoSuchStyle'],
    ['another kind', 'video/snapshot,t_1', 'NotImplemented'],
    ['a format that is not written', 'image/format,heic', 'NotImplemented'],
  ] as const)
    it(`${what}: ${code}`, async () =>
      assert.equal((await refused(oss.get('photo.jpg', { process }))).code, code))

  it('is told from what can, by its bytes', async () => {
    const jpeg = (await oss.get('photo.jpg')).content as Buffer
    const process = 'image/resize,w_10'
    for (const [name, body, code] of [
      ['text', Buffer.from('hello'), 'BadRequest'],
      ['empty', Buffer.alloc(0), 'BadRequest'],
      [
        'picture.svg',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
        'BadRequest',
      ],
      ['cut-off.jpg', jpeg.subarray(0, jpeg.length / 2), 'BadRequest'],
      ['large.jpg', Buffer.concat([jpeg, Buffer.alloc(20 * 1024 * 1024)]), 'ImageTooLarge'],
      ['bomb.png', bomb(30_000, 30_000), 'ImageTooLarge'],
      ['wide.png', bomb(30_001, 1), 'ImageTooLarge'],
    ] as const) {
      await oss.put(name, body)
      assert.equal((await refused(oss.get(name, { process }))).code, code, name)
      assert.equal((await oss.get(name)).content.length, body.length)
    }
    const { message } = await oss.get('text', { process }).catch((error: Error) => error)
    assert.match(message, /This image format is not supported\./)
    assert.equal((await refused(oss.get('no-such.jpg', { process }))).code, 'NoSuchKey')
    assert.equal((await processed(process)).width, 10)
  })
})
