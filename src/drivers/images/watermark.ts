/** Text and images that are put onto an image. */
import sharp, { type OverlayOptions, type Sharp } from 'sharp'
import type { ImageStep, WatermarkStep, WatermarkText } from '../../ports/images.ts'
import { BETWEEN_PIXELS_MAX, type Canvas, stepped } from './canvas.ts'
import { placed, type Size, visible } from './geometry.ts'
import { Refused } from './refused.ts'
import { decoded, lookAt } from './source.ts'

const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 }

/** Pixels with alpha. */
interface Sheet extends Size {
  data: Uint8Array
}

/** Takes an image that is to be a watermark through its own steps. */
export type Prepare = (canvas: Canvas, steps: readonly ImageStep[], main: Size) => Promise<Canvas>

/** A watermark was refused, not the image that it is put on. */
export class WatermarkRefused extends Refused {}

export async function watermarked(
  canvas: Canvas,
  step: WatermarkStep,
  overlays: readonly Uint8Array[],
  prepare: Prepare,
): Promise<Canvas> {
  const sheet = await sheetOf(canvas, step, { overlays, prepare })
  const layers = step.fill ? everywhere(canvas, sheet, step) : once(canvas, sheet, step)
  const overFrames = layers.flatMap((layer) =>
    Array.from({ length: canvas.frames }, (_, frame) => ({
      ...layer,
      top: layer.top! + frame * canvas.height,
    })),
  )
  return overFrames.length === 0 ? canvas : stepped(canvas, canvas.pipeline.composite(overFrames), canvas)
}

interface Means {
  overlays: readonly Uint8Array[]
  prepare: Prepare
}

async function sheetOf(canvas: Canvas, step: WatermarkStep, means: Means): Promise<Sheet> {
  const image = step.image && (await imageSheet(canvas, step.image, means))
  const text = step.text && (await textSheet(step.text))
  const sheet = image && text ? await sideBySide(image, text, step) : (image ?? text)
  if (!sheet) throw new Error('a watermark has text or an image')
  for (let at = 3; at < sheet.data.length; at += 4) sheet.data[at] = (sheet.data[at]! * step.opacity) / 100
  return sheet
}

async function imageSheet(
  main: Canvas,
  { overlay, steps }: NonNullable<WatermarkStep['image']>,
  { overlays, prepare }: Means,
): Promise<Sheet> {
  try {
    const source = await lookAt(overlays[overlay]!)
    const { width, height } = source
    const pipeline = decoded(source, { moving: false })
    const prepared = await prepare({ pipeline, width, height, frames: 1, pending: 'nothing' }, steps, main)
    return await sheet(prepared.pipeline)
  } catch (error) {
    throw error instanceof Refused ? new WatermarkRefused(error.because) : error
  }
}

async function sheet(pipeline: Sharp): Promise<Sheet> {
  const { data, info } = await pipeline
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

/** At 72 dots per inch, a point is a pixel. */
const DPI = 72

async function textSheet({ text, fonts, color, size, shadow, degrees }: WatermarkText): Promise<Sheet> {
  const font = `${fonts.join(', ')} ${size}px`
  const drawn = async (ink: string): Promise<Sheet> => {
    const markup = `<span foreground="${ink}">${escaped(text)}</span>`
    return sheet(sharp({ text: { text: markup, rgba: true, font, dpi: DPI } }))
  }
  let written: Sheet
  try {
    written = await drawn(color)
  } catch {
    // Such as text of which nothing can be seen. A letter that no font has is a box, which is no error here.
    throw new WatermarkRefused('undrawable')
  }
  if (shadow > 0) written = await withShadow(written, await drawn('#000000'), { shadow, size })
  if (degrees % 360 === 0) return written
  return sheet(sharp(written.data, rawOf(written)).rotate(degrees, { background: CLEAR }))
}

/** The shadow falls to the lower right. */
async function withShadow(
  written: Sheet,
  dark: Sheet,
  { shadow, size }: { shadow: number; size: number },
): Promise<Sheet> {
  const distance = Math.max(1, Math.round(size / 20))
  for (let at = 3; at < dark.data.length; at += 4) dark.data[at] = (dark.data[at]! * shadow) / 100
  return layered({ width: written.width + distance, height: written.height + distance }, [
    { ...layerOf(dark), left: distance, top: distance },
    { ...layerOf(written), left: 0, top: 0 },
  ])
}

function sideBySide(
  image: Sheet,
  text: Sheet,
  { imageFirst, align, interval }: WatermarkStep,
): Promise<Sheet> {
  const [first, second] = imageFirst ? [image, text] : [text, image]
  const height = Math.max(first.height, second.height)
  const share = align === 'top' ? 0 : align === 'center' ? 0.5 : 1
  const topOf = (thing: Sheet): number => Math.round((height - thing.height) * share)
  return layered({ width: first.width + interval + second.width, height }, [
    { ...layerOf(first), left: 0, top: topOf(first) },
    { ...layerOf(second), left: first.width + interval, top: topOf(second) },
  ])
}

const layered = ({ width, height }: Size, layers: OverlayOptions[]): Promise<Sheet> =>
  sheet(sharp({ create: { width, height, channels: 4, background: CLEAR } }).composite(layers))

const rawOf = ({ width, height }: Size) => ({ raw: { width, height, channels: 4 as const } })
const layerOf = (thing: Sheet): OverlayOptions => ({ input: thing.data as Buffer, ...rawOf(thing) })

/** What is outside of the image is left out: libvips takes nothing that is larger than what it is put on. */
function once(canvas: Canvas, thing: Sheet, step: WatermarkStep): OverlayOptions[] {
  return at(canvas, thing, placed(canvas, thing, step))
}

function at(canvas: Size, thing: Sheet, { left, top }: { left: number; top: number }): OverlayOptions[] {
  const region = visible(canvas, thing, { left, top })
  if (!region) return []
  const part = cut(thing, region)
  return [{ ...layerOf(part), left: left + region.left, top: top + region.top }]
}

function cut(thing: Sheet, region: Size & { left: number; top: number }): Sheet {
  if (region.width === thing.width && region.height === thing.height) return thing
  const data = Buffer.alloc(region.width * region.height * 4)
  for (let row = 0; row < region.height; row++) {
    const from = ((region.top + row) * thing.width + region.left) * 4
    data.set(thing.data.subarray(from, from + region.width * 4), row * region.width * 4)
  }
  return { data, width: region.width, height: region.height }
}

/** One sheet of the image's size, on which the thing is again and again, from the upper left corner. */
function everywhere(canvas: Size, thing: Sheet, { gapX, gapY }: WatermarkStep): OverlayOptions[] {
  const { width, height } = canvas
  if (width * height > BETWEEN_PIXELS_MAX) throw new Refused('sourceTooLarge')
  const data = Buffer.alloc(width * height * 4)
  for (let row = 0; row < height; row++) {
    const thingRow = row % (thing.height + gapY)
    if (thingRow >= thing.height) continue
    for (let left = 0; left < width; left += thing.width + gapX) {
      const from = thingRow * thing.width * 4
      const pixels = Math.min(thing.width, width - left)
      data.set(thing.data.subarray(from, from + pixels * 4), (row * width + left) * 4)
    }
  }
  return [{ ...layerOf({ data, width, height }), left: 0, top: 0 }]
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
