import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import sharp, { type Sharp } from 'sharp'
import type { ImageOutcome, ImageOutput, ImagePlan, ImageStep, WatermarkStep } from '../../ports/images.ts'
import { readBmp, writeBmp } from './bmp.ts'
import { jpegQuality } from './jpeg-quality.ts'
import { perform } from './perform.ts'

type Rgba = readonly [number, number, number, number]
const RED: Rgba = [255, 0, 0, 255]
const BLUE: Rgba = [0, 0, 255, 255]
const WHITE: Rgba = [255, 255, 255, 255]

/** Left half red, right half blue. */
const halves = (width: number, height: number): Sharp => {
  const data = Buffer.alloc(width * height * 4)
  for (let at = 0; at < width * height; at++) data.set(at % width < width / 2 ? RED : BLUE, at * 4)
  return sharp(data, { raw: { width, height, channels: 4 } })
}
const png = halves(40, 20).png().toBuffer()
const plain = (width: number, height: number, background: string): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()

interface Wish {
  output?: Partial<ImageOutput>
  autoOrient?: boolean
  overlays?: readonly Uint8Array[]
  want?: ImagePlan['want']
}

const done = (
  source: Uint8Array,
  steps: readonly ImageStep[],
  { output, autoOrient = true, overlays = [], want = 'image' }: Wish = {},
): Promise<ImageOutcome> =>
  perform({ source, overlays, plan: { want, steps, autoOrient, output: { interlaced: false, ...output } } })

/** The result, decoded. */
async function result(source: Uint8Array, steps: readonly ImageStep[], wish: Wish = {}) {
  const outcome = await done(source, steps, wish)
  assert.ok(outcome.is === 'image', JSON.stringify(outcome))
  const { data, info } =
    outcome.format === 'bmp'
      ? await sharp(readBmp(outcome.bytes).data, { raw: readBmp(outcome.bytes) })
          .ensureAlpha()
          .raw()
          .toBuffer({ resolveWithObject: true })
      : await sharp(outcome.bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number): Rgba =>
    [...data.subarray((y * info.width + x) * 4).subarray(0, 4)] as unknown as Rgba
  return { ...outcome, width: info.width, height: info.height, at }
}

const refused = async (source: Uint8Array, steps: readonly ImageStep[], wish: Wish = {}): Promise<string> => {
  const outcome = await done(source, steps, wish)
  assert.ok(outcome.is === 'refused', outcome.is)
  return `${outcome.because} of ${outcome.of}`
}

const near = (got: Rgba, wanted: Rgba, by = 12): void =>
  assert.ok(
    got.every((value, index) => Math.abs(value - wanted[index]!) <= by),
    `${got} is not ${wanted}`,
  )

const resize = (more: Partial<Extract<ImageStep, { is: 'resize' }>>): ImageStep => ({
  is: 'resize',
  mode: 'lfit',
  limit: true,
  color: '#ffffff',
  ...more,
})
const crop = (more: Partial<Extract<ImageStep, { is: 'crop' }>>): ImageStep => ({
  is: 'crop',
  x: 0,
  y: 0,
  gravity: 'nw',
  ...more,
})
const watermark = (more: Partial<WatermarkStep>): ImageStep => ({
  is: 'watermark',
  opacity: 100,
  gravity: 'se',
  x: 10,
  y: 10,
  verticalOffset: 0,
  fill: false,
  gapX: 0,
  gapY: 0,
  imageFirst: true,
  align: 'bottom',
  interval: 0,
  ...more,
})

