/** What each step does to the pixels. */
import type { ImageStep, PlainStep, ResizeStep } from '../../ports/images.ts'
import { type Canvas, settled, stepped } from './canvas.ts'
import { circled, cropped, resized, type Size, sliced } from './geometry.ts'
import { Refused } from './refused.ts'
import { watermarked } from './watermark.ts'

/** The vendor's limits of what a resize makes. */
const RESIZED_SIDE_MAX = 16_384
const RESIZED_PIXELS_MAX = 16_777_216
/** And of a side of what is rotated. */
export const ROTATED_SIDE_MAX = 4096

const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 }

export interface Surroundings {
  overlays: readonly Uint8Array[]
  /** Of a watermark: what it is put on. */
  main?: Size
}

export async function applied(
  canvas: Canvas,
  steps: readonly ImageStep[],
  surroundings: Surroundings,
): Promise<Canvas> {
  let current = canvas
  for (const step of steps) current = await apply(await settled(current), step, surroundings)
  return current
}

function apply(canvas: Canvas, step: ImageStep, surroundings: Surroundings): Promise<Canvas> | Canvas {
  switch (step.is) {
    case 'resize':
      return resize(canvas, step, surroundings.main)
    case 'crop': {
      const region = cropped(canvas, step)
      if (!region) throw new Refused('cropOutside')
      return stepped(canvas, canvas.pipeline.extract(region), region, 'step')
    }
    case 'watermark':
      return watermarked(canvas, step, surroundings.overlays, (mark, steps, main) =>
        applied(mark, steps, { overlays: surroundings.overlays, main }),
      )
    default:
      return applyPlain(canvas, step)
  }
}

function resize(canvas: Canvas, step: ResizeStep, main: Size | undefined): Canvas {
  const target = resized(canvas, step, main)
  if (!target || (target.width === canvas.width && target.height === canvas.height)) return canvas
  const { width, height, fit } = target
  if (width > RESIZED_SIDE_MAX || height > RESIZED_SIDE_MAX || width * height > RESIZED_PIXELS_MAX)
    throw new Refused('resultTooLarge')
  return stepped(
    canvas,
    canvas.pipeline.resize({ width, height, fit, background: step.color }),
    target,
    'step',
  )
}

function applyPlain(canvas: Canvas, step: PlainStep): Canvas | Promise<Canvas> {
  const { pipeline, width, height } = canvas
  switch (step.is) {
    case 'circle': {
      const region = circled(canvas, step.radius)
      const centre = region.radius + 0.5
      const shape = `<circle cx="${centre}" cy="${centre}" r="${centre}"/>`
      return stepped(
        canvas,
        pipeline
          .extract(region)
          .ensureAlpha()
          .composite([mask(region, shape)]),
        region,
      )
    }
    case 'roundedCorners': {
      const radius = Math.min(step.radius, Math.floor(Math.min(width, height) / 2))
      const shape = `<rect width="${width}" height="${height}" rx="${radius}" ry="${radius}"/>`
      return stepped(canvas, pipeline.ensureAlpha().composite([mask(canvas, shape)]), canvas)
    }
    case 'indexCrop': {
      const region = sliced(canvas, step)
      return region ? stepped(canvas, pipeline.extract(region), region, 'step') : canvas
    }
    case 'rotate':
      return rotate(canvas, step.degrees)
    case 'blur': {
      // libvips cuts its mask where it is this small: at the radius that is asked for.
      const minAmplitude = Math.min(1, Math.max(0.001, Math.exp(-(step.radius ** 2) / (2 * step.sigma ** 2))))
      return stepped(canvas, pipeline.blur({ sigma: step.sigma, minAmplitude }), canvas, 'step')
    }
    case 'bright':
      return stepped(canvas, pipeline.linear(1, step.value * 2.55), canvas, 'step')
    case 'contrast': {
      const slope = Math.min(255, Math.tan((Math.PI / 4) * (step.value / 100 + 1)))
      return stepped(canvas, pipeline.linear(slope, 127.5 * (1 - slope)), canvas, 'step')
    }
    case 'sharpen': {
      const strength = step.value / 100
      return stepped(canvas, pipeline.sharpen({ sigma: 1, m1: strength, m2: 2 * strength }), canvas, 'step')
    }
  }
}

function rotate(canvas: Canvas, degrees: number): Canvas | Promise<Canvas> {
  const { pipeline, width, height } = canvas
  if (Math.max(width, height) > ROTATED_SIDE_MAX) throw new Refused('tooLargeToRotate')
  if (degrees % 360 === 0) return canvas
  if (degrees % 90 === 0) {
    const size = degrees % 180 === 0 ? { width, height } : { width: height, height: width }
    return stepped(canvas, pipeline.rotate(degrees), size, 'step')
  }
  // How large it gets is known when it is done.
  return settled(stepped(canvas, pipeline.ensureAlpha().rotate(degrees, { background: CLEAR }), canvas))
}

/** What is under the shape stays; all else gets transparent. */
const mask = ({ width, height }: Size, shape: string) =>
  ({
    input: Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shape}</svg>`,
    ),
    blend: 'dest-in',
  }) as const
