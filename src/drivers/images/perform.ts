/** One job from its bytes to its outcome. */
import type { ImageJob, ImageOutcome, ImagePlan } from '../../ports/images.ts'
import { type Canvas, settled } from './canvas.ts'
import { encoded } from './encoding.ts'
import { exifOf } from './exif.ts'
import { Refused } from './refused.ts'
import { decoded, lookAt, type Source } from './source.ts'
import { applied, ROTATED_SIDE_MAX } from './steps.ts'
import { WatermarkRefused } from './watermark.ts'

export async function perform({ source: bytes, overlays, plan }: ImageJob): Promise<ImageOutcome> {
  try {
    const source = await lookAt(bytes)
    if (plan.want === 'facts') return { is: 'facts', facts: factsOf(source) }
    const canvas = await applied(await opened(source, plan), plan.steps, { overlays })
    if (plan.want === 'averageHue') return { is: 'hue', rgb: await averageHue(canvas) }
    return { is: 'image', ...(await encoded(canvas, source, plan.output)) }
  } catch (error) {
    if (error instanceof Refused)
      return {
        is: 'refused',
        because: error.because,
        of: error instanceof WatermarkRefused ? 'watermark' : 'source',
      }
    const because = refusalOf(error)
    if (because === undefined) throw error
    return { is: 'refused', because, of: 'source' }
  }
}

function factsOf({ format, width, height, frames, density, exif }: Source) {
  return {
    format,
    width,
    height,
    frames,
    ...(density === undefined ? {} : { density }),
    exif: exif && format !== 'png' ? exifOf(exif) : {},
  }
}

async function opened(source: Source, plan: ImagePlan): Promise<Canvas> {
  const { width, height, frames, orientation } = source
  const moving = frames > 1 && staysMoving(source, plan)
  const canvas: Canvas = {
    pipeline: decoded(source, { moving }),
    width,
    height,
    frames: moving ? frames : 1,
    pending: 'nothing',
  }
  if (!plan.autoOrient || orientation === 1 || moving) return canvas
  if (Math.max(width, height) > ROTATED_SIDE_MAX) throw new Refused('tooLargeToRotate')
  // Now and not together with the first step, which is about the image as it is then.
  return settled({ ...canvas, pipeline: canvas.pipeline.autoOrient(), pending: 'step' })
}

/** The vendor: an animation stays one behind these steps; of others it is the first frame. */
const MOVING_STEPS: readonly string[] = ['resize', 'crop', 'watermark']

function staysMoving({ format }: Source, { want, steps, output }: ImagePlan): boolean {
  const result = output.format ?? format
  return (
    want === 'image' &&
    (result === 'gif' || result === 'webp') &&
    steps.every(({ is }) => MOVING_STEPS.includes(is))
  )
}

async function averageHue({ pipeline, pending, ...size }: Canvas): Promise<string> {
  const { pipeline: still } = await settled({ ...size, pipeline, pending })
  const { data } = await still
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize({ width: 1, height: 1, fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return data.toString('hex', 0, 3)
}

/**
 * libvips says in words what is wrong, in those of the encoder where the decoder below it has failed; what these do not
 * match is a mistake of ours.
 */
function refusalOf(error: unknown): 'broken' | 'resultTooLarge' | undefined {
  if (!(error instanceof Error)) return undefined
  const { message } = error
  if (/too large for the (WebP|HEIF|GIF|JPEG|PNG) format/i.test(message)) return 'resultTooLarge'
  return /^Unknown error$|no known route|unable to write to target|VipsJpeg|jpegload|pngload|spng|webpload|webp2vips|gifload|tiffload|tiff2vips|heifload|heif:|Input (buffer|file)|corrupt|truncated|premature/i.test(
    message,
  )
    ? 'broken'
    : undefined
}