describe('an image of 40 by 20 pixels', () => {
  for (const [why, step, width, height] of [
    ['within a box', { width: 10, height: 10 }, 10, 5],
    ['around a box', { mode: 'mfit', width: 10, height: 10 }, 20, 10],
    ['cut to a box', { mode: 'fill', width: 10, height: 10 }, 10, 10],
    ['in a box', { mode: 'pad', width: 10, height: 10, color: '#00ff00' }, 10, 10],
    ['out of shape', { mode: 'fixed', width: 10, height: 10 }, 10, 10],
    ['by one side', { height: 10 }, 20, 10],
    ['by its longer side', { longer: 20 }, 20, 10],
    ['by its shorter side', { shorter: 5 }, 10, 5],
    ['by percents', { percent: 200 }, 80, 40],
    ['not larger', { width: 80 }, 40, 20],
    ['larger', { width: 80, limit: false }, 80, 40],
  ] as const)
    it(`is resized ${why}`, async () => {
      const got = await result(await png, [resize(step as object)])
      assert.deepEqual([got.width, got.height], [width, height])
      near(got.at(1, Math.floor(height / 2)), RED, 40)
      near(got.at(width - 2, Math.floor(height / 2)), BLUE, 40)
      if (why === 'in a box') near(got.at(5, 0), [0, 255, 0, 255])
    })

  it('is not resized beyond what may come out', async () => {
    assert.equal(
      await refused(await png, [resize({ width: 16_385, limit: false })]),
      'resultTooLarge of source',
    )
    assert.equal(
      await refused(await png, [resize({ mode: 'fixed', width: 8000, height: 8000, limit: false })]),
      'resultTooLarge of source',
    )
  })

  it('is cut out, up to its edges', async () => {
    const right = await result(await png, [crop({ width: 10, height: 10, gravity: 'se', x: 4 })])
    assert.deepEqual([right.width, right.height, right.at(0, 0)], [6, 10, BLUE])
    const rest = await result(await png, [crop({ x: 15 })])
    assert.deepEqual([rest.width, rest.at(4, 0), rest.at(5, 0)], [25, RED, BLUE])
    assert.equal(await refused(await png, [crop({ x: 40 })]), 'cropOutside of source')
  })

  it('is cut to a circle and to round corners', async () => {
    const circle = await result(await png, [{ is: 'circle', radius: 100 }])
    assert.deepEqual([circle.width, circle.height], [19, 19])
    assert.equal(circle.at(0, 0)[3], 0)
    near(circle.at(4, 9), RED)
    const round = await result(await png, [{ is: 'roundedCorners', radius: 5 }])
    assert.deepEqual([round.width, round.height, round.at(0, 0)[3]], [40, 20, 0])
    near(round.at(0, 10), RED)
    const white = await result(await png, [{ is: 'roundedCorners', radius: 5 }], {
      output: { format: 'jpg' },
    })
    near(white.at(0, 0), WHITE, 40)
  })

  it('is sliced', async () => {
    const last = await result(await png, [{ is: 'indexCrop', axis: 'x', length: 15, index: 2 }])
    assert.deepEqual([last.width, last.height, last.at(0, 0)], [10, 20, BLUE])
    const none = await result(await png, [{ is: 'indexCrop', axis: 'y', length: 15, index: 9 }])
    assert.deepEqual([none.width, none.height], [40, 20])
  })

  it('is turned clockwise', async () => {
    const quarter = await result(await png, [{ is: 'rotate', degrees: 90 }])
    assert.deepEqual(
      [quarter.width, quarter.height, quarter.at(10, 1), quarter.at(10, 38)],
      [20, 40, RED, BLUE],
    )
    const askew = await result(await png, [{ is: 'rotate', degrees: 45 }, crop({})])
    assert.ok(askew.width > 40 && askew.height > 20)
    assert.equal(askew.at(0, 0)[3], 0)
    assert.equal(
      await refused(await plain(4097, 1, 'red'), [{ is: 'rotate', degrees: 90 }]),
      'tooLargeToRotate of source',
    )
  })

  it('is blurred, brighter, of more contrast and sharper', async () => {
    const [, , blue] = (await result(await png, [{ is: 'blur', radius: 10, sigma: 5 }])).at(18, 10)
    assert.ok(blue > 30 && blue < 220, `${blue}`)
    near((await result(await png, [{ is: 'bright', value: 50 }])).at(2, 2), [255, 128, 128, 255])
    const grey = await plain(10, 10, '#a0a0a0')
    const [more] = (await result(grey, [{ is: 'contrast', value: 50 }])).at(5, 5)
    assert.ok(more > 0xa0 + 20, `${more}`)
    const soft = await sharp(await png)
      .blur(2)
      .png()
      .toBuffer()
    const edge = async (steps: ImageStep[]) => (await result(soft, steps)).at(17, 10)[0]
    assert.ok((await edge([{ is: 'sharpen', value: 300 }])) > (await edge([])))
  })

  it('goes through its steps in their order', async () => {
    const cutFirst = await result(await png, [crop({ width: 20, height: 20 }), resize({ width: 10 })])
    assert.deepEqual([cutFirst.width, cutFirst.height, cutFirst.at(9, 5)], [10, 10, RED])
    const cutLast = await result(await png, [resize({ width: 10 }), crop({ width: 20, height: 20 })])
    assert.deepEqual([cutLast.width, cutLast.height], [10, 5])
    near(cutLast.at(9, 2), BLUE)
  })

  it('has its transparency through all steps', async () => {
    const half = await sharp({
      create: { width: 10, height: 10, channels: 4, background: { r: 200, g: 100, b: 50, alpha: 0.5 } },
    })
      .png()
      .toBuffer()
    const got = await result(half, [crop({ width: 8 }), resize({ width: 4 }), { is: 'rotate', degrees: 90 }])
    near(got.at(2, 2), [200, 100, 50, 128], 3)
  })
})

describe('a watermark', () => {
  it('is an image, where it is asked for, as large and as clear as it is asked for', async () => {
    const overlays = [await plain(10, 10, 'blue')]
    const source = await plain(100, 60, 'red')
    const image = { overlay: 0, steps: [] }
    const corner = await result(source, [watermark({ image })], { overlays })
    assert.deepEqual(
      [corner.at(89, 49), corner.at(80, 40), corner.at(90, 49), corner.at(79, 49)],
      [BLUE, BLUE, RED, RED],
    )
    const faint = await result(source, [watermark({ image, opacity: 50, gravity: 'nw', x: 0, y: 0 })], {
      overlays,
    })
    near(faint.at(5, 5), [128, 0, 128, 255], 3)
    const middle = await result(source, [watermark({ image, gravity: 'center', verticalOffset: -20 })], {
      overlays,
    })
    assert.deepEqual([middle.at(50, 10), middle.at(50, 30)], [BLUE, RED])
    const beyond = await result(source, [watermark({ image, gravity: 'nw', x: 95, y: 55 })], { overlays })
    assert.deepEqual([beyond.at(99, 59), beyond.at(94, 59)], [BLUE, RED])
    const share = { overlay: 0, steps: [resize({ percentOfMain: 50 })] }
    const large = await result(source, [watermark({ image: share, gravity: 'nw', x: 0, y: 0 })], { overlays })
    assert.deepEqual([large.at(28, 28), large.at(31, 5)], [BLUE, RED])
    const tiled = await result(source, [watermark({ image, fill: true, gapX: 5, gapY: 5 })], { overlays })
    assert.deepEqual(
      [tiled.at(0, 0), tiled.at(12, 0), tiled.at(15, 15), tiled.at(97, 47)],
      [BLUE, RED, BLUE, BLUE],
    )
  })

  it('is text of a colour, with a shadow, turned, beside an image', async () => {
    const source = await plain(300, 100, 'white')
    const text = { text: '<H&H>', fonts: ['sans'], color: '#ff0000', size: 40, shadow: 0, degrees: 0 }
    const inked = async (step: Partial<WatermarkStep>, overlays: Uint8Array[] = []) => {
      const { at, width, height } = await result(
        source,
        [watermark({ gravity: 'nw', x: 0, y: 0, ...step })],
        { overlays },
      )
      let [red, dark, right, bottom] = [0, 0, 0, 0]
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const [r, g, b] = at(x, y)
          if (g > 200) continue
          if (r > 200) red++
          else if (r < 128 && b < 128) dark++
          right = Math.max(right, x)
          bottom = Math.max(bottom, y)
        }
      return { red, dark, right, bottom }
    }
    const flat = await inked({ text })
    assert.ok(flat.red > 100 && flat.dark === 0 && flat.right > 60 && flat.bottom < 60, JSON.stringify(flat))
    assert.ok((await inked({ text: { ...text, shadow: 100 } })).dark > 20)
    const upright = await inked({ text: { ...text, degrees: 90 } })
    assert.ok(upright.bottom > upright.right, JSON.stringify(upright))
    const both = { text, image: { overlay: 0, steps: [] }, interval: 30 }
    assert.ok((await inked(both, [await plain(20, 20, 'black')])).right > flat.right + 40)
  })

  it('that cannot be used is told apart from an image that cannot', async () => {
    const image = { overlay: 0, steps: [] }
    const overlays = [Buffer.from('no image')]
    assert.equal(
      await refused(await png, [watermark({ image })], { overlays }),
      'unsupportedFormat of watermark',
    )
  })
})

describe('formats', () => {
  for (const format of ['jpg', 'png', 'webp', 'gif', 'tiff', 'bmp', 'avif'] as const)
    it(`${format} is written and read`, async () => {
      const written = await result(await png, [], { output: { format } })
      assert.equal(written.format, format)
      near(written.at(5, 5), RED)
      const again = await result(written.bytes, [crop({ x: 20 })])
      assert.deepEqual([again.format, again.width], [format, 20])
      near(again.at(10, 10), BLUE)
      const facts = await done(written.bytes, [], { want: 'facts' })
      assert.ok(facts.is === 'facts')
      const { format: told, width, height, frames } = facts.facts
      assert.deepEqual([told, width, height, frames], [format, 40, 20, 1])
    })

  it('the quality of a JPEG is known, and what is asked for is of it, or at most it', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 256))
    const source = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg({ quality: 80 })
      .toBuffer()
    assert.equal(jpegQuality(source), 80)
    const qualityOf = async (quality?: { relative: boolean; percent: number }) =>
      jpegQuality((await result(source, [], { output: quality ? { quality } : {} })).bytes)
    assert.equal(await qualityOf(), 80)
    assert.equal(await qualityOf({ relative: true, percent: 50 }), 40)
    assert.equal(await qualityOf({ relative: false, percent: 50 }), 50)
    assert.equal(await qualityOf({ relative: false, percent: 95 }), 80)
  })

  it('a JPEG is progressive when that is asked for', async () => {
    for (const interlaced of [true, false]) {
      const { bytes } = await result(await png, [], { output: { format: 'jpg', interlaced } })
      assert.equal((await sharp(bytes).metadata()).isProgressive, interlaced)
    }
  })

  it('any picture is the same behind a bitmap', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(3, 4),
        (width, height, channels) => {
          const data = Uint8Array.from({ length: width * height * channels }, (_, at) => (at * 31) % 251)
          const pixels = { data, width, height, channels: channels as 3 | 4 }
          assert.deepEqual(readBmp(writeBmp(pixels)), pixels)
        },
      ),
    ))
})

describe('an animation', () => {
  const animation = Promise.all(['red', 'blue', 'lime'].map((colour) => plain(40, 30, colour))).then(
    (frames) =>
      sharp(frames, { join: { animated: true } })
        .gif({ delay: [100, 200, 300], loop: 2 })
        .toBuffer(),
  )
  it('stays one through resize, crop and watermark', async () => {
    const overlays = [await plain(4, 4, 'white')]
    const steps = [
      resize({ width: 20 }),
      crop({ width: 10, height: 10 }),
      watermark({ image: { overlay: 0, steps: [] }, x: 0, y: 0 }),
    ]
    for (const format of ['gif', 'webp'] as const) {
      const { bytes } = await result(await animation, steps, { overlays, output: { format } })
      const { pages, width, pageHeight, delay, loop } = await sharp(bytes, { animated: true }).metadata()
      assert.deepEqual([pages, width, pageHeight, delay, loop], [3, 10, 10, [100, 200, 300], 2])
      const { data } = await sharp(bytes, { animated: true })
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
      const at = (x: number, y: number): Rgba =>
        [...data.subarray((y * 10 + x) * 3).subarray(0, 3), 255] as unknown as Rgba
      near(at(1, 11), BLUE, 24)
      near(at(8, 18), WHITE, 24)
      near(at(8, 28), WHITE, 24)
    }
  })

  it('is its first frame behind other steps and in other formats', async () => {
    for (const [steps, format] of [
      [[{ is: 'rotate', degrees: 180 }], 'gif'],
      [[], 'png'],
    ] as [ImageStep[], 'gif' | 'png'][]) {
      const got = await result(await animation, steps, { output: { format } })
      assert.deepEqual([got.width, got.height], [40, 30])
      near(got.at(5, 5), RED)
    }
  })

  it('counts with all of its frames', async () => {
    const facts = await done(await animation, [], { want: 'facts' })
    assert.ok(facts.is === 'facts' && facts.facts.frames === 3 && facts.facts.height === 30)
  })
})

describe('what an image says of itself', () => {
  const photo = halves(40, 20)
    .jpeg()
    .withMetadata({ orientation: 6, density: 300 })
    .withExifMerge({ IFD0: { Make: 'Hanshu', DateTime: '2026:01:02 03:04:05' }, IFD2: { FNumber: '28/10' } })
    .toBuffer()

  it('turns it, unless that is not wanted', async () => {
    const turned = await result(await photo, [crop({ height: 10 })])
    assert.deepEqual([turned.width, turned.height], [20, 10])
    near(turned.at(10, 2), RED, 30)
    const asItIs = await result(await photo, [], { autoOrient: false })
    assert.deepEqual([asItIs.width, asItIs.height], [40, 20])
  })

  it('is told', async () => {
    const outcome = await done(await photo, [], { want: 'facts' })
    assert.ok(outcome.is === 'facts')
    const { exif, density, width, height } = outcome.facts
    assert.deepEqual([width, height, density], [40, 20, 300])
    assert.deepEqual(
      [exif['Make'], exif['DateTime'], exif['Orientation'], exif['FNumber']],
      ['Hanshu', '2026:01:02 03:04:05', '6', '28/10'],
    )
  })

  it('has an average hue', async () => {
    const outcome = await done(await png, [], { want: 'averageHue' })
    assert.ok(outcome.is === 'hue')
    assert.match(outcome.rgb, /^(7f|80)00(7f|80)$/)
  })
})

describe('hostile images', () => {
  it('are refused before they are decoded', async () => {
    const bomb = await plain(1, 1, 'red')
    // The head of the picture says 30,000 by 30,000; libpng checks its checksum when it decodes, which never comes.
    bomb.writeUInt32BE(30_000, 16)
    bomb.writeUInt32BE(30_000, 20)
    assert.match(await refused(bomb, []), /^(sourceTooLarge|broken) of source$/)
    for (const other of ['', 'hello', '<svg xmlns="http://www.w3.org/2000/svg"/>', '%PDF-1.7', 'GIF8'])
      assert.equal(await refused(Buffer.from(other), []), 'unsupportedFormat of source')
  })

  it('that are cut off or scribbled in are refused, or decoded, and nothing else', async () => {
    const sources = [
      await halves(40, 20).jpeg().toBuffer(),
      await png,
      await halves(40, 20).webp().toBuffer(),
      await halves(40, 20).gif().toBuffer(),
      Buffer.from(writeBmp({ data: new Uint8Array(60), width: 5, height: 4, channels: 3 })),
    ]
    assert.equal(await refused(sources[0]!.subarray(0, sources[0]!.length - 60), []), 'broken of source')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sources),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        async (source, place, scribble) => {
          const bytes = Buffer.from(source)
          bytes.set(scribble, place % (bytes.length - scribble.length))
          const outcome = await done(bytes, [resize({ width: 10 })])
          assert.ok(outcome.is === 'image' || outcome.is === 'refused')
        },
      ),
      { numRuns: 60 },
    )
  })
})
